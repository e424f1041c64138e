"""What a notice about an introduction asks, and how it is answered by the link that it carries."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.errors import NotFound
from timebank.exchanges.rules import Side
from timebank.matching import letters, queries, service
from timebank.matching.queries import Seen
from timebank.matching.rules import Answer, IntroductionStatus, Says
from timebank.members import meeting
from timebank.room import Asked, Link, Question, Reply, Written
from timebank.say import Said, say


def _seen(session: Session, bank: Bank, introduction_id: int, act: Act) -> tuple[Seen, Side | None]:
    """The introduction, and which of the two `act.by` is, or whoever's word they pass on. Raises
    NotFound for who is neither and acts for neither, and for two who are kept apart."""
    seen = queries.show(session, bank, introduction_id, by=act.by)
    accounts = {Side.GIVER: seen.giver.account_id, Side.RECEIVER: seen.receiver.account_id}
    if meeting.between(session, bank, set(accounts.values())):
        raise NotFound(say("There is no such introduction here."))
    own = act.word.on_word_of or act.by.account_id
    return seen, next((side for side in Side if accounts[side] == own), None)


def _look(session: Session, bank: Bank, introduction_id: int, act: Act) -> Asked:
    """How it stands for one of the two; what the other has said is not told. Who speaks for an
    organisation or a group answers on the page, where it is seen whose word it is."""
    seen, side = _seen(session, bank, introduction_id, act)
    page = Link("matching.introduction", {"introduction_id": introduction_id})
    if side is None:
        return Asked(page)
    party = seen.party(side)
    contacts = queries.contacts_of(session, bank, party)
    lacks_phone = not any(one.phone for one in contacts)
    lacks_email = not any(one.email for one in contacts)
    barred = {"both": lacks_phone or lacks_email, "ring": lacks_phone, "write": lacks_email}
    return Asked(
        page, party.account_id, _become(seen, side), [reply for reply, no in barred.items() if no]
    )


def _become(seen: Seen, side: Side) -> Said | None:
    row = seen.introduction
    says = row.giver_says if side == Side.GIVER else row.receiver_says
    if says is not None:
        return say("You said yes to this.") if says == Says.YES else say("You said no to this.")
    if row.status != IntroductionStatus.INTRODUCED:
        return say("This one did not come about.")
    return None


def _say(
    says: Says, *, phone: bool = False, email: bool = False
) -> Callable[[Session, Bank, int, Act, Written], object]:
    def give(
        session: Session, bank: Bank, introduction_id: int, act: Act, written: Written
    ) -> object:
        _, side = _seen(session, bank, introduction_id, act)
        if side is None:
            raise NotFound(say("There is no such introduction here."))
        answer = Answer(side, says, phone=phone, email=email)
        return service.answer(session, bank, introduction_id, answer, act)

    return give


_YES = say("You said yes. If the other one does too, you both hear of it.")

QUESTIONS = {
    letters.ANSWER: Question(
        say("Say yes or no"),
        _look,
        {
            "both": Reply(
                say("Yes: they may have my telephone number and e-mail address"),
                _YES,
                _say(Says.YES, phone=True, email=True),
            ),
            "ring": Reply(
                say("Yes: they may have my telephone number"), _YES, _say(Says.YES, phone=True)
            ),
            "write": Reply(
                say("Yes: they may have my e-mail address"), _YES, _say(Says.YES, email=True)
            ),
            "yes": Reply(say("Yes: through my broker"), _YES, _say(Says.YES)),
            "no": Reply(
                say("No, thank you"),
                say("You said no. Nobody asks why, and they are not told that it was you."),
                _say(Says.NO),
            ),
        },
        by_word=True,
    ),
}
"""By the kinds of `letters`."""
