"""`timebank worker` that writes weekly letters to few people at a time, and slowly. Run as a
program, to be killed."""

import random
import time

from timebank import cli
from timebank.home import rules
from timebank.notices import service as notices_service

SLICE = 4

if __name__ == "__main__":
    rules.SLICE = SLICE
    write = notices_service.write_digests

    def slowly(*words: object, **more: object) -> None:
        """Leave time on either side of the writing for the worker to be killed in."""
        time.sleep(random.uniform(0, 0.05))  # noqa: S311  (nothing secret about it)
        write(*words, **more)  # pyright: ignore[reportArgumentType]
        time.sleep(random.uniform(0, 0.05))  # noqa: S311  (nothing secret about it)

    notices_service.write_digests = slowly
    cli.main()
