"""Waves, scales and invitations, and what may be told of the answers: one function per use case.
The caller commits.

`now` is UTC and `by` whoever does it: a coordinator, or else NotAllowed is raised. NotFound is
raised for what is not in the bank.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.banks.queries import one_at_a_time
from timebank.clock import local_date
from timebank.errors import Invalid, together
from timebank.members import acts
from timebank.members import queries as members
from timebank.members.models import Member
from timebank.members.rules import require_coordinator
from timebank.notices.rules import Letter, NewNotice
from timebank.say import say
from timebank.surveys import equality as equalities
from timebank.surveys import queries, results, rules
from timebank.surveys.equality import Counts
from timebank.surveys.errors import InUse, NotOpen
from timebank.surveys.models import Chosen, Invitation, Scale, ScaleItem, Wave
from timebank.surveys.results import Outcome
from timebank.surveys.rules import Asked, Closing, Ends, NewScale, NewWave, WhoIsAsked
from timebank.text import tidy


def threshold(bank: Bank) -> int:
    """Of how many people at least something is told."""
    return bank.few


# ---- Waves ----


def open_wave(session: Session, bank: Bank, new: NewWave, act: Act) -> Wave:
    """Plan a wave between two days.

    One that follows another has to ask with the same; left out, it does. Raises Invalid.
    """
    require_coordinator(act.by)
    before = queries.wave(session, bank, new.follows_id) if new.follows_id else None
    name, _, keys = together(
        lambda: tidy(
            "title",
            new.title,
            rules.LONGEST["title"],
            required=say("Write what it is called, such as “Spring 2027”."),
        ),
        lambda: rules.check_days(
            new.opens_on, new.closes_on, today=local_date(act.now, bank.timezone)
        ),
        lambda: _instruments(session, bank, new.instruments, before),
    )
    if before is not None and new.opens_on <= (before.closed_on or before.closes_on):
        words = say(
            "It follows “%(title)s”, and so has to open after that one has closed.",
            title=before.title,
        )
        raise Invalid.on("opens_on", words)
    wave = Wave(
        bank_id=bank.id,
        title=name,
        opens_on=new.opens_on,
        closes_on=new.closes_on,
        follows_id=new.follows_id,
        by=act.by.key,
        at=act.now,
    )
    session.add(wave)
    session.flush()
    for n, key in enumerate(keys):
        scale = int(key.partition(":")[2]) if key.startswith("scale:") else None
        embedded = None if scale else key
        session.add(
            Chosen(bank_id=bank.id, wave_id=wave.id, n=n, embedded=embedded, scale_id=scale)
        )
    session.flush()
    return wave


def _instruments(
    session: Session, bank: Bank, asked: Sequence[str], before: Wave | None
) -> list[str]:
    earlier = [one.key for one in queries.instruments(session, bank, before.id)] if before else []
    keys = [queries.instrument(session, bank, key).key for key in dict.fromkeys(asked)] or earlier
    words = ""
    if not keys:
        words = say("Choose at least one set of questions.")
    elif before and set(keys) != set(earlier):
        words = say(
            "To be compared with “%(title)s” it has to ask the same questions. Choose those, or let"
            " it follow none.",
            title=before.title,
        )
    if words:
        raise Invalid.on("instruments", words)
    return keys


def move_closing(session: Session, bank: Bank, wave_id: int, closing: Closing, act: Act) -> Wave:
    """Let a wave close on another day, from today on. Raises NotOpen for one that is over,
    Invalid."""
    wave = _under_way(session, bank, wave_id, act)
    today, closes_on = local_date(act.now, bank.timezone), closing.closes_on
    rules.check_days(max(wave.opens_on, today), closes_on, today=today)
    after = [
        one
        for one in queries.waves(session, bank)
        if one.follows_id == wave.id and one.opens_on <= closes_on
    ]
    if after:
        follower = after[0]
        words = say(
            "“%(title)s” follows it and opens on %(opens_on)s. Close it before that.",
            title=follower.title,
            opens_on=follower.opens_on,
        )
        raise Invalid.on("closes_on", words)
    wave.closes_on = closes_on
    session.flush()
    return wave


def close(session: Session, bank: Bank, wave_id: int, act: Act) -> Wave:
    """Close a wave before its day, for good. Raises NotOpen for one that is over."""
    wave = _under_way(session, bank, wave_id, act)
    wave.closed_on = local_date(act.now, bank.timezone)
    session.flush()
    return wave


def _under_way(session: Session, bank: Bank, wave_id: int, act: Act) -> Wave:
    require_coordinator(act.by)
    wave = queries.wave(session, bank, wave_id)
    if queries.is_over(wave, local_date(act.now, bank.timezone)):
        raise NotOpen(
            say(
                "It is closed, and stays so: results that move with each answer would give people"
                " away."
            )
        )
    return wave


def invite(session: Session, bank: Bank, wave_id: int, asked: Asked, act: Act) -> int:
    """Ask people who take part, each told the way they like; who was asked before is not asked
    again. How many were asked.

    Raises NotOpen for a wave that is over, Invalid.
    """
    wave = _under_way(session, bank, wave_id, act)
    # Who asks at the same time, with a second click, waits here and then finds them asked.
    one_at_a_time(session, bank)
    wanted = _wanted(session, bank, asked, today=local_date(act.now, bank.timezone))
    there = select(Invitation.member_id).where(
        Invitation.bank_id == bank.id, Invitation.wave_id == wave.id
    )
    before = set(session.execute(there).scalars())
    new = [one for one in wanted if one.id not in before]
    session.add_all([Invitation(bank_id=bank.id, wave_id=wave.id, member_id=one.id) for one in new])
    session.flush()
    notice = NewNotice(_letter(bank, wave), cause=f"survey:{wave.id}:asked", about=wave.id)
    for member in new:
        acts.tell(session, bank, member.id, notice, now=act.now)
    return len(new)


def _wanted(session: Session, bank: Bank, asked: Asked, *, today: date) -> list[Member]:
    if asked.who == WhoIsAsked.NUMBERS:
        return _numbered(session, bank, asked.numbers)
    people = members.active(session, bank)
    if asked.who == WhoIsAsked.ALL:
        return list(people)
    since = asked.since
    if since is None or since > today:
        words = say("Write the day since when they have taken part; it cannot be to come.")
        raise Invalid.on("since", words)
    # Heavy, and few starts measure anything.
    from timebank.measures import queries as measures  # noqa: PLC0415

    active = measures.active_between(session, bank, since, today)
    return [one for one in people if one.account_id in active]


def _numbered(session: Session, bank: Bank, numbers: Sequence[str]) -> list[Member]:
    wanted = list(dict.fromkeys(number.strip() for number in numbers if number.strip()))
    by_number = members.by_numbers(session, bank, wanted)
    missing = [number for number in wanted if number not in by_number]
    words = ""
    if not wanted:
        words = say("Write the numbers of those to ask, with commas or on lines of their own.")
    elif missing:
        words = say(
            "Nobody who takes part has the number %(missing)s. Check it, or take it out.",
            missing=", ".join(missing),
        )
    if words:
        raise Invalid.on("numbers", words)
    return [by_number[number] for number in wanted]


def _letter(bank: Bank, wave: Wave) -> Letter:
    """What somebody is told who is asked."""
    return Letter(
        say("A few questions from %(bank)s", bank=bank.name),
        say(
            "How are you, and how do you find things around you? %(bank)s would like to know:"
            " “%(title)s”, until %(day)s. You can leave out any question, or all of them. Your"
            " answers are kept apart from your name, and nobody at the time bank sees them one by"
            " one. Sign in and choose “Me”, then “Questions we ask you”; or ask your broker for the"
            " questions on paper.",
            bank=bank.name,
            title=wave.title,
            day=wave.closes_on,
        ),
        rules.ANSWER,
    )


# ---- Own scales ----


def add_scale(session: Session, bank: Bank, new: NewScale, act: Act) -> Scale:
    """Add a scale of the bank's own. It is never changed afterwards: a copy is. Raises Invalid."""
    require_coordinator(act.by)
    longest = rules.LONGEST
    whose = say(
        "Write who licensed it to whom, in a sentence; or that it is your own, or free for all to"
        " use."
    )
    name, words, low, high, asked, _ = together(
        lambda: tidy(
            "title", new.title, longest["title"], required=say("Write what it is called.")
        ),
        lambda: tidy("licence", new.licence, longest["licence"], required=whose),
        lambda: tidy(
            "lowest_words",
            new.lowest_words,
            longest["end"],
            required=say("Write what the lowest number means."),
        ),
        lambda: tidy(
            "highest_words",
            new.highest_words,
            longest["end"],
            required=say("Write what the highest number means."),
        ),
        lambda: _items(new.items),
        lambda: rules.check_ends(
            Ends(new.lowest, new.highest, new.lowest_words, new.highest_words)
        ),
    )
    scale = Scale(
        bank_id=bank.id,
        title=name,
        licence=words,
        lowest=new.lowest,
        highest=new.highest,
        lowest_words=low,
        highest_words=high,
        scoring=new.scoring,
        better=new.better,
        by=act.by.key,
        at=act.now,
    )
    try:
        with session.begin_nested():
            session.add(scale)
            session.flush()
    except IntegrityError as error:
        taken = say("There is a scale called “%(name)s”. Give this one another name.", name=name)
        raise Invalid.on("title", taken) from error
    session.add_all(
        [
            ScaleItem(bank_id=bank.id, scale_id=scale.id, n=n, words=one)
            for n, one in enumerate(asked)
        ]
    )
    session.flush()
    return scale


def _items(items: Sequence[str]) -> list[str]:
    trimmed = [tidy("items", one, rules.LONGEST["item"]) for one in items]
    written = [one for one in trimmed if one]
    words = ""
    if not written:
        words = say("Write what it asks, one question on a line.")
    elif len(written) > rules.MOST_ITEMS:
        words = say(
            "Ask at most %(most_items)s questions; this has %(number)s.",
            most_items=rules.MOST_ITEMS,
            number=len(written),
        )
    if words:
        raise Invalid.on("items", words)
    return written


def remove_scale(session: Session, bank: Bank, scale_id: int, act: Act) -> None:
    """Take out a scale that no wave asks with. Raises InUse."""
    require_coordinator(act.by)
    one_at_a_time(session, bank)
    scale = queries.scale(session, bank, scale_id)
    if scale.id in queries.in_use(session, bank):
        raise InUse(
            say(
                "A wave asks with “%(title)s”, so it stays. Make a copy if it has to change.",
                title=scale.title,
            )
        )
    session.execute(
        delete(ScaleItem).where(ScaleItem.bank_id == bank.id, ScaleItem.scale_id == scale.id)
    )
    session.delete(scale)
    session.flush()


# ---- What may be told ----


def outcome(session: Session, bank: Bank, wave_id: int, act: Act) -> Outcome:
    """The staff's own results of a wave. Raises NotOpen while it still takes answers."""
    require_coordinator(act.by)
    wave = queries.wave(session, bank, wave_id)
    if not queries.is_over(wave, local_date(act.now, bank.timezone)):
        raise NotOpen(
            say(
                "Results are told once it is closed: if they moved with each answer, they would"
                " give people away."
            )
        )
    return results.outcome(session, bank, wave, threshold(bank))


def outcomes(
    session: Session, bank: Bank, start: date, end: date, *, today: date
) -> tuple[Outcome, ...]:
    """What may be published of the waves that opened and closed between two days, both included,
    the earliest first.

    Of a wave that still took answers on `today`, a local date, nothing is told.
    """
    least = threshold(bank)
    over = [one for one in reversed(queries.waves(session, bank)) if queries.is_over(one, today)]
    within = [
        one for one in over if start <= one.opens_on and (one.closed_on or one.closes_on) <= end
    ]
    return tuple(
        results.published(results.outcome(session, bank, one, least), least) for one in within
    )


def equality(session: Session, bank: Bank) -> Counts:
    """How many members gave which equality answer when it was last counted, as may be published."""
    return equalities.published(session, bank)
