"""What the audit trail calls what was done."""

from collections.abc import Mapping

from timebank.ledger.rules import InterventionKind
from timebank.say import Said, say

KINDS: Mapping[InterventionKind, Said] = {
    InterventionKind.REVERSAL: say("Taken back"),
    InterventionKind.CORRECTION: say("Put right"),
    InterventionKind.GRANT: say("Given out of the chest"),
    InterventionKind.LIMITS: say("Limits of an account"),
    InterventionKind.DEFAULT_LIMITS: say("Limits of new accounts"),
    InterventionKind.LOG_RANGE: say("Smallest and largest log"),
    InterventionKind.OVERRIDE: say("Brought together though kept apart"),
    InterventionKind.UNDO: say("Undone at once"),
    InterventionKind.IMPORT: say("Brought in from earlier books"),
}
"""Each kind in words."""
