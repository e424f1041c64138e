"""A partnership to try things on: Joan, a resident, chairs it; Rosa is another resident, Lloyd a
nurse; Nell is in the bank and not in it."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy.orm import Session

from tests.factories import NOW, actor, make_bank, make_member, make_organisation
from tests.town import FRAME
from timebank.act import Act, Channel, Word
from timebank.banks.models import Bank
from timebank.dialogue import commitments, conversations, partnerships
from timebank.dialogue.models import Commitment, Dialogue, Option
from timebank.dialogue.rules import (
    NewCommitment,
    NewOption,
    NewPartner,
    NewPartnership,
    Owner,
)
from timebank.members.models import Member, Organisation

TODAY = NOW.date()


@dataclass
class Scene:
    """Who and what there is."""

    session: Session
    bank: Bank
    place_id: int
    joan: Member
    rosa: Member
    lloyd: Member
    nell: Member
    maggie: Member
    surgery: Organisation

    def act(self, member: Member | None = None, *, days: int = 0, heard: str = "web") -> Act:
        """By a member, Maggie the broker unless said, some days from now."""
        return Act(actor(member or self.maggie), NOW + timedelta(days=days), Word(Channel(heard)))

    def promise(self, owner: Owner | None = None, *, due_on: date | None = None) -> Commitment:
        """A promise of Joan's unless said, for ten days from now."""
        new = NewCommitment(
            "Benches",
            due_on or TODAY + timedelta(days=10),
            owner or Owner(member_id=self.joan.id),
            self.place_id,
        )
        return commitments.promise(self.session, self.bank, new, self.act(heard="phone"))

    def talk(self, *, options: int = 1, opened: bool = True) -> tuple[Dialogue, list[Option]]:
        """A conversation with options."""
        frame = replace(FRAME, answers_on=TODAY + timedelta(days=20))
        talk = conversations.plan(self.session, self.bank, self.place_id, frame, self.act())
        made = [
            conversations.add_option(
                self.session, self.bank, talk.id, NewOption(f"Option {n}", 60, 500), self.act()
            )
            for n in range(options)
        ]
        if opened:
            conversations.open_conversation(self.session, self.bank, talk.id, self.act())
        return talk, made


def make_scene(session: Session, **rules: object) -> Scene:
    bank = make_bank(session, **rules)
    joan, rosa, nell = (make_member(session, bank, name) for name in ("Joan", "Rosa", "Nell"))
    lloyd = make_member(session, bank, "Lloyd", capacity="practitioner")
    maggie = make_member(session, bank, "Maggie", role="coordinator")
    surgery = make_organisation(session, bank, "Surgery")
    by = Act(actor(maggie), NOW)
    place = partnerships.form_partnership(
        session, bank, NewPartnership("Estate", chair_id=joan.id), by
    )
    for who in (rosa, lloyd):
        partnerships.add_partner(session, bank, place.id, NewPartner(who.id), by)
    return Scene(session, bank, place.id, joan, rosa, lloyd, nell, maggie, surgery)
