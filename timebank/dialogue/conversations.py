"""Conversations on a priority: framed, opened, spoken in, sounded, answered and closed. The caller
commits."""

from dataclasses import replace

from sqlalchemy import delete
from sqlalchemy.orm import Session

from timebank.act import Act, Actor, Channel
from timebank.activities import queries as activities
from timebank.activities import rules as activities_rules
from timebank.activities import service as activities_service
from timebank.activities.models import Activity, ActivitySession
from timebank.activities.rules import Details, Plan, Rule, Stage
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.dialogue import conversation_queries, partnerships, queries, rules
from timebank.dialogue.errors import NotFramed, NotInThatState, Unanswered
from timebank.dialogue.models import (
    Dialogue,
    DialogueMeeting,
    Option,
    Partnership,
    Point,
    Sounding,
    Verdict,
)
from timebank.dialogue.rules import (
    Frame,
    Hands,
    MeetingHands,
    NewOption,
    NewPoint,
    NewSounding,
    NewVerdict,
    OptionHands,
    Sound,
)
from timebank.errors import Conflict, Invalid, NotAllowed
from timebank.members import meeting
from timebank.members import queries as members
from timebank.members.models import Member
from timebank.members.rules import Status
from timebank.say import say


def plan(
    session: Session,
    bank: Bank,
    partnership_id: int,
    frame: Frame,
    act: Act,
    *,
    priority_id: int | None = None,
) -> Dialogue:
    """Plan a conversation; its frame may still have gaps. Raises NotFound, NotAllowed, Invalid;
    CannotTakePart and KeptApart for who answers as for a partner."""
    partnership = queries.running(session, bank, partnership_id)
    partnerships.require_run(partnership, act.by)
    if priority_id is not None:
        priority = queries.priority(session, bank, priority_id)
        if priority.partnership_id != partnership.id:
            raise Invalid.on("priority_id", say("That priority is another partnership’s."))
    talk = Dialogue(
        bank_id=bank.id,
        partnership_id=partnership.id,
        priority_id=priority_id,
        by=act.by.key,
        at=act.now,
        **_framed(session, bank, partnership.id, frame, act),
    )
    session.add(talk)
    session.flush()
    return talk


def set_frame(session: Session, bank: Bank, dialogue_id: int, frame: Frame, act: Act) -> Dialogue:
    """Write the frame of a conversation that has not opened. Raises as `plan`, and
    NotInThatState."""
    talk = _run(session, bank, dialogue_id, act)
    if talk.opened_at is not None:
        raise NotInThatState(
            say("It has opened: people speak within this frame, so it stays as it is.")
        )
    for name, value in _framed(session, bank, talk.partnership_id, frame, act).items():
        setattr(talk, name, value)
    session.flush()
    return talk


def _framed(
    session: Session, bank: Bank, partnership_id: int | None, frame: Frame, act: Act
) -> dict[str, object]:
    if frame.answers_on is not None and frame.answers_on < local_date(act.now, bank.timezone):
        raise Invalid.on("answers_on", rules.PAST_DAY)
    if frame.decider_id is not None:
        decider = members.member(session, bank, frame.decider_id)
        if decider.status != Status.ACTIVE:
            raise Invalid.on("decider", say("They do not take part in the time bank now."))
        answers = members.accounts_of(session, bank, {decider.id})
        partnerships.bring(session, bank, partnership_id, answers, act)
    return dict(vars(frame))


def open_conversation(session: Session, bank: Bank, dialogue_id: int, act: Act) -> Dialogue:
    """Open it. Raises NotFound, NotAllowed, NotInThatState; NotFramed with each part of the frame
    that is missing."""
    talk = _run(session, bank, dialogue_id, act)
    if talk.opened_at is not None:
        raise NotInThatState(say("It is open already."))
    frame = Frame(**{name: getattr(talk, name) for name in Frame.__dataclass_fields__})
    try:
        rules.check_frame(frame, today=local_date(act.now, bank.timezone))
    except Invalid as missing:
        raise NotFramed(
            say("It cannot open yet: its frame has to say what people can count on."),
            fields=missing.fields,
        ) from missing
    talk.opened_at = act.now
    session.flush()
    return talk


def _run(session: Session, bank: Bank, dialogue_id: int, act: Act) -> Dialogue:
    """The conversation, held, for whoever sees to it. Raises NotFound, NotAllowed."""
    talk = conversation_queries.dialogue(session, bank, dialogue_id, lock=True)
    partnerships.require_run(_partnership(session, bank, talk), act.by)
    return talk


def require_run(session: Session, bank: Bank, talk: Dialogue, by: Actor) -> None:
    """Raises NotAllowed unless they see to the conversation."""
    partnerships.require_run(_partnership(session, bank, talk), by)


def _partnership(session: Session, bank: Bank, talk: Dialogue) -> Partnership | None:
    if talk.partnership_id is None:
        return None
    return queries.partnership(session, bank, talk.partnership_id)


def add_meeting(session: Session, bank: Bank, dialogue_id: int, session_id: int, act: Act) -> None:
    """A session of an activity is a meeting of this conversation: its register says who was there.
    The staff's to say, and of who leads the activity. Raises NotFound, NotAllowed, Conflict."""
    talk = _run(session, bank, dialogue_id, act)
    held = activities.meeting(session, bank, session_id)
    if not activities_rules.may_run(act.by, held.activity.lead_ids):
        raise NotAllowed(say("You do not lead that activity. Ask your broker to choose it."))
    if session.get(DialogueMeeting, (bank.id, talk.id, held.row.id)) is not None:
        raise Conflict(say("That session is a meeting of it already."))
    session.add(DialogueMeeting(bank_id=bank.id, dialogue_id=talk.id, session_id=held.row.id))
    session.flush()


def plan_meeting(
    session: Session, bank: Bank, dialogue_id: int, plan: Plan, act: Act
) -> list[ActivitySession]:
    """Plan a meeting of this conversation, or several: as sessions of the activity in which it met
    before, else of a new one, which the chair of the partnership leads.

    Raises NotFound; NotAllowed, also where a new activity is to be begun by who is no broker;
    NotInThatState once it has closed; else as `activities.service.plan`.
    """
    talk = _run(session, bank, dialogue_id, act)
    _require_unclosed(talk)
    plan = replace(plan, stage=plan.stage or Stage.AGREE_OUTCOMES)
    series = conversation_queries.series(session, bank, talk.id)
    if series is None:
        if not act.by.is_broker:
            raise NotAllowed(
                say("Your broker plans the first meeting. Those after it you can plan here.")
            )
        series = _begin_series(session, bank, talk, act)
    planned = activities_service.plan(session, bank, series.id, plan, act)
    session.add_all(
        DialogueMeeting(bank_id=bank.id, dialogue_id=talk.id, session_id=one.id) for one in planned
    )
    session.flush()
    return planned


def _begin_series(session: Session, bank: Bank, talk: Dialogue, act: Act) -> Activity:
    partnership = _partnership(session, bank, talk)
    details = Details(
        title=talk.title,
        purpose=talk.can_change or talk.title,
        stage=Stage.AGREE_OUTCOMES,
        place=partnership.place if partnership else "",
        rule=Rule.NONE,
        resident_lead_id=partnership.chair_id if partnership else None,
    )
    return activities_service.open_activity(session, bank, details, act)


# ---- Options and points ----


def add_option(session: Session, bank: Bank, dialogue_id: int, new: NewOption, act: Act) -> Option:
    """Add what could be done, with its cost or that it is not known yet. Any partner may. Raises
    NotFound, NotAllowed, Invalid, NotInThatState."""
    talk = conversation_queries.dialogue(session, bank, dialogue_id, lock=True)
    require_speak(session, bank, talk, act.by)
    _require_unclosed(talk)
    rules.check_option(new)
    option = Option(bank_id=bank.id, dialogue_id=talk.id, by=act.by.key, at=act.now, **_costed(new))
    session.add(option)
    session.flush()
    return option


def change_option(session: Session, bank: Bank, option_id: int, new: NewOption, act: Act) -> Option:
    """Say an option better, or what it costs once that is known. Raises as `add_option`."""
    option, talk = conversation_queries.option_with_talk(session, bank, option_id, lock=True)
    partnerships.require_run(_partnership(session, bank, talk), act.by)
    _require_unclosed(talk)
    rules.check_option(new)
    for name, value in _costed(new).items():
        setattr(option, name, value)
    session.flush()
    return option


def _costed(new: NewOption) -> dict[str, object]:
    return {name: value for name, value in vars(new).items() if name != "not_known"}


def speak(session: Session, bank: Bank, dialogue_id: int, new: NewPoint, act: Act) -> Point:
    """Say something: for, against, only if, or a question.

    A member speaks for themselves; the staff and the chair enter what somebody said, or what was
    said at a table in some part. Raises NotFound, NotAllowed, Invalid, NotInThatState.
    """
    talk = conversation_queries.dialogue(session, bank, dialogue_id, lock=True)
    require_speak(session, bank, talk, act.by)
    _require_open(talk)
    member = _speaker(session, bank, talk, new.member_id, act, table=new.part is not None)
    if new.option_id is not None:
        option, _ = conversation_queries.option_with_talk(session, bank, new.option_id)
        if option.dialogue_id != talk.id:
            raise Invalid.on("option_id", say("That option is of another conversation."))
    if member is not None:
        _require_heard(member, act)
    part = member.capacity if member else new.part
    if part is None:
        raise Invalid.on("part", say("Say in which part it was said."))
    point = Point(
        bank_id=bank.id,
        dialogue_id=talk.id,
        option_id=new.option_id,
        kind=new.kind,
        words=new.words,
        part=part,
        member_id=member.id if member else None,
        by=_entered_by(member, act),
        channel=_heard(member, act),
        at=act.now,
    )
    session.add(point)
    session.flush()
    return point


def _speaker(
    session: Session, bank: Bank, talk: Dialogue, member_id: int | None, act: Act, *, table: bool
) -> Member | None:
    """Who speaks: whoever is named, else whoever acts; nobody in particular at a table. Raises
    NotAllowed where somebody would speak for another, or who is named is no partner."""
    runs = partnerships.may_run(_partnership(session, bank, talk), act.by)
    if member_id is None:
        if table and runs:
            return None
        member_id = act.by.member_id
    if member_id is None:
        raise Invalid.on("member", say("Name who says so."))
    if member_id != act.by.member_id and not runs:
        raise NotAllowed(say("You can speak for yourself alone."))
    member = members.member(session, bank, member_id)
    if member.status != Status.ACTIVE:
        raise Invalid.on("member", say("They do not take part in the time bank now."))
    if (
        talk.partnership_id is not None
        and not queries.is_partner(session, bank, talk.partnership_id, member.id)
    ) or meeting.hides(session, bank, member.account_id or 0, by=act.by):
        raise Invalid.on("member", say("They are not in the partnership. Add them first."))
    return member


def _entered_by(member: Member | None, act: Act) -> str | None:
    """Whoever of the staff or the chair entered it; None where it is one's own."""
    own = member is not None and act.by.member_id == member.id
    return None if own else act.by.key


def _require_heard(member: Member, act: Act) -> None:
    """Raises Invalid where another's word is entered and nobody says how they heard it."""
    if _entered_by(member, act) is not None and act.word.channel not in rules.SPOKEN:
        raise Invalid.on("channel", say("Choose how you heard it."))


def _heard(member: Member | None, act: Act) -> Channel:
    """How it came: on a page where it is one's own."""
    return Channel.WEB if _entered_by(member, act) is None else act.word.channel


# ---- Soundings ----


def sound(session: Session, bank: Bank, option_id: int, new: NewSounding, act: Act) -> Sounding:
    """How a member finds an option: their last word counts, until it closes.

    The staff and the chair enter it on somebody's word, with how they heard it, unless somebody has
    said so by themselves. Raises NotFound, NotAllowed, Invalid, NotInThatState.
    """
    option, member = _sounds(session, bank, option_id, new.member_id, act)
    _require_heard(member, act)
    row = conversation_queries.sounding(session, bank, option.id, member.id)
    if row is not None and row.by is None and member.id != act.by.member_id:
        raise NotInThatState(
            say("They have said so by themselves, and only they can say otherwise.")
        )
    if row is None:
        row = Sounding(
            bank_id=bank.id, option_id=option.id, member_id=member.id, part=member.capacity
        )
        session.add(row)
    row.answer, row.part, row.why = new.answer, member.capacity, new.why
    row.people = 1
    row.by, row.channel = _entered_by(member, act), _heard(member, act)
    session.flush()
    return row


def take_back_sounding(
    session: Session, bank: Bank, option_id: int, member_id: int | None, act: Act
) -> None:
    """A member takes back how they find an option, or the staff or the chair what was entered on
    their word; what somebody said by themselves is theirs alone to take back. Raises as `sound`;
    NotInThatState where there is nothing to take back."""
    option, member = _sounds(session, bank, option_id, member_id, act)
    row = conversation_queries.sounding(session, bank, option.id, member.id)
    if row is None or (row.by is None and member.id != act.by.member_id):
        # Whether somebody has said so by themselves is nobody else's to know.
        raise NotInThatState(say("Nothing stands there that you could take back."))
    session.delete(row)
    session.flush()


def _sounds(
    session: Session, bank: Bank, option_id: int, member_id: int | None, act: Act
) -> tuple[Option, Member]:
    """The option of an open conversation, and whoever says how they find it. Raises NotFound,
    NotAllowed, Invalid, NotInThatState."""
    option, talk = conversation_queries.option_with_talk(session, bank, option_id, lock=True)
    require_speak(session, bank, talk, act.by)
    _require_open(talk)
    member = _speaker(session, bank, talk, member_id, act, table=False)
    if member is None:
        raise Invalid.on("member", say("Name who says so."))
    return option, member


def count_hands(session: Session, bank: Bank, option_id: int, hands: Hands, act: Act) -> None:
    """Hands counted at a meeting of the conversation, in one part; counted again, the new count
    takes the place of the old one.

    Whoever is in the room may raise a hand, on the register or not. Raises NotFound, NotAllowed,
    NotInThatState; Invalid when the session is no meeting of it, or for fewer hands than none.
    """
    option, talk = conversation_queries.option_with_talk(session, bank, option_id, lock=True)
    partnerships.require_run(_partnership(session, bank, talk), act.by)
    _require_open(talk)
    _require_meeting(session, bank, talk, hands.session_id)
    counted = OptionHands(option.id, hands.part, hands.yes, hands.can_live, hands.no)
    rows = _hands(bank, hands.session_id, counted, act)
    session.execute(
        delete(Sounding).where(
            Sounding.bank_id == bank.id,
            Sounding.option_id == option.id,
            Sounding.session_id == hands.session_id,
            Sounding.part == hands.part,
        )
    )
    session.add_all(rows)
    session.flush()


def count_all_hands(
    session: Session, bank: Bank, dialogue_id: int, session_id: int, counted: MeetingHands, act: Act
) -> None:
    """All the hands of a meeting of the conversation, of each option and in each part: they take
    the place of whatever was entered of that meeting before. Raises as `count_hands`, and Invalid
    where an option is of another conversation, or comes twice in one part."""
    talk = _run(session, bank, dialogue_id, act)
    _require_open(talk)
    _require_meeting(session, bank, talk, session_id)
    options = {one.option.id for one in conversation_queries.options(session, bank, talk.id)}
    if not options >= {one.option_id for one in counted.hands}:
        raise Invalid.on("hands", say("That option is of another conversation."))
    if len({(one.option_id, one.part) for one in counted.hands}) < len(counted.hands):
        raise Invalid.on("hands", say("Count each part once for each option."))
    rows = [row for one in counted.hands for row in _hands(bank, session_id, one, act)]
    session.execute(
        delete(Sounding).where(
            Sounding.bank_id == bank.id,
            Sounding.option_id.in_(options),
            Sounding.session_id == session_id,
        )
    )
    session.add_all(rows)
    session.flush()


def _require_meeting(session: Session, bank: Bank, talk: Dialogue, session_id: int) -> None:
    if session.get(DialogueMeeting, (bank.id, talk.id, session_id)) is None:
        raise Invalid.on("session_id", say("Choose one of its meetings."))


def _hands(bank: Bank, session_id: int, counted: OptionHands, act: Act) -> list[Sounding]:
    """The rows of the hands of one option in one part. Raises Invalid for what is no number of
    hands."""
    answers = {Sound.YES: counted.yes, Sound.CAN_LIVE: counted.can_live, Sound.NO: counted.no}
    if min(answers.values()) < 0 or sum(answers.values()) > rules.MOST_PEOPLE:
        raise Invalid.on("yes", say("Write how many hands there were."))
    return [
        Sounding(
            bank_id=bank.id,
            option_id=counted.option_id,
            answer=answer,
            part=counted.part,
            session_id=session_id,
            people=people,
            by=act.by.key,
            channel=Channel.IN_PERSON,
        )
        for answer, people in answers.items()
        if people
    ]


# ---- The end ----


def give_verdict(
    session: Session, bank: Bank, option_id: int, new: NewVerdict, act: Act
) -> Verdict:
    """The answer to an option, by whoever the frame names, or entered by the staff on their word;
    said again until it closes. Raises NotFound, NotAllowed, Invalid, NotInThatState."""
    option, talk = conversation_queries.option_with_talk(session, bank, option_id, lock=True)
    require_decide(talk, act.by)
    _require_open(talk)
    if not new.reason:
        raise Invalid.on("reason", say("Write the reason: everybody can read it."))
    verdict = session.get(Verdict, (bank.id, option.id))
    if verdict is None:
        verdict = Verdict(bank_id=bank.id, option_id=option.id)
        session.add(verdict)
    verdict.answer, verdict.reason = new.answer, new.reason
    verdict.given_on = local_date(act.now, bank.timezone)
    verdict.by, verdict.channel, verdict.at = act.by.key, act.word.channel, act.now
    session.flush()
    return verdict


def require_decide(talk: Dialogue, by: Actor) -> None:
    """Raises NotAllowed unless they give the answers, or enter them."""
    decides = talk.decider_id is not None and talk.decider_id == by.member_id
    if not decides and not by.is_broker:
        raise NotAllowed(
            say("%(decides)s answers the options, as it says above.", decides=talk.decides)
        )


def close(session: Session, bank: Bank, dialogue_id: int, act: Act) -> Dialogue:
    """Close it, once every option has an answer. Raises NotFound, NotAllowed, NotInThatState,
    Unanswered."""
    talk = _run(session, bank, dialogue_id, act)
    _require_open(talk)
    options = conversation_queries.options(session, bank, talk.id)
    if not options:
        raise Unanswered(say("There is no option in it yet. Add at least one."))
    missing = [one.option.words for one in options if one.verdict is None]
    if missing:
        raise Unanswered(
            say("“%(option)s” has no answer yet: each option gets one.", option=missing[0])
        )
    talk.closed_at = act.now
    session.flush()
    return talk


def _require_open(talk: Dialogue) -> None:
    if talk.opened_at is None:
        raise NotInThatState(say("It has not opened yet."))
    _require_unclosed(talk)


def _require_unclosed(talk: Dialogue) -> None:
    if talk.closed_at is not None:
        raise NotInThatState(say("It has closed: what was said and answered stays as it is."))


def require_speak(session: Session, bank: Bank, talk: Dialogue, by: Actor) -> None:
    """Raises NotAllowed unless they are a partner, or see to it."""
    if not may_speak(session, bank, talk, by):
        raise NotAllowed(say("Only those in the partnership speak here. Ask the chair to join it."))


def may_speak(session: Session, bank: Bank, talk: Dialogue, by: Actor) -> bool:
    """Whether somebody is a partner, or sees to the conversation."""
    if partnerships.may_run(_partnership(session, bank, talk), by):
        return True
    return by.member_id is not None and (
        talk.partnership_id is None
        or queries.is_partner(session, bank, talk.partnership_id, by.member_id)
    )
