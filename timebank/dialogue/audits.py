"""Audits: planning one, taking sheets without names, and closing. The caller
commits.

Of who answered what, and when, nothing is written down: not in a sheet, nor in the order of the
sheets, which are mixed with each that comes in (`timebank.apart`). Every function raises NotFound
for what is not in the bank.
"""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, insert, select, update
from sqlalchemy.orm import Session

from timebank import apart
from timebank.act import Act
from timebank.apart import new_key
from timebank.banks.models import Bank
from timebank.banks.queries import one_at_a_time
from timebank.clock import local_date
from timebank.codes import grouped, new_code, secret_hash
from timebank.dialogue import audit_queries as queries
from timebank.dialogue import audit_rules as rules
from timebank.dialogue import queries as dialogue
from timebank.dialogue.audit_models import (
    Audit,
    AuditAnswer,
    AuditCode,
    AuditGroup,
    AuditQuestion,
    AuditRound,
    AuditSheet,
    Theme,
    Wording,
)
from timebank.dialogue.audit_rules import NewAudit, NewRound, NewSheet
from timebank.dialogue.errors import AuditClosed, CodeUsed, NotInThatState, SheetsAgain
from timebank.dialogue.rules import ASSETS, GroupKind, Way
from timebank.errors import Invalid, together
from timebank.members import queries as members
from timebank.members.queries import EVERYBODY
from timebank.members.rules import require_broker, require_coordinator
from timebank.say import ENGLISH, Said, count, say
from timebank.surveys.rules import check_days
from timebank.text import tidy

# ---- Planning ----


def plan_audit(session: Session, bank: Bank, new: NewAudit, act: Act) -> Audit:
    """Plan to ask neighbours between two days. A coordinator's to do. Raises Invalid."""
    require_coordinator(act.by)
    audit = Audit(bank_id=bank.id, by=act.by.key, at=act.now)
    _plan(session, bank, audit, new, act)
    return audit


def change_audit(session: Session, bank: Bank, audit_id: int, new: NewAudit, act: Act) -> Audit:
    """Ask something else, or of others, or on other days, while no sheet is in: all answer the
    same. A coordinator's to do. Raises AuditClosed, NotInThatState, Invalid."""
    require_coordinator(act.by)
    audit = not_closed(session, bank, audit_id)
    one_at_a_time(session, bank)
    if queries.people(session, bank, audit.id):
        raise NotInThatState(ASKED_ALREADY)
    for table in (AuditQuestion, AuditGroup):
        session.execute(delete(table).where(table.bank_id == bank.id, table.audit_id == audit.id))
    _plan(session, bank, audit, new, act)
    session.expire_all()
    return audit


ASKED_ALREADY = say(
    "Sheets are in already, so what is asked stays as it is: all answer the same. Take those sheets"
    " out first if they were a trial."
)


def _plan(session: Session, bank: Bank, audit: Audit, new: NewAudit, act: Act) -> None:
    """Write down what is asked, of whom and when. Raises Invalid."""
    if new.partnership_id is not None:
        dialogue.partnership(session, bank, new.partnership_id)
    longest = rules.LONGEST
    title, question, assets, _, _, questions, ages, areas = together(
        lambda: tidy(
            "title",
            new.title,
            longest["title"],
            required=say("Write what it is called, such as “Green Lane, spring 2027”."),
        ),
        lambda: (
            tidy("question", new.question, longest["question"])
            or rules.OPEN_QUESTION.render(ENGLISH)
        ),
        lambda: (
            tidy("assets", new.assets, longest["assets"]) or rules.ASSETS_QUESTION.render(ENGLISH)
        ),
        lambda: check_days(new.opens_on, new.closes_on, today=local_date(act.now, bank.timezone)),
        lambda: _check_target(new.target),
        lambda: rules.questions_of(new.questions),
        lambda: rules.groups_of(new.ages or rules.AGES, "ages"),
        lambda: rules.groups_of(new.areas, "areas"),
    )
    audit.partnership_id, audit.target = new.partnership_id, new.target
    audit.title, audit.question, audit.assets = title, question, assets
    audit.opens_on, audit.closes_on = new.opens_on, new.closes_on
    session.add(audit)
    session.flush()
    of = {"bank_id": bank.id, "audit_id": audit.id}
    session.add_all(
        AuditQuestion(
            **of, n=n, words=asked.words, kind=asked.kind, choices="\n".join(asked.choices)
        )
        for n, asked in enumerate(questions, 1)
    )
    session.add_all(
        AuditGroup(**of, kind=kind, n=n, words=group.words, people=group.people)
        for kind, groups in ((GroupKind.AGE, ages), (GroupKind.AREA, areas))
        for n, group in enumerate(groups)
    )
    session.flush()


def _check_target(target: int | None) -> None:
    if target is not None and target < 1:
        raise Invalid.on(
            "target", say("Write how many people you hope to ask, such as 250; or leave it empty.")
        )


def add_round(session: Session, bank: Bank, audit_id: int, new: NewRound, act: Act) -> AuditRound:
    """Plan a round of asking, and who goes. A broker's to do. Raises AuditClosed, Invalid."""
    require_broker(act.by)
    audit = not_closed(session, bank, audit_id)
    words = tidy(
        "words",
        new.words,
        rules.LONGEST["round"],
        required=say("Write where it goes, such as “Canal Street, even numbers”."),
    )
    collector = None
    if new.collector.strip():
        collector = members.member_named(
            session, bank, new.collector, field="collector", within=EVERYBODY
        ).id
    added = AuditRound(
        bank_id=bank.id,
        audit_id=audit.id,
        words=words,
        collector_id=collector,
        session_id=new.session_id,
    )
    session.add(added)
    session.flush()
    return added


def print_codes(session: Session, bank: Bank, audit_id: int, number: int, act: Act) -> list[str]:
    """So many codes, each for one printed sheet: typed in with it, the sheet counts once. Those
    printed before stay good.

    A broker's to do; the codes are kept as digests and cannot be shown again. Raises AuditClosed,
    Invalid.
    """
    require_broker(act.by)
    audit = not_closed(session, bank, audit_id)
    if not 1 <= number <= rules.MOST_CODES:
        raise Invalid.on(
            "number",
            say("Print from 1 to %(most)s sheets at a time.", most=rules.MOST_CODES),
        )
    codes = [new_code(rules.CODE_LETTERS) for _ in range(number)]
    rows = [
        {"bank_id": bank.id, "code_hash": secret_hash(code), "audit_id": audit.id, "used": False}
        for code in codes
    ]
    session.execute(insert(AuditCode), rows)
    return [grouped(code) for code in codes]


def open_link(session: Session, bank: Bank, audit_id: int, act: Act) -> Audit:
    """Let anybody answer by a public link; a second time, by another one. A broker's to do. Raises
    AuditClosed."""
    require_broker(act.by)
    audit = not_closed(session, bank, audit_id)
    audit.link_key = new_code(rules.CODE_LETTERS)
    session.flush()
    return audit


def end_link(session: Session, bank: Bank, audit_id: int, act: Act) -> Audit:
    """Let the public link lead nowhere any more."""
    require_broker(act.by)
    audit = queries.audit(session, bank, audit_id)
    audit.link_key = None
    session.flush()
    return audit


# ---- Sheets ----


def take_sheet(session: Session, bank: Bank, audit_id: int, new: NewSheet, act: Act) -> None:
    """What somebody answered, typed in by a collector of the audit or one of the staff.

    A sheet with a code counts once. Raises NotAllowed; AuditClosed outside the days of asking;
    CodeUsed; Invalid.
    """
    queries.require_collector(session, bank, audit_id, act.by)
    refuse_link(new)
    _take(session, bank, queries.audit(session, bank, audit_id), new, now=act.now)


def refuse_link(new: NewSheet) -> None:
    """Raises Invalid for a sheet that is typed in and said to have come by the public link."""
    if new.way == Way.LINK:
        raise Invalid.on("way", say("By the link people answer themselves. Choose another way."))


def take_by_link(
    session: Session, bank: Bank, link_key: str, new: NewSheet, *, now: datetime
) -> Audit:
    """What somebody answered by the public link, counted apart from those who were asked. Raises as
    `take_sheet`."""
    audit = queries.by_link(session, bank, link_key)
    _take(session, bank, audit, replace(new, way=Way.LINK, round_id=None, code=""), now=now)
    return audit


def take_by_code(session: Session, bank: Bank, code: str, new: NewSheet, *, now: datetime) -> Audit:
    """What stands on a printed sheet, typed by whoever holds it. Raises as `take_sheet`."""
    audit, _ = queries.by_code(session, bank, code)
    _take(session, bank, audit, replace(new, way=Way.PAPER, code=code), now=now)
    return audit


def require_open(audit: Audit, bank: Bank, *, now: datetime) -> None:
    """Raises AuditClosed for one that takes no sheets yet, or no more."""
    today = local_date(now, bank.timezone)
    if today < audit.opens_on:
        raise AuditClosed(
            say("We begin to ask on %(day)s. Keep the sheet until then.", day=audit.opens_on)
        )
    if not queries.takes_sheets(audit, today):
        closed_on = local_date(audit.closed_at, bank.timezone) if audit.closed_at else today
        raise AuditClosed(
            say(
                "We stopped asking on %(day)s, and no more sheets are taken. Ring the time bank if"
                " yours was left over.",
                day=min(audit.closes_on, closed_on),
            )
        )


def _take(session: Session, bank: Bank, audit: Audit, new: NewSheet, *, now: datetime) -> None:
    require_open(audit, bank, now=now)
    one_at_a_time(session, bank)
    sheet, answers = rows_of(bank, audit, new, what_is_asked(session, bank, audit))
    if new.code:
        _use(session, bank, audit, new.code)
    session.execute(insert(AuditSheet), [sheet])
    session.execute(insert(AuditAnswer), answers)
    own = AuditSheet.bank_id == bank.id, AuditSheet.audit_id == audit.id
    apart.hide(session, AuditSheet.key, sheet["key"], *own)


def take_sheets(
    session: Session,
    bank: Bank,
    audit_id: int,
    many: Sequence[NewSheet],
    act: Act,
    *,
    another: bool = False,
) -> int:
    """A whole stack of sheets without codes at once, as from a file or a demonstration: how many.

    They come in together, so that nothing tells them apart, and can be taken back together by the
    number of their stack. A coordinator's to do. Raises as `take_sheet`, with each sheet that has
    to be put right by its number, before any is kept; SheetsAgain where the same is in already,
    unless it is said that these are `another`.
    """
    require_coordinator(act.by)
    audit = queries.audit(session, bank, audit_id)
    require_open(audit, bank, now=act.now)
    one_at_a_time(session, bank)
    asked = what_is_asked(session, bank, audit)
    stack = 1 + max(queries.stacks(session, bank, audit.id), default=0)
    rows = []
    wrong: dict[str, Said] = {}
    for number, new in enumerate(many, 1):
        try:
            rows.append(rows_of(bank, audit, new, asked, stack=stack))
        except Invalid as refusal:
            for words in refusal.fields.values():
                fault = say("Sheet %(number)s: %(words)s", number=number, words=words)
                wrong.setdefault(f"sheets.{number}", fault)
    if wrong:
        raise Invalid.of(wrong)
    if not another:
        _require_new(session, bank, audit, many)
    if rows:
        session.execute(insert(AuditSheet), [sheet for sheet, _ in rows])
        answers = [answer for _, given in rows for answer in given]
        session.execute(insert(AuditAnswer), answers)
        session.expire_all()
    return len(rows)


def _require_new(session: Session, bank: Bank, audit: Audit, many: Sequence[NewSheet]) -> None:
    """Raises SheetsAgain where a file says what another has said, or some of its sheets say word
    for word what is in already. Sheets without words say nothing of that one by one: many answer
    short questions alike."""
    there = queries.whole_sheets(session, bank, audit.id)
    sent = Counter(_content(one) for one in many)
    for stack in queries.stacks(session, bank, audit.id):
        if sent == Counter(_content(one.as_given) for one in there if one.stack == stack):
            raise SheetsAgain(
                count(
                    "This file is in already: it says what file %(stack)s says, which holds"
                    " %(n)s sheet. Say that it is of other people if it is.",
                    "This file is in already: it says what file %(stack)s says, which holds"
                    " %(n)s sheets. Say that it is of other people if it is.",
                    len(many),
                    stack=stack,
                )
            )
    worded = Counter(_content(one) for one in many if one.in_words)
    again = (worded & Counter(_content(one.as_given) for one in there)).total()
    if again:
        raise SheetsAgain(
            count(
                "%(n)s sheet of this file is in already, word for word. Take it out of the file,"
                " or say that it is of other people.",
                "%(n)s sheets of this file are in already, word for word. Take them out of the"
                " file, or say that they are of other people.",
                again,
            )
        )


def _content(sheet: NewSheet) -> Hashable:
    """What a sheet says, as it is kept."""
    wishes, assets = (
        rules.lines_of(name, lines)
        for name, lines in (("wishes", sheet.wishes), ("assets", sheet.assets))
    )
    return replace(sheet, wishes=wishes, assets=assets).content


class Asked:
    """What a sheet can answer."""

    def __init__(
        self,
        closed: Sequence[tuple[int, str, int]],
        groups: Mapping[GroupKind, frozenset[str]],
        rounds: frozenset[int],
    ):
        self.closed, self.groups, self.rounds = closed, groups, rounds


def what_is_asked(session: Session, bank: Bank, audit: Audit) -> Asked:
    """What a sheet of an audit can answer."""
    kinds = (GroupKind.AGE, GroupKind.AREA)
    return Asked(
        [
            (asked.n, asked.words, len(asked.options))
            for asked in queries.questions(session, bank, audit.id)
        ],
        {
            kind: frozenset(one.words for one in queries.groups(session, bank, audit.id, kind))
            for kind in kinds
        },
        frozenset(one.id for one, _ in queries.rounds(session, bank, audit.id)),
    )


def rows_of(
    bank: Bank, audit: Audit, new: NewSheet, asked: Asked, *, stack: int | None = None
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A sheet and its answers, under a key of its own. Raises Invalid."""
    wishes, assets, *_ = together(
        lambda: rules.lines_of("wishes", new.wishes),
        lambda: rules.lines_of("assets", new.assets),
        lambda: rules.check_closed(asked.closed, new.closed),
        lambda: _check_group(new.age, asked.groups[GroupKind.AGE], "age"),
        lambda: _check_group(new.area, asked.groups[GroupKind.AREA], "area"),
        lambda: _check_round(new.round_id, asked.rounds),
    )
    if not (wishes or assets or new.closed):
        raise Invalid.on(
            "wishes",
            say("Nothing is answered yet. Write what they said, or put the sheet aside."),
        )
    key = {"bank_id": bank.id, "audit_id": audit.id, "key": new_key()}
    sheet = key | {
        "way": new.way,
        "round_id": new.round_id,
        "age": new.age or None,
        "area": new.area or None,
        "part": new.part,
        "stack": stack,
    }
    written = [
        key | {"question": question, "place": place, "words": words, "value": None}
        for question, lines in ((0, wishes), (ASSETS, assets))
        for place, words in enumerate(lines, 1)
    ]
    chosen = [
        key | {"question": n, "place": 1, "words": None, "value": value}
        for n, value in sorted(new.closed.items())
    ]
    return sheet, [answer | {"shortened": False} for answer in (*written, *chosen)]


def _check_group(words: str, known: frozenset[str], name: str) -> None:
    if words and words not in known:
        raise Invalid.on(name, say("Choose one of those that are listed, or leave it out."))


def _check_round(round_id: int | None, known: frozenset[int]) -> None:
    if round_id is not None and round_id not in known:
        raise Invalid.on("round_id", say("Choose one of the rounds of this asking."))


def _use(session: Session, bank: Bank, audit: Audit, code: str) -> None:
    owner, printed = queries.by_code(session, bank, code)
    if owner.id != audit.id:
        raise Invalid.on(
            "code",
            say("That sheet is of another round of asking: “%(title)s”.", title=owner.title),
        )
    mine = AuditCode.bank_id == bank.id, AuditCode.code_hash == printed.code_hash
    used = session.execute(
        update(AuditCode)
        .where(*mine, AuditCode.used.is_(False))
        .values(used=True)
        .returning(AuditCode.code_hash)
    ).first()
    if used is None:
        raise CodeUsed(
            say("The sheet with that code is in already, and each counts once. Put it aside."),
            fields={"code": say("This sheet is in already.")},
        )


# ---- Closing ----


def close_audit(session: Session, bank: Bank, audit_id: int, act: Act) -> Audit:
    """Close an audit for good: what was answered is told from then on.

    Every answer to the open question has been sorted by then, and every theme was named by more
    than one person. Shortened wordings take the place of the first ones, which are erased, and all
    sheets get new keys. A coordinator's to do. Raises AuditClosed; NotInThatState with what is
    still to be done.
    """
    require_coordinator(act.by)
    audit = not_closed(session, bank, audit_id)
    one_at_a_time(session, bank)
    _require_sorted(session, bank, audit)
    audit.closed_at, audit.link_key = act.now, None
    session.flush()
    shorter = and_(
        Wording.bank_id == AuditAnswer.bank_id,
        Wording.audit_id == AuditAnswer.audit_id,
        Wording.key == AuditAnswer.key,
        Wording.question == AuditAnswer.question,
        Wording.place == AuditAnswer.place,
    )
    own = AuditAnswer.bank_id == bank.id, AuditAnswer.audit_id == audit.id
    words = select(Wording.words).where(shorter).scalar_subquery()
    there = select(Wording.key).where(shorter).exists()
    session.execute(
        update(AuditAnswer)
        .where(*own, there)
        .values(words=words, shortened=True)
        .execution_options(synchronize_session=False)
    )
    session.execute(delete(Wording).where(Wording.bank_id == bank.id, Wording.audit_id == audit.id))
    mine = AuditSheet.bank_id == bank.id, AuditSheet.audit_id == audit.id
    # Nothing can be taken back any more, so nobody has to know which came in together.
    session.execute(update(AuditSheet).where(*mine).values(stack=None))
    apart.mix_all(session, AuditSheet.key, *mine)
    return audit


def still_to_do(session: Session, bank: Bank, audit: Audit) -> list[Said]:
    """What has to be done before an audit can be closed."""
    put = queries.choices(session, bank, audit.id)
    left = len(queries.wishes(session, bank, audit.id).keys() - put.keys())
    to_do = []
    if left:
        to_do.append(
            count("%(n)s answer is not sorted yet.", "%(n)s answers are not sorted yet.", left)
        )
    to_do += [
        say(
            "“%(theme)s” was named by one person alone, and could tell who that is. Join it to"
            " another.",
            theme=theme.words,
        )
        for theme in lonely(session, bank, audit)
    ]
    return to_do


def lonely(session: Session, bank: Bank, audit: Audit) -> list[Theme]:
    """The themes that one person alone named."""
    sheets = queries.sheets(session, bank, audit.id)
    return [
        theme
        for theme in queries.themes(session, bank, audit.id)
        if sum(theme.id in sheet.themes for sheet in sheets) == 1
    ]


def _require_sorted(session: Session, bank: Bank, audit: Audit) -> None:
    todo = still_to_do(session, bank, audit)
    if todo:
        raise NotInThatState(todo[0], fields={"form": todo[0]})


def not_closed(session: Session, bank: Bank, audit_id: int) -> Audit:
    audit = queries.audit(session, bank, audit_id)
    if audit.closed_at is not None:
        raise AuditClosed(say("“%(title)s” is closed, and stays as it is.", title=audit.title))
    return audit
