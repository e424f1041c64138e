"""Look for texts that break a parser by the branches of our code that they reach:

    python -m tests.fuzz NAME [-max_total_time=60 ...]

The names stand in `tests/parsers.py`; what comes after is for libFuzzer. It needs atheris, of
requirements/fuzz.lock. What breaks a parser is said, and the program ends with a code other than 0.
"""

import sys
from importlib import import_module

atheris = import_module("atheris")
with atheris.instrument_imports(include=["timebank"]):
    from tests.parsers import PARSERS


def main(name: str, *options: str) -> None:
    """Try one parser until it is told to stop, or finds something."""
    tried = PARSERS[name].trial(1)
    atheris.Setup([sys.argv[0], *options], tried.hypothesis.fuzz_one_input)  # pyright: ignore[reportFunctionMemberAccess]
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
