"""Why a job does not come to its end."""


class TryLater(Exception):
    """The work cannot be done just now. The words are kept with the job and logged: they name
    nobody."""


class LeaseLost(Exception):
    """Another worker has taken the job over, so this one leaves it alone."""
