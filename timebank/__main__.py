"""`python -m timebank` is `timebank`."""

import gc
import sys
from importlib import import_module

from timebank.config import VERSION


def main() -> None:
    """Run the command line; the version is said at once, without importing all the rest."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"timebank, version {VERSION}\n")
        return
    # What is imported stays; to look through it for garbage, again and again as it grows, takes a
    # sixth of the start.
    gc.disable()
    cli = import_module("timebank.cli")
    gc.freeze()
    gc.enable()
    cli.main()


if __name__ == "__main__":
    main()
