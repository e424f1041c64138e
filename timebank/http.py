"""From refusal to status, for both faces."""

from timebank.errors import Conflict, Invalid, NotAllowed, NotFound, Refusal

_STATUS = {NotFound: 404, NotAllowed: 403, Conflict: 409, Invalid: 422}


def status_of(refusal: Refusal) -> int:
    """The HTTP status that says the same as this refusal; 400 for one of no particular kind."""
    return next((status for kind, status in _STATUS.items() if isinstance(refusal, kind)), 400)


def body_of(refusal: Refusal) -> dict[str, object]:
    """The refusal as the API's error object."""
    return {"code": refusal.code, "message": refusal.message, "fields": refusal.fields}
