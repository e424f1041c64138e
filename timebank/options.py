"""The options of a command as one value."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

Options = TypeVar("Options")


def taken_as(kind: type[Options]) -> Callable[[Callable[[Options], None]], Callable[..., None]]:
    """Hand a command its arguments and options as one `kind`, which has a field for each of them.
    It stands below the options, next to the function."""

    def mark(command: Callable[[Options], None]) -> Callable[..., None]:
        @functools.wraps(command)
        def run(**options: Any) -> None:
            command(kind(**options))

        return run

    return mark
