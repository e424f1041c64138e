"""`python -m timebank` is `timebank`."""

from timebank.cli import main

main()
