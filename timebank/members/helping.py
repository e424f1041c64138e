"""Who may act for whom, and who is kept apart from whom. The caller commits.

Functions raise NotFound for people of another bank, and NotAllowed when it is not `act.by`'s to do.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from timebank.act import Act, Actor
from timebank.banks.models import Bank
from timebank.banks.queries import one_at_a_time
from timebank.base import one_or_refuse
from timebank.errors import Invalid, NotAllowed, NotFound
from timebank.members import acts, meeting, queries, rules
from timebank.members.models import Helper, KeptApart
from timebank.notices import service as notices_service
from timebank.notices.rules import Letter, NewNotice
from timebank.say import say


def grant_helper(
    session: Session, bank: Bank, member_id: int, helper_id: int, act: Act, *, relation: str = ""
) -> Helper:
    """Let `helper_id` act for `member_id` until it is revoked; both are told. `relation`:
    "daughter", "neighbour".

    Raises Invalid for oneself and for what is so already, NotInThatState when either has left.
    """
    if not rules.may_grant_help(act.by, member_id):
        raise NotAllowed(
            say("Only the member, or a broker on their word, may name a helper for them.")
        )
    fault = rules.fault_of_relation(relation)
    if fault:
        raise Invalid.on("relation", fault)
    one_at_a_time(session, bank)
    member = acts.taking_part(session, bank, member_id)
    helper = acts.taking_part(session, bank, helper_id)
    if member.id == helper.id:
        raise Invalid.on(
            "helper", say("Nobody needs naming as their own helper. Choose somebody else.")
        )
    if any(help_.helper.id == helper.id for help_ in queries.helpers_of(session, bank, member.id)):
        already = say(
            "%(helper)s may act for %(name)s already.", helper=helper.name, name=member.name
        )
        raise Invalid.on("helper", already)
    newcomer, there = (queries.accounts_of(session, bank, [one.id]) for one in (helper, member))
    meeting.bring(session, bank, newcomer, there, act, what=f"member:{member.id}")
    grant = Helper(
        bank_id=bank.id,
        member_id=member.id,
        helper_id=helper.id,
        relation=relation.strip(),
        granted_by=act.by.key,
        granted_at=act.now,
    )
    session.add(grant)
    session.flush()
    acts.record(session, member, act, "helper_named", f"member:{helper.id}")
    acts.record(session, helper, act, "became_helper", f"member:{member.id}")
    letter = Letter(
        say("%(helper)s may act for %(name)s", helper=helper.name, name=member.name),
        say(
            "%(helper)s may now log, confirm and give hours for %(name)s. Either of you can end"
            " this on the page “Me”.",
            helper=helper.name,
            name=member.name,
        ),
    )
    _tell_both(session, bank, grant, "granted", letter, act)
    return grant


def set_notices(session: Session, bank: Bank, grant_id: int, act: Act, *, wanted: bool) -> Helper:
    """Say whether a helper reads what the member is told. The member's own to say, or a broker's on
    their word; never the helper's. Both are told."""
    statement = select(Helper).where(
        Helper.bank_id == bank.id, Helper.id == grant_id, Helper.revoked_at.is_(None)
    )
    grant = session.execute(statement.with_for_update()).scalar_one_or_none()
    if grant is None or not rules.may_grant_help(act.by, grant.member_id):
        raise NotFound(say("There is no such helper here."))
    if grant.notices == wanted:
        return grant
    grant.notices = wanted
    member, helper = (
        queries.member(session, bank, one) for one in (grant.member_id, grant.helper_id)
    )
    acts.record(session, member, act, "helper_told" if wanted else "helper_not_told")
    names = {"helper": helper.name, "name": member.name}
    letter = Letter(
        say("%(helper)s reads what %(name)s is told", **names)
        if wanted
        else say("%(helper)s no longer reads what %(name)s is told", **names),
        say(
            "Copies are of help, dates and messages, and never of anything to sign in with."
            " %(name)s can change it on the page “Me”.",
            name=member.name,
        ),
    )
    _tell_both(session, bank, grant, f"notices:{act.now:%Y%m%d%H%M%S}", letter, act)
    return grant


def revoke_helper(session: Session, bank: Bank, grant_id: int, act: Act) -> None:
    """End a helper relation, from either side or by a broker; both are told. A second time changes
    nothing."""
    statement = select(Helper).where(Helper.bank_id == bank.id, Helper.id == grant_id)
    grant = session.execute(statement).scalar_one_or_none()
    if grant is None or not rules.may_revoke_help(act.by, grant.member_id, grant.helper_id):
        raise NotFound(say("There is no such helper here."))
    if grant.revoked_at is not None:
        return
    grant.revoked_at = act.now
    member = queries.member(session, bank, grant.member_id)
    helper = queries.member(session, bank, grant.helper_id)
    acts.record(session, member, act, "helper_ended", f"member:{helper.id}")
    acts.record(session, helper, act, "helping_ended", f"member:{member.id}")
    letter = Letter(
        say("%(helper)s no longer acts for %(name)s", helper=helper.name, name=member.name),
        say(
            "%(helper)s can no longer act for %(name)s. What was done so far stays as it is.",
            helper=helper.name,
            name=member.name,
        ),
    )
    _tell_both(session, bank, grant, "revoked", letter, act)


def _tell_both(
    session: Session, bank: Bank, grant: Helper, step: str, letter: Letter, act: Act
) -> None:
    notice = NewNotice(letter, cause=f"helper:{grant.id}:{step}")
    for side in (grant.member_id, grant.helper_id):
        acts.tell(session, bank, side, notice, now=act.now)


def keep_apart(session: Session, bank: Bank, member_id: int, other_id: int, act: Act) -> KeptApart:
    """See to it that a member meets nothing new of another (see `meeting`). What either has yet to
    be told and names the other goes out no more. The other is told nothing, but where one of them
    acts for the other: that ends, and both are told so much.

    The member's to do, of those who act for them, and of brokers on their word. Raises Invalid for
    oneself and for what is so already, NotInThatState when either has left.
    """
    _require_may_keep_apart(session, bank, member_id, act.by)
    one_at_a_time(session, bank)
    member = acts.taking_part(session, bank, member_id)
    other = acts.taking_part(session, bank, other_id)
    if member.id == other.id:
        raise Invalid.on(
            "other", say("Nobody can be kept apart from themselves. Choose somebody else.")
        )
    if any(pair.other.id == other.id for pair in queries.apart(session, bank, member.id)):
        raise Invalid.on("other", say("%(name)s is on this list already.", name=other.name))
    pair = KeptApart(
        bank_id=bank.id, member_id=member.id, other_id=other.id, by=act.by.key, at=act.now
    )
    session.add(pair)
    # A letter that waits to be printed, or for the morning, would bring them together still.
    for receiver, another in ((member, other), (other, member)):
        notices_service.drop_naming(session, bank, f"member:{receiver.id}", another.name)
    for grant in queries.helping_between(session, bank, member.id, other.id):
        revoke_helper(session, bank, grant, act)
    # Nothing is written into the other's own history: they are not to know.
    acts.record(session, member, act, "kept_apart", f"member:{other.id}")
    return pair


def end_keeping_apart(
    session: Session, bank: Bank, member_id: int, apart_id: int, act: Act
) -> None:
    """Let the two be brought together again, for whoever may ask for the contrary. A second time
    changes nothing.

    What the other one asked for is not touched by it.
    """
    _require_may_keep_apart(session, bank, member_id, act.by)
    same = (
        KeptApart.bank_id == bank.id,
        KeptApart.id == apart_id,
        KeptApart.member_id == member_id,
    )
    pair = one_or_refuse(
        session, select(KeptApart).where(*same), say("There is nobody of that kind on this list.")
    )
    if pair.ended_at is None:
        pair.ended_at = act.now
        member = queries.member(session, bank, member_id)
        acts.record(session, member, act, "apart_ended", f"member:{pair.other_id}")


def _require_may_keep_apart(session: Session, bank: Bank, member_id: int, by: Actor) -> None:
    if not rules.may_keep_apart(
        by, member_id, acts_for=queries.acts_for(session, bank, by, member_id)
    ):
        raise NotAllowed(
            say("Only the member, those who act for them, and brokers on their word may do this.")
        )
