"""Files for tests, and the short way to have them read."""

import io
from typing import Any

from sqlalchemy.orm import Session

from tests.factories import NOW, system
from timebank.act import Act, Word
from timebank.banks.models import Bank
from timebank.imports import service
from timebank.imports.result import BadRowsFile, Result
from timebank.ledger import queries as ledger
from timebank.members import queries as members

MEMBERS = "number,name,opening_balance\n1,Ana Silva,\n2,Ben Okoro,\n3,Cy Young,\n"
HOURS = "reference,occurred_on,giver,receiver,minutes,skill,activity,description,channel\n"


def source(
    text: str | bytes, kind: str = "hours", posts: str | None = None, **how: Any
) -> service.Source:
    """The text as a file that was handed in."""
    content = text if isinstance(text, bytes) else text.encode()
    return service.Source(
        io.BytesIO(content), kind, posts=io.BytesIO(posts.encode()) if posts else None, **how
    )


def check(
    session: Session, bank: Bank, text: str | bytes, kind: str = "hours", **how: Any
) -> Result:
    return service.check(session, bank, source(text, kind, **how), now=NOW)


def bring_in(
    session: Session,
    bank: Bank,
    text: str | bytes,
    kind: str = "hours",
    despite: str = "",
    **how: Any,
) -> Result:
    act = Act(system(bank), NOW, Word(despite=despite))
    return service.bring_in(session, bank, source(text, kind, **how), act)


def mend(session: Session, bank: Bank, text: str | bytes, kind: str = "hours", **how: Any) -> str:
    """The file of the rows that have to be mended."""
    bad_rows = BadRowsFile(kind)
    service.check(session, bank, source(text, kind, **how), now=NOW, bad_rows=bad_rows)
    return (bad_rows.content or b"").decode("utf-8-sig")


def balance(session: Session, bank: Bank, number: str) -> int:
    """Minutes on the account of the member with that number, or the chest's."""
    if number == "chest":
        return ledger.chest(session, bank).balance
    return ledger.balance(session, bank, members.by_number(session, bank, number).account_id or 0)


def words(result: Result) -> str:
    """Everything there is to mend, for looking at."""
    return "\n".join(problem.words for problem in result.problems)
