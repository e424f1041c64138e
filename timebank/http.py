"""What both faces share of the web: who may use a view, and how a refusal is answered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from timebank.errors import Conflict, Invalid, NotAllowed, NotFound, Refusal, TooOften

Level = Literal["public", "member", "broker", "coordinator", "commissioner"]
View = TypeVar("View", bound=Callable[..., Any])

STATUS_OF: Mapping[type[Refusal], int] = {
    NotFound: 404,
    NotAllowed: 403,
    Conflict: 409,
    Invalid: 422,
    TooOften: 429,
}
"""The HTTP status that says the same as each kind of refusal."""


@dataclass(frozen=True)
class Access:
    """Who may use a view: anybody, members of the bank, its brokers, its coordinators; a token
    needs `scope`.

    What is for commissioners is for coordinators too, and commissioners may use nothing else.

    Staff must have shown their second factor, unless `second_factor` is False (the pages where they
    show it).
    """

    level: Level
    scope: Literal["read", "write"] = "read"
    second_factor: bool = True


def access(
    level: Level, *, scope: Literal["read", "write"] = "read", second_factor: bool = True
) -> Callable[[View], View]:
    """Mark a view with who may use it. A view without a mark cannot be served."""

    def mark(view: View) -> View:
        view.access = Access(level, scope, second_factor)  # pyright: ignore[reportFunctionMemberAccess]
        return view

    return mark


def access_of(view: Callable[..., Any]) -> Access | None:
    """The mark of a view, if it has one."""
    return getattr(view, "access", None)


def status_of(refusal: Refusal) -> int:
    """The HTTP status that says the same as this refusal; 400 for one of no particular kind."""
    return next((status for kind, status in STATUS_OF.items() if isinstance(refusal, kind)), 400)


def body_of(refusal: Refusal) -> dict[str, object]:
    """The refusal as the API's error object."""
    return {"code": refusal.code, "message": refusal.message, "fields": refusal.fields}
