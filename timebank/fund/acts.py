"""What follows from a step for whoever has an idea: they are told, by their own channel. The caller
commits."""

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.fund.models import Proposal
from timebank.members import queries as members
from timebank.members.acts import tell
from timebank.notices.rules import Letter, NewNotice


def tell_whose(
    session: Session, bank: Bank, proposal: Proposal, letter: Letter, cause: str, act: Act
) -> None:
    """Tell whoever has an idea, or who speaks for the group or organisation that has it; nobody
    where they have left. `cause` is the event, of which they are told once."""
    if proposal.party_id is None:
        return
    party = members.party(session, bank, proposal.party_id)
    for member_id in members.speakers(session, bank, party):
        tell(session, bank, member_id, NewNotice(letter, cause=cause), now=act.now)
