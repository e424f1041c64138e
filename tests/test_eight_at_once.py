"""What is there once is made once, and nobody meets an error, when eight ask for it at the same
moment: a double click, two coordinators, a program that does not wait."""

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from tests.factories import NOW, make_bank, make_member, make_organisation, system
from tests.surveys.waves import make_wave
from timebank.access import commissioners
from timebank.access.models import Commissioner
from timebank.access.rules import NewCommissioner
from timebank.act import Act
from timebank.banks.models import Bank
from timebank.db import WRITING
from timebank.errors import Refusal
from timebank.members import partners
from timebank.members.models import Contact
from timebank.members.rules import NewContact
from timebank.notices.models import Notice
from timebank.surveys import service as surveys_service
from timebank.surveys.models import Invitation
from timebank.surveys.rules import Asked

EIGHT = 8


def outcomes(engine: Engine, do: Callable[[Session], object]) -> Counter[str]:
    """What becomes of eight who do the same at once: `done`, the code of a refusal, or an error."""
    together = threading.Barrier(EIGHT)
    told: Counter[str] = Counter()

    def run() -> None:
        with Session(engine) as session:
            together.wait()
            try:
                session.connection(execution_options=WRITING)
                do(session)
                session.commit()
                told["done"] += 1
            except Refusal as refusal:
                told[refusal.code] += 1
            except Exception as error:
                told[repr(error)] += 1

    threads = [threading.Thread(target=run) for _ in range(EIGHT)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def count(engine: Engine, model: type) -> int:
    with Session(engine) as session:
        return session.execute(select(func.count()).select_from(model)).scalar_one()


@pytest.fixture
def bank(engine: Engine) -> int:
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        made = make_bank(session)
        for name in ("Ana", "Ben", "Cy"):
            make_member(session, made, name)
        session.commit()
        return made.id


def test_eight_invite_one_reader(engine: Engine, bank: int) -> None:
    def invite(session: Session) -> None:
        here = session.get_one(Bank, bank)
        new = NewCommissioner("Jo", "jo@council.example", "Council")
        commissioners.invite(session, here, new, Act(system(here), NOW))

    assert outcomes(engine, invite) == {"done": 1, "conflict": 7}
    assert count(engine, Commissioner) == 1


def test_eight_send_out_one_survey(engine: Engine, bank: int) -> None:
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        wave_id = make_wave(session, session.get_one(Bank, bank)).id
        for name in ("Dee", "Eve"):
            make_member(session, session.get_one(Bank, bank), name)
        session.commit()
    asked: list[int] = []

    def invite(session: Session) -> None:
        here = session.get_one(Bank, bank)
        asked.append(
            surveys_service.invite(session, here, wave_id, Asked(), Act(system(here), NOW))
        )

    assert outcomes(engine, invite) == {"done": 8}
    assert sorted(asked) == [0] * 7 + [2]
    assert count(engine, Invitation) == 5
    with Session(engine) as session:
        told = select(func.count()).where(Notice.cause == f"survey:{wave_id}:asked")
        assert session.execute(told).scalar_one() == 5


def test_eight_name_one_contact(engine: Engine, bank: int) -> None:
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        here = session.get_one(Bank, bank)
        surgery = make_organisation(session, here).id
        dee = make_member(session, here, "Dee").id
        session.commit()

    def name(session: Session) -> None:
        here = session.get_one(Bank, bank)
        new = NewContact(None, None, None, dee)
        partners.add_contact(session, here, surgery, new, Act(system(here), NOW))

    assert outcomes(engine, name) == {"done": 1, "invalid": 7}
    assert count(engine, Contact) == 1
