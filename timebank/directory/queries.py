"""What the form of a listing means: who is meant, and on whose word it is."""

from dataclasses import replace

from sqlalchemy.orm import Session

from timebank.act import Act, Word
from timebank.banks.models import Bank
from timebank.directory.rules import WrittenListing
from timebank.members import queries as members
from timebank.members.rules import HOLDERS
from timebank.skills.rules import NewListing


def meant(
    session: Session, bank: Bank, written: WrittenListing, act: Act
) -> tuple[NewListing, Act]:
    """What is to be posted, and the act with the channel by which the word came. Raises Invalid for
    a name that means nobody or several."""
    if not act.by.is_broker or not written.who:
        return NewListing.of(written, holder_id=written.for_id), act
    holder = members.named(
        session, bank, written.who, field="who", within=members.EVERYBODY, kinds=HOLDERS
    )
    new = NewListing.of(written, holder_id=holder.account_id)
    return new, replace(act, word=Word(written.channel))
