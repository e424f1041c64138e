"""`python -m timebank` is `timebank`."""

import gc

# What is imported stays; to look through it for garbage, again and again as it grows, takes a sixth
# of the start.
gc.disable()

from timebank.cli import main  # noqa: E402

gc.freeze()
gc.enable()

if __name__ == "__main__":
    main()
