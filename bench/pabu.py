# pyright: reportMissingImports=false
"""Counts elections with pabutools, in a Python that has it: `PYTHON -I bench/pabu.py FILE.pb …`.

A line of JSON for each file: the winners of one run of the Method of Equal Shares, with exact
fractions and in binary floating point, and the seconds of processor time of the first. Of equals the
cheaper goes first, then more ticks, then the lot, as we have it. It is never installed with Timebank:
it is under the GPL, and needs gurobipy, which is not free.
"""

import json
import sys
import time

import pabutools.fractions
from pabutools.election import Cost_Sat, parse_pabulib
from pabutools.rules import method_of_equal_shares
from pabutools.tiebreaking import TieBreakingRule


def winners(path, fraction):
    """The ids of what one run funds, and the seconds it took."""
    pabutools.fractions.FRACTION = fraction
    instance, profile = parse_pabulib(path)
    ties = TieBreakingRule(
        lambda _, profile, one: (one.cost, -profile.approval_score(one), int(one.name))
    )
    began = time.process_time()
    chosen = method_of_equal_shares(instance, profile, Cost_Sat, tie_breaking=ties)
    return sorted(one.name for one in chosen), time.process_time() - began


def main():
    for path in sys.argv[1:]:
        exact, seconds = winners(path, pabutools.fractions.GMPY_FRAC)
        floats, _ = winners(path, pabutools.fractions.FLOAT_FRAC)
        print(json.dumps({"exact": exact, "floats": floats, "seconds": seconds}))


if __name__ == "__main__":
    main()
