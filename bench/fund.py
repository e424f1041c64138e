"""How long counting a round takes, and how much memory.

    python -m bench.fund [--most 500]

Elections are drawn from a fixed seed: a few popular proposals and many that few tick. Both methods
are counted, as for every result. `process_time` is what is said, so that others at work on the
machine matter less.
"""

import argparse
import random
import time
import tracemalloc

from timebank.fund import counting
from timebank.fund.counting import Election

SIZES = ((200, 20, 5, 0.2), (500, 60, 8, 0.6), (5_000, 100, 10, 7), (5_000, 500, 12, 20))
"""Voters, proposals, ticks each about, and the seconds it may take."""


def drawn(voters: int, proposals: int, ticks: int, seed: int = 3) -> Election:
    """An election of that size, with a budget for a quarter of what is asked for."""
    chance = random.Random(seed)  # noqa: S311
    ids = [str(n) for n in range(1, proposals + 1)]
    costs = {one: chance.randrange(50_000, 2_000_000, 1_000) for one in ids}
    liked = [chance.random() ** 2 + 0.02 for _ in ids]
    ballots = [
        frozenset(chance.choices(ids, liked, k=max(1, round(chance.gauss(ticks, 3)))))
        for _ in range(voters)
    ]
    return Election(sum(costs.values()) // 4, costs, ballots, ids)


def main() -> None:
    """Print a line for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=500, help="proposals at most")
    most = parser.parse_args().most
    print("voters × proposals   seconds   at most   MB   raises   funded")
    for voters, proposals, ticks, limit in SIZES:
        if proposals > most:
            continue
        election = drawn(voters, proposals, ticks)
        began = time.process_time()
        content = counting.counted(election)
        took = time.process_time() - began
        tracemalloc.start()
        counting.shares(election, election.budget)
        memory = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
        print(
            f"{voters:6} × {proposals:<9}   {took:7.2f}   {limit:7}   {memory:2.0f}"
            f"   {content['raises']:6}   {len(content['funded']):6}"
        )


if __name__ == "__main__":
    main()
