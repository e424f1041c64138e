"""Words for roles, for what was done to a member, and for what that was done with.

The audit trail keeps codes and numbers; here they are said as whoever reads the page understands
them.
"""

import re
from collections.abc import Mapping

from timebank.act import Channel, Role
from timebank.members.rules import Capacity, Sight, Status
from timebank.say import Gap, Said, as_written, say

ROLES: Mapping[str, Said] = {
    Role.MEMBER: say("Member"),
    Role.BROKER: say("Broker"),
    Role.COORDINATOR: say("Coordinator"),
}

CAPACITIES: Mapping[str, Said] = {
    Capacity.RESIDENT: say("Resident"),
    Capacity.PRACTITIONER: say("Practitioner"),
    Capacity.PLANNER: say("Planner"),
}

STATUSES: Mapping[str, Said] = {
    Status.ACTIVE: say("active", context="a member"),
    Status.PAUSED: say("paused", context="a member"),
    Status.LEFT: say("has left", context="a member"),
}
"""Where a member stands, within a sentence."""

_DONE = {
    "applied": say("Asked to join"),
    "approved": say("Taken in", context="a member"),
    "enrolled": say("Written in"),
    "changed": say("Details changed"),
    "role": say("Role changed"),
    "limits": say("Limits set"),
    "paused": say("Paused", context="a member"),
    "resumed": say("Takes part again"),
    "helper_named": say("Helper named"),
    "helper_told": say("Helper reads what they are told"),
    "helper_not_told": say("Helper no longer reads what they are told"),
    "helper_ended": say("Helper ended"),
    "became_helper": say("May act for"),
    "helping_ended": say("No longer acts for"),
    "language_set": say("Language chosen"),
    "notices_set": say("Said how to be told things"),
    "became_contact": say("Speaks for"),
    "contact_ended": say("No longer speaks for"),
    "joined_group": say("Joined the group"),
    "left_group": say("Left the group"),
    "profile": say("What suits them changed"),
    "page_set": say("What neighbours see changed"),
    "street_read": say("Sentence for the front page read"),
    "street_off": say("Sentence taken off the front page"),
    "picture_set": say("Picture given"),
    "picture_gone": say("Picture taken away"),
    "check_held": say("Check written down"),
    "check_renewed": say("Check renewed"),
    "check_dropped": say("Check ended"),
    "check_undone": say("Taken back what was written down of a check"),
    "kept_apart": say("To be kept apart from"),
    "apart_ended": say("No longer kept apart from"),
    "left": say("Left", context="a member"),
    "merged": say("Turned out to be the same person as"),
    "merged_from": say("Turned out to be the same person too"),
    "unmerged": say("Turned out to be another person after all"),
    "written_to": say("Written to, with others"),
    "tagged": say("Given a tag"),
    "untagged": say("Tag taken off"),
    "own_fields": say("Fields of the bank’s own changed"),
    "listing_renewed": say("An offer or request of theirs renewed"),
    "listing_taken_out": say("An offer or request of theirs taken out"),
    "listing_broker": say("Another broker for an offer or request of theirs"),
    "reminded": say("Reminded by a broker"),
    "story_written": say("A story of theirs written down"),
    "story_agreed": say("Agreed that a story is told"),
    "story_taken_back": say("A story of theirs taken back"),
    "address_agreed": say("Agreed that the address goes on a list outside"),
    "address_taken_back": say("Address taken off that list"),
    "address_taken": say("Address taken out with that list"),
    "on_labels": say("Address printed on a label"),
    "in_file": say("In a file that was taken away"),
    "password_set": say("Password set"),
    "passkey_made": say("Passkey made"),
    "passkey_ended": say("Passkey taken away"),
    "link_made": say("Sign-in link made"),
    "second_factor_set": say("Second step set up"),
    "second_factor_reset": say("Second step taken off"),
    "signed_out": say("Signed out everywhere by a coordinator"),
    "signed_out_self": say("Signed out everywhere"),
    "recovery_codes_made": say("Recovery codes made"),
    "token_made": say("Key for a program made"),
    "token_revoked": say("Key for a program taken away"),
}

_CHANGED = {
    "name": say("name"),
    "number": say("number"),
    "phone": say("phone"),
    "email": say("email"),
    "address": say("address"),
    "area": say("area"),
    "date of birth": say("date of birth"),
    "about": say("about", context="what a member wrote about themselves"),
    "capacity": say("capacity", context="as what somebody takes part"),
    "joined on": say("joined on"),
    "broker": say("broker"),
    "access needs": say("access needs"),
    "languages": say("languages"),
    "times": say("times", context="times of the week"),
}
"""What of a member was changed, by how the trail names it."""

_THROUGH: Mapping[str, Said] = {
    Channel.WEB: say("by themselves, here"),
    Channel.PHONE: say("by phone"),
    Channel.IN_PERSON: say("in person"),
    Channel.PAPER: say("on paper"),
    Channel.TEXT: say("by text message"),
}

_CODES: Mapping[str, Mapping[str, Said]] = {
    "picture_set": {
        Sight.MEMBERS: say("for all members to see"),
        Sight.KNOWN: say("for those to see who have had to do with them"),
    },
    "story_agreed": _THROUGH,
    "address_agreed": _THROUGH,
    "token_made": {
        "read": say("to read with"),
        "write": say("to read and write with"),
    },
}

_ROLES_WITHIN: Mapping[str, Said] = {
    Role.MEMBER: say("member"),
    Role.BROKER: say("broker"),
    Role.COORDINATOR: say("coordinator"),
}

_LIMITS = re.compile(r"(new default: )?(?:no floor|floor (.+?)), (?:no ceiling|ceiling (.+))")
"""How the trail writes limits down (see `rules.limits_in_words`)."""


def happened(kind: str, detail: str | Said, names: Mapping[str, Mapping[str, str]]) -> Said:
    """What was done to a member: "Details changed: name and phone". What of it is a code of the
    bank's own is said by its name, from `names` by kind and code; another is as it stands in the
    trail."""
    done = _DONE.get(kind) or as_written(kind)
    if not detail:
        return done
    more = detail
    if isinstance(detail, str):
        more = names.get(kind, {}).get(detail) or _in_words(kind, detail)
    # Translators: what was done to a member, and with what: "Speaks for: the surgery".
    return say("%(done)s: %(more)s", done=done, more=more)


def _in_words(kind: str, detail: str) -> Gap:
    if kind in ("changed", "profile"):
        return [_CHANGED.get(name, name) for name in detail.split(", ")]
    if kind == "role":
        was, _, is_now = detail.partition(" to ")
        # Translators: the role of a member in the software, before and after.
        return say(
            "%(was)s to %(now)s",
            was=_ROLES_WITHIN.get(was, was),
            now=_ROLES_WITHIN.get(is_now, is_now),
        )
    if kind == "limits":
        return _limits(detail)
    return _CODES.get(kind, {}).get(detail, detail)


def _limits(detail: str) -> Gap:
    written = _LIMITS.fullmatch(detail)
    if written is None:
        return detail
    by_default, floor, ceiling = written.groups()
    lower = say("floor %(hours)s", hours=floor) if floor else say("no floor")
    upper = say("ceiling %(hours)s", hours=ceiling) if ceiling else say("no ceiling")
    if by_default:
        return say("new default: %(limits)s", limits=[lower, upper])
    return [lower, upper]
