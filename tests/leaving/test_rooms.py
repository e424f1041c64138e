"""Every room answers for what it keeps: no column that names a member or an account is left out by
what they take along, or left behind when they go."""

from collections.abc import Iterator
from datetime import timedelta
from typing import cast

import pytest
from sqlalchemy import Column, String, Table, select, update
from sqlalchemy.orm import Session

from tests.factories import NOW, actor
from timebank.access.models import BrowserSession, Device, Passkey, RecoveryCode
from timebank.act import Act
from timebank.activities.models import Activity
from timebank.app import FEATURES
from timebank.banks.models import Bank
from timebank.base import Base
from timebank.calendars.models import CalendarAddress
from timebank.dialogue import models as dialogue_models
from timebank.dialogue.audit_models import Audit, AuditRound
from timebank.fund.models import Elector, Panel, Panelist, Round
from timebank.fund.models import Point as Said
from timebank.fund.models import Proposal as Idea
from timebank.fund.rules import BEFORE_VOTING, RoundState
from timebank.imports.models import Upload
from timebank.leaving import queries, service
from timebank.leaving.rules import Farewell
from timebank.lists.models import FieldValue, ListRun, MemberTag, OwnField, RunLine, Tag
from timebank.mailings.models import Mailing, MailingTo
from timebank.matching.models import BoardPair
from timebank.members.models import (
    Despite,
    KeptApart,
    Member,
    OwnAddress,
    Page,
    Picture,
    Profile,
)
from timebank.members.rules import Sight
from timebank.messages.models import Conversation, Reading
from timebank.notices.models import Notice, PushDevice
from timebank.replies.models import ReplyLink
from timebank.reports.models import AddressConsent, Schedule, Story
from timebank.reports.rules import Topic
from timebank.safeguarding.models import CheckKind, Doorstep, HeldCheck
from timebank.skills.models import Listing
from timebank.surveys.models import EqualityLink, Link

NOBODY = {
    "commissioner.link_used_by": "a browser",
    "link_request.asked_by": "a browser",
    "passkey_challenge.asked_by": "a browser",
    "sign_in_link.asked_by": "a browser",
    "sign_in_link.used_by": "a browser",
    "job.leased_by": "a worker",
}
"""Columns that are called as if they named somebody."""

MEANT = ("by", "addressee", "owner", "on_word_of")
"""How columns are called that name somebody by a key, `member:12`; or else they end in `_by`."""


ELSEWHERE = {"gift.decided_by", "quote.said_by", "contribution.newcomer_id"}
"""Columns that name somebody in words, or a guest who became a member: what becomes of them is
tried in `test_service` and with the activities."""


def tables() -> dict[str, Table]:
    return dict(Base.metadata.tables)


def names_somebody(table: Table, column: Column[object]) -> bool:
    """Whether a column refers to a member or an account, or is called as if it named somebody."""
    refers = any(
        key.referred_table.name in {"member", "account"} and column.name != "bank_id"
        for key in table.foreign_key_constraints
        if column.name in key.column_keys
    )
    called = column.name in MEANT or column.name.endswith("_by")
    return refers or (called and isinstance(column.type, String))


def columns() -> Iterator[str]:
    for table in tables().values():
        for column in table.columns:
            if names_somebody(table, column):
                yield f"{table.name}.{column.name}"


def naming(session: Session, member_id: int, account_id: int) -> set[str]:
    """The columns in which this member stands, by an id, a key or their account."""
    own = {str(member_id), f"member:{member_id}"}
    found: set[str] = set()
    for name in columns():
        table_name, column_name = name.split(".")
        table = tables()[table_name]
        column = table.columns[column_name]
        accounts = any(
            key.referred_table.name == "account"
            for key in table.foreign_key_constraints
            if column_name in key.column_keys
        )
        wanted = {str(account_id)} if accounts else own
        if wanted & {str(value) for value in session.execute(select(column)).scalars()}:
            found.add(name)
    return found


def test_every_column_that_names_somebody_is_answered_for_by_its_room() -> None:
    traced = [trace.column for room in FEATURES for trace in room.traces]
    assert len(traced) == len(set(traced))
    assert sorted({*columns()} - {*traced} - NOBODY.keys()) == []
    assert [name for name in traced if name.split(".")[1] not in _of(name).columns] == []
    for mapper in Base.registry.mappers:
        room = mapper.class_.__module__.split(".")[1]
        theirs = {
            trace.column.split(".")[0]
            for feature in FEATURES
            for trace in feature.traces
            if feature.name != room
        }
        # `once` is the one table that stands below every room.
        table = cast(Table, mapper.local_table).name
        assert table not in theirs or room == "once", table


def _of(name: str) -> Table:
    return tables()[name.split(".")[0]]


def test_a_room_that_has_something_to_forget_or_to_tell_does_so() -> None:
    for room in FEATURES:
        if any(trace.told for trace in room.traces):
            assert room.export is not None, room.name
        # What members and notices hold is erased with the member's own row.
        if room.name not in {"members", "notices"} and any(not one.stays for one in room.traces):
            assert room.forget is not None, room.name


def test_what_is_told_stands_in_what_somebody_takes_along(
    session: Session,
    bank: Bank,
    leaver: Member,
) -> None:
    held = queries.held(session, bank, leaver.id, FEATURES, now=NOW)
    told = {trace.told for room in FEATURES for trace in room.traces if trace.told}
    assert told <= held.keys()


def test_no_two_rooms_tell_of_something_by_the_same_name(
    session: Session,
    bank: Bank,
    leaver: Member,
) -> None:
    names = [
        name
        for room in FEATURES
        if room.export is not None
        for name in room.export(session, bank, leaver)
    ]
    assert len(names) == len(set(names))


def test_who_has_left_stands_nowhere_but_where_it_says_so(
    session: Session,
    bank: Bank,
    leaver: Member,
) -> None:
    goes = {trace.column for room in FEATURES for trace in room.traces if not trace.stays}
    account_id = leaver.account_id or 0
    _stand_in_the_fund(session, bank, leaver)
    _stand_in_every_column(session, bank, leaver)
    before = naming(session, leaver.id, account_id)
    assert goes - before <= ELSEWHERE
    service.leave(session, bank, leaver.id, FEATURES, Farewell(), Act(actor(leaver), NOW))
    session.flush()
    session.expire_all()
    assert naming(session, leaver.id, account_id) & goes == set()


@pytest.mark.parametrize("column", sorted(NOBODY))
def test_what_names_nobody_is_still_there(column: str) -> None:
    assert column.split(".")[1] in _of(column).columns


def _stand_in_the_fund(session: Session, bank: Bank, her: Member) -> None:
    """An idea, something said of it, and a round in which she may vote and sees the count."""
    done = {"bank_id": bank.id, "by": f"member:{her.id}", "at": NOW}
    ben = session.execute(select(Member.id).where(Member.name == "Ben")).scalar_one()
    day = NOW.date()
    days = ("ideas_on", "checking_on", "talking_on", "voting_on", "closes_on", "reports_on")
    for two in ((her.id, ben), (ben, her.id)):
        asks, votes = (
            Round(
                **{**done, "title": "Fund", "purpose": "", "not_for": "", "unit": "pence"},
                **{"budget": 9, "smallest": 1, "largest": 9, "method": "shares"},
                **dict.fromkeys(days, day),
            )
            for _ in range(2)
        )
        session.add_all([asks, votes])
        session.flush()
        asks.state = RoundState.IDEAS
        session.flush()
        idea = Idea(
            **{**done, "round_id": asks.id, "title": "A", "what": "B", "cost": 1},
            **{"party_id": her.account_id, "resident_lead_id": her.id, "channel": "web"},
            **{"checked_by_resident": two[0], "checked_by_professional": two[1]},
        )
        session.add(idea)
        session.flush()
        said = {"kind": "for", "words": "C", "capacity": "resident", "channel": "web", "at": NOW}
        session.add(Said(bank_id=bank.id, proposal_id=idea.id, member_id=her.id, **said))
        # Whoever proposed something in a round does not check its count.
        votes.scrutineer_1, votes.scrutineer_2 = two
        votes.lot = votes.ballot_order = ""
        for state in (*BEFORE_VOTING, RoundState.VOTING):
            votes.state = state
            session.flush()
        session.add(Elector(bank_id=bank.id, round_id=votes.id, member_id=her.id))
        panel = Panel(**{**done, "sat_on": day})
        session.add(panel)
        session.flush()
        seat = {"panel_id": panel.id, "n": 1, "member_id": her.id, "capacity": her.capacity}
        session.add(Panelist(bank_id=bank.id, **seat))
        session.flush()


def _stand_in_every_column(session: Session, bank: Bank, her: Member) -> None:
    """What the fixture leaves out, written straight into the tables: here it matters that it is
    there, not how it came."""
    ben = session.execute(select(Member.id).where(Member.name == "Ben")).scalar_one()
    own = {"bank_id": bank.id, "member_id": her.id}
    done = {"bank_id": bank.id, "by": f"member:{her.id}", "at": NOW}
    talk = session.execute(select(Conversation.id)).scalars().first() or 0
    kind = CheckKind(bank_id=bank.id, code="driving", name="Driving")
    session.add(kind)
    session.flush()
    told = session.execute(select(Notice.id)).scalars().first() or 0
    listing = session.execute(select(Listing.id)).scalars().first()
    tag = Tag(bank_id=bank.id, name="drives", name_key="drives")
    own_field = OwnField(bank_id=bank.id, name="Key safe", name_key="key safe")
    run = ListRun(**done, kind="members", verb="broker", state="asked", broker_id=her.id)
    mailing = Mailing(**done, subject="A", body="B", calls=False, state="draft")
    session.add_all([tag, own_field, run, mailing])
    session.flush()
    session.add_all(
        [
            Page(**own),
            BoardPair(
                bank_id=bank.id, request_id=listing, offer_id=listing, giver_id=her.account_id
            ),
            Picture(**done, member_id=her.id, mark="x", shown_to=Sight.KNOWN, jpeg=b"x"),
            Profile(**own),
            Profile(bank_id=bank.id, member_id=ben, broker_id=her.id),
            KeptApart(**done, member_id=her.id, other_id=ben),
            KeptApart(**done, member_id=ben, other_id=her.id),
            Despite(**done, member_id=her.id, other_id=ben, what="exchange:1", why="They agreed."),
            Despite(**done, member_id=ben, other_id=her.id, what="exchange:1", why="They agreed."),
            HeldCheck(**done, member_id=her.id, kind_id=kind.id, held_since=NOW.date()),
            HeldCheck(
                **done, member_id=ben, kind_id=kind.id, held_since=NOW.date(), seen_by_id=her.id
            ),
            Doorstep(**done, member_id=her.id, no_answer="Ring twice."),
            RecoveryCode(**own, code_hash="x"),
            Device(**own, token_hash="x", seen_at=NOW),
            CalendarAddress(**own, key_hash="x", made_at=NOW),
            PushDevice(
                bank_id=bank.id,
                addressee=f"member:{her.id}",
                name="Phone",
                endpoint="https://push.example/x",
                endpoint_hash="x",
                p256dh="x",
                auth="x",
                server_key="x",
                added_at=NOW,
            ),
            ReplyLink(
                **own,
                notice_id=told,
                asks="exchanges.confirm",
                about=1,
                address="x",
                token_hash="x",
                sent_at=NOW,
                expires_at=NOW + timedelta(days=14),
            ),
            OwnAddress(**own, kind="email", address="x"),
            MemberTag(**done, member_id=her.id, tag_id=tag.id),
            FieldValue(**own, field_id=own_field.id, words="x"),
            MailingTo(**own, mailing_id=mailing.id, fate="written"),
            RunLine(**own, run_id=run.id, place=0, subject_id=her.id, state="done"),
            Passkey(
                **own,
                name="phone",
                credential_id="x",
                public_key="x",
                sign_count=0,
                created_at=NOW,
            ),
            BrowserSession(
                **own,
                token_hash="x",
                device="",
                how="link",
                stays=False,
                began_at=NOW,
                proved_at=NOW,
                last_used_at=NOW,
                ends_at=NOW,
            ),
            Schedule(
                **own,
                name=next(iter(Topic)),
                stride="quarter",
                shared=False,
                by=f"member:{her.id}",
                created_at=NOW,
                sent_to=NOW.date(),
            ),
            Story(**own, words="x", called="x", alt="", by=f"member:{her.id}", at=NOW),
            AddressConsent(**own, by=f"member:{her.id}", at=NOW, channel="phone"),
            Link(**own, respondent="r"),
            EqualityLink(**own, respondent="r"),
            Reading(**done, conversation_id=talk),
            Upload(
                bank_id=bank.id,
                kind="members",
                file_name="members.csv",
                state="checked",
                size=1,
                handed_in_by=f"member:{her.id}",
                taken_back_by=f"member:{her.id}",
                handed_in_at=NOW,
                changed_at=NOW,
            ),
        ]
    )
    _stand_in_the_dialogue(session, bank, her)
    session.execute(update(Activity).values(professional_lead_id=her.id))
    session.execute(update(Listing).values(broker_id=her.id))
    session.flush()


def _stand_in_the_dialogue(session: Session, bank: Bank, her: Member) -> None:
    """She chairs a partnership, decides in a conversation, has spoken, found an option good and
    answered an evaluation of it, and went round for an audit."""
    today = NOW.date()
    done = {"bank_id": bank.id, "by": "system:test", "at": NOW}
    audit = Audit(**done, title="Audit", question="What?", opens_on=today, closes_on=today)
    talk = dialogue_models.Dialogue(
        **done,
        title="Debt",
        decider_id=her.id,
        answers_on=today,
        opened_at=NOW,
        **dict.fromkeys(dialogue_models.FRAME, "x"),
    )
    estate = dialogue_models.Partnership(**done, name="Estate", chair_id=her.id, formed_on=today)
    session.add_all([audit, talk, estate])
    session.flush()
    option = dialogue_models.Option(**done, dialogue_id=talk.id, words="A table at the library")
    evaluation = dialogue_models.Evaluation(**done, dialogue_id=talk.id, opened_on=today)
    session.add_all([option, evaluation])
    session.flush()
    own = {"bank_id": bank.id, "member_id": her.id}
    heard = {"part": "resident", "channel": "web"}
    session.add_all(
        [
            AuditRound(bank_id=bank.id, audit_id=audit.id, words="Mill Lane", collector_id=her.id),
            dialogue_models.Point(
                **own, **heard, dialogue_id=talk.id, kind="for", words="Near.", at=NOW
            ),
            dialogue_models.Sounding(**own, **heard, option_id=option.id, answer="yes"),
            dialogue_models.Evaluated(**own, evaluation_id=evaluation.id),
        ]
    )
    session.flush()
