"""What members say on the bank's front page: a broker reads it there first, for all the world can.
The caller commits."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.banks.queries import one_at_a_time
from timebank.errors import Invalid
from timebank.members import acts, queries, rules
from timebank.members.errors import NotInThatState
from timebank.members.models import Member, Page
from timebank.members.rules import StreetOff
from timebank.notices.rules import Letter, NewNotice
from timebank.say import say


def let_stand(session: Session, bank: Bank, member_id: int, words: str, act: Act) -> None:
    """Have the words, as they were read, stand on the front page. A broker's to do. Raises
    NotInThatState where there are none, or others by now."""
    member = _to_read(session, bank, member_id, words, act)
    if queries.street_read(session, bank, member.id):
        return
    _set(session, bank, member.id, street_read=True)
    acts.record(session, member, act, "street_read")


def take_off(session: Session, bank: Bank, member_id: int, off: StreetOff, act: Act) -> None:
    """Take the words away, from the front page and from their page, and tell the member why. A
    broker's to do. Raises Invalid without a reason, NotInThatState where there are none, or others
    by now."""
    member = _to_read(session, bank, member_id, off.words, act)
    if not off.reason:
        raise Invalid.on("reason", say("Write why: %(name)s is told so.", name=member.name))
    _set(session, bank, member.id, street="", street_read=False)
    acts.record(session, member, act, "street_off")
    letter = Letter(
        say("Your sentence for the front page of %(bank)s", bank=bank.name),
        [
            say("You wrote: “%(words)s”", words=off.words),
            say("It does not stand on the front page. Why: %(reason)s", reason=off.reason),
            say("You can write another on your page, or talk with your broker about it."),
        ],
    )
    cause = f"member:{member.id}:street:{act.now.isoformat()}"
    acts.tell(session, bank, member.id, NewNotice(letter, cause), now=act.now)


def read_again(session: Session, bank: Bank, member_id: int) -> None:
    """What is said on the front page waits once more to be read."""
    _set(session, bank, member_id, street_read=False)


def _to_read(session: Session, bank: Bank, member_id: int, words: str, act: Act) -> Member:
    """The member whose words these are, held until the transaction ends."""
    rules.require_broker(act.by)
    member = acts.taking_part(session, bank, member_id)
    one_at_a_time(session, bank)
    now = queries.showing(session, bank, member.id).street
    if not now:
        raise NotInThatState(say("%(name)s says nothing for the front page.", name=member.name))
    if now != words:
        raise NotInThatState(
            say("%(name)s has changed the sentence meanwhile. Read it again.", name=member.name)
        )
    return member


def _set(session: Session, bank: Bank, member_id: int, **values: str | bool) -> None:
    page = (Page.bank_id == bank.id, Page.member_id == member_id)
    session.execute(update(Page).where(*page).values(**values))
