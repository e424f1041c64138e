"""What the demonstration bank decided together, made up like all here: a partnership with what
matters to it; promises kept, moved, late and dropped; and a conversation half way.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from timebank.act import Act, Actor, Channel, Word
from timebank.activities import posting, register
from timebank.activities import service as activities_service
from timebank.activities.rules import Details, Mark, Part, Plan, Rule, Source, Stage
from timebank.banks.models import Bank
from timebank.dialogue import (
    audit_queries,
    commitments,
    conversations,
    evaluation_queries,
    evaluations,
    partnerships,
)
from timebank.dialogue.models import Dialogue, Option, Partnership, Priority
from timebank.dialogue.rules import (
    STATEMENTS,
    Decision,
    EvaluationAnswers,
    EvaluationItem,
    Frame,
    Hands,
    NewCommitment,
    NewOption,
    NewPartner,
    NewPartnership,
    NewPoint,
    NewPriority,
    NewSounding,
    NewStep,
    NewVerdict,
    Owner,
    PointKind,
    Priorities,
    Reached,
    Sound,
    StepKind,
)
from timebank.members.rules import Capacity

_FIRST = ("Help with debt, near home", "Somewhere to sit", "Lights after dark")
"""The themes of the audit that a meeting put first."""

_OPTIONS = (
    NewOption(
        "A table for debt advice at the library, on Thursdays",
        minutes=40 * 60,
        pence=0,
        about="The adviser comes from town; two of us sit with whoever waits.",
        gains="Those who cannot pay the bus to town",
        given_up="The library’s quiet room on Thursdays",
    ),
    NewOption(
        "The bus fare to the advice in town, from a tin",
        minutes=5 * 60,
        pence=60_000,
        about="Nobody is asked why.",
        gains="Those who want to be seen by nobody they know",
    ),
    NewOption("A leaflet in every letter box", not_known=True),
)
_SAID = (
    (0, PointKind.FOR, "I would go there. I would not go to town."),
    (0, PointKind.ONLY_IF, "Only if the room has a door that shuts."),
    (1, PointKind.FOR, "At home everybody sees who goes in."),
    (1, PointKind.AGAINST, "The money is gone by June."),
    (2, PointKind.QUESTION, "Who reads them?"),
)
_SOUNDED = (
    (Sound.YES, Sound.YES, Sound.CAN_LIVE, Sound.YES, Sound.NO),
    (Sound.CAN_LIVE, Sound.NO, Sound.YES, Sound.CAN_LIVE),
)
"""How those of the partnership find the first two options, one after the other."""

_SEATS = (
    (
        NewOption(
            "Two benches between the shop and the bridge",
            minutes=24 * 60,
            pence=38_000,
            about="From the timber yard, put up by whoever can hold a drill.",
            gains="Whoever walks to the shop, and whoever waits for them",
        ),
        Hands(0, Capacity.RESIDENT, yes=4, can_live=1, no=0),
        NewVerdict(Decision.AGREED, "It is what most asked for, and can be done by summer."),
    ),
    (
        NewOption(
            "A shelter at the bus stop",
            minutes=0,
            pence=950_000,
            about="The bus company would have to put it up.",
            gains="Whoever waits in the rain",
        ),
        Hands(0, Capacity.RESIDENT, yes=2, can_live=1, no=2),
        NewVerdict(Decision.NOT_NOW, "The bus company answers in the new year."),
    ),
    (
        NewOption(
            "Chairs in the library’s porch",
            minutes=60,
            pence=0,
            gains="Those who come before it opens",
            given_up="The room for two prams",
        ),
        Hands(0, Capacity.RESIDENT, yes=1, can_live=1, no=3),
        NewVerdict(Decision.NO, "The porch is the way out in a fire."),
    ),
)
"""What could be done about somewhere to sit, how many hands went up for it, and the answer to
it."""

_BETTER = ("Tea at the beginning, not at the end.", "Begin at six, when the shop has shut.")
_HEALTH = ("To walk to the shop and back.", "To be asked before it is decided.")

_Days = Callable[[int], Act]
"""The coordinator's act so many days ago, as it was said at a meeting."""


def agree(
    session: Session,
    bank: Bank,
    people: Sequence[int],
    organisations: Sequence[int],
    audit_id: int,
    coordinator: Actor,
    *,
    now: datetime,
) -> None:
    """`people` are the ids of residents, the first of them the chair and the second the owner of a
    promise; `organisations` the ids of two, of which one provides services."""

    def days_ago(days: int) -> Act:
        return Act(coordinator, now - timedelta(days=days), Word(Channel.IN_PERSON))

    place = _form(session, bank, people, organisations, days_ago)
    _reach(session, bank, place, people[0], days_ago)
    priorities = _put_first(session, bank, place, audit_id, days_ago(100))
    benches = _talk_to_the_end(session, bank, people, place, priorities[1], days_ago)
    _promise(session, bank, people, organisations, priorities, benches, days_ago)
    _talk(session, bank, people, place, priorities[0], days_ago)


def _form(
    session: Session,
    bank: Bank,
    people: Sequence[int],
    organisations: Sequence[int],
    days_ago: _Days,
) -> Partnership:
    place = partnerships.form_partnership(
        session,
        bank,
        NewPartnership(
            "Canal Street and The Crofts",
            "What people asked for in the spring, seen to by neighbours and services together.",
            "From the basin to the allotments",
            chair_id=people[0],
        ),
        days_ago(110),
    )
    partners = [
        *(NewPartner(member_id) for member_id in people[1:]),
        NewPartner(days_ago(0).by.member_id),
        NewPartner(organisation_id=organisations[0], part=Capacity.PRACTITIONER),
        NewPartner(organisation_id=organisations[1], part=Capacity.PLANNER),
    ]
    for partner in partners:
        partnerships.add_partner(session, bank, place.id, partner, days_ago(108))
    return place


def _reach(
    session: Session, bank: Bank, place: Partnership, resident_id: int, days_ago: _Days
) -> None:
    """The first two steps, on the word of the chair and of the coordinator."""
    professional_id = days_ago(0).by.member_id or 0
    for step, days, words in (
        (1, 106, "Six residents come, and say that they will again."),
        (2, 102, "A morning at the library with the surgery and the street team."),
    ):
        reached = Reached(step, resident_id, professional_id, words, days_ago(days).now.date())
        partnerships.reach_step(session, bank, place.id, reached, days_ago(days))


def _put_first(
    session: Session, bank: Bank, place: Partnership, audit_id: int, act: Act
) -> list[Priority]:
    themes = {one.words: one.id for one in audit_queries.themes(session, bank, audit_id)}
    first = [
        NewPriority(
            theme_id=themes[words],
            reason="" if n == 0 else "We can begin on it this year.",
            going_on="The adviser comes to the town hall on Mondays." if n == 0 else "",
        )
        for n, words in enumerate(_FIRST)
    ]
    set_ = Priorities(first, audit_id=audit_id)
    return partnerships.set_priorities(session, bank, place.id, set_, act)


def _promise(
    session: Session,
    bank: Bank,
    people: Sequence[int],
    organisations: Sequence[int],
    priorities: Sequence[Priority],
    benches: Option,
    days_ago: _Days,
) -> None:
    """One kept, which was agreed in a conversation; one moved, one late, one dropped."""
    chair, neighbour = people[:2]
    council = Owner(
        body="The council’s street team",
        contact_name="Denise Holt",
        contact_phone="01632 960788",
        part=Capacity.PLANNER,
    )
    surgery, library = (Owner(organisation_id=one) for one in organisations)
    promised = (
        (1, "Two benches between the shop and the bridge", Owner(member_id=neighbour), 40),
        (0, "An adviser at the library, to begin with", library, 30),
        (2, "Mend the three lights along the canal", council, 20),
        (1, "A seat in the waiting room for whoever walks by", surgery, 25),
    )
    made = [
        commitments.promise(
            session,
            bank,
            NewCommitment(
                words,
                days_ago(due).now.date(),
                owner,
                priority_id=priorities[place].id,
                option_id=benches.id if owner.member_id else None,
            ),
            days_ago(80),
        ).id
        for place, words, owner, due in promised
    ]
    steps = (
        (0, 44, NewStep(StepKind.DONE, "They stand there. Four of us put them up on a Saturday.")),
        (0, 41, NewStep(StepKind.CONFIRMED, "I sat on one.", confirmed_id=chair)),
        (
            1,
            33,
            NewStep(
                StepKind.MOVED,
                "The adviser is ill until the new year.",
                due_on=days_ago(-60).now.date(),
            ),
        ),
        (3, 27, NewStep(StepKind.DROPPED, "The waiting room has to stay for patients.")),
    )
    for n, days, step in steps:
        commitments.take_step(session, bank, made[n], step, days_ago(days))


def _talk(
    session: Session,
    bank: Bank,
    people: Sequence[int],
    place: Partnership,
    priority: Priority,
    days_ago: _Days,
) -> None:
    """It is open, and waits for its answers."""
    frame = Frame(
        "Help with debt, near home",
        "Where, when, and who sits there.",
        "The adviser comes one day a week: the town pays for no more before April.",
        "The library and the partnership’s meeting",
        None,
        days_ago(-21).now.date(),
        "40 hours a year from the community chest, a room on Thursdays, £600.",
        "40 hours and £600.",
        "Leaflets, which few had read.",
    )
    talk = conversations.plan(session, bank, place.id, frame, days_ago(30), priority_id=priority.id)
    options = [
        conversations.add_option(session, bank, talk.id, new, days_ago(29)).id for new in _OPTIONS
    ]
    conversations.open_conversation(session, bank, talk.id, days_ago(28))
    for n, (option, kind, words) in enumerate(_SAID):
        point = NewPoint(kind, words, options[option], people[n % len(people)])
        conversations.speak(session, bank, talk.id, point, days_ago(20 - n))
    for option, answers in zip(options, _SOUNDED, strict=False):
        for member_id, answer in zip(people, answers, strict=False):
            sounding = NewSounding(answer, member_id=member_id)
            conversations.sound(session, bank, option, sounding, days_ago(12))


def _talk_to_the_end(
    session: Session,
    bank: Bank,
    people: Sequence[int],
    place: Partnership,
    priority: Priority,
    days_ago: _Days,
) -> Option:
    """It had a meeting, was answered and closed, and those who came said how it was. The option
    that was agreed."""
    frame = Frame(
        "Somewhere to sit",
        "Where people can sit, and on what.",
        "The pavement is the council’s: what stands on it needs its word.",
        "The partnership’s meeting, with the council’s street team",
        None,
        days_ago(82).now.date(),
        "£400 of the council’s, and as many hours as there are neighbours with a drill.",
        "£400.",
        "Nothing: the last bench was taken away.",
    )
    talk = conversations.plan(session, bank, place.id, frame, days_ago(98), priority_id=priority.id)
    options = [
        conversations.add_option(session, bank, talk.id, new, days_ago(97)) for new, _, _ in _SEATS
    ]
    conversations.open_conversation(session, bank, talk.id, days_ago(96))
    meeting = _meet(session, bank, people, days_ago)
    conversations.add_meeting(session, bank, talk.id, meeting, days_ago(86))
    for option, (_, hands, verdict) in zip(options, _SEATS, strict=True):
        counted = replace(hands, session_id=meeting)
        conversations.count_hands(session, bank, option.id, counted, days_ago(86))
        conversations.give_verdict(session, bank, option.id, verdict, days_ago(83))
    conversations.close(session, bank, talk.id, days_ago(82))
    _evaluate(session, bank, talk, days_ago)
    return options[0]


def _meet(session: Session, bank: Bank, people: Sequence[int], days_ago: _Days) -> int:
    """An evening to agree what is to come of it, with everybody of the partnership on its register:
    its id."""
    act = days_ago(86)
    activity = activities_service.open_activity(
        session,
        bank,
        Details(
            title="The partnership’s meeting",
            purpose="To talk over what people asked for, and to answer it.",
            rule=Rule.NONE,
            resident_lead_id=people[0],
            place="The library",
        ),
        days_ago(98),
    )
    evening = datetime.combine(act.now.date(), time(18), ZoneInfo(bank.timezone))
    (meeting,) = activities_service.plan(
        session, bank, activity.id, Plan(evening, 90, Stage.AGREE_OUTCOMES), days_ago(98)
    )
    everybody = [*people, act.by.member_id]
    parts = [Part.LED, *(Part.ATTENDED for _ in everybody[1:])]
    marks = [
        Mark(member_id=member_id, guest="", part=part, minutes=90, prepared=0, without_hours=False)
        for member_id, part in zip(everybody, parts, strict=True)
    ]
    register.mark(session, bank, meeting.id, marks, channel=Source.PAPER, act=days_ago(85))
    posting.post(session, bank, meeting.id, act=days_ago(85))
    return meeting.id


def _evaluate(session: Session, bank: Bank, talk: Dialogue, days_ago: _Days) -> None:
    """Everybody on the register fills in a sheet of paper."""
    asked = evaluations.evaluate_conversation(session, bank, talk.id, days_ago(81))
    for n in range(evaluation_queries.people_there(session, bank, asked)):
        values = {item: 3 + (n + place) % 3 for place, item in enumerate(STATEMENTS)}
        values[EvaluationItem.LADDER] = 5 + n % 2
        words = {EvaluationItem.BETTER: _BETTER[n % 2]} if n < 2 else {}
        if n > 3:
            words = {EvaluationItem.HEALTH: _HEALTH[n % 2]}
        answers = EvaluationAnswers(values, words)
        evaluations.answer_on_paper(session, bank, asked.id, answers, days_ago(79))
    evaluations.close(session, bank, asked.id, days_ago(78))
