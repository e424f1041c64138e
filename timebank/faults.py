"""What is told of an error: what kind it is and where it happened, never its words. Those may hold
what somebody wrote: a database that refuses a row repeats it."""

import traceback
from collections.abc import Iterator
from typing import Any

from timebank.errors import Refusal


def place(error: BaseException) -> str:
    """The kind of an error and the last of our own lines that it passed."""
    ours = [where for where in _frames(error) if where.startswith("timebank.")]
    return f"{kind(error)} in {ours[-1]}" if ours else kind(error)


def story(error: BaseException) -> list[str]:
    """The same of an error and of those that caused it, with every line that each passed: a
    traceback without words. The last is the one that was raised."""
    return [f"{kind(each)}: {' > '.join(_frames(each))}" for each in reversed(list(_chain(error)))]


def kind(error: BaseException) -> str:
    """The class of an error, and the code that the database gave it."""
    if isinstance(error, Refusal):
        return error.code
    orig: Any = getattr(error, "orig", error)
    code = getattr(orig, "sqlstate", None) or getattr(orig, "sqlite_errorname", None)
    rule = getattr(getattr(orig, "diag", None), "constraint_name", None)
    return " ".join(str(word) for word in (type(error).__name__, code, rule) if word)


def _frames(error: BaseException) -> list[str]:
    return [
        f"{frame.f_globals.get('__name__', '')}:{line}"
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield following
        following = following.__cause__ or following.__context__
