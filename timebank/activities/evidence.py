"""Pictures of an activity, and what people said of it: nothing of anybody without their consent.
The caller commits."""

from sqlalchemy.orm import Session

from timebank.act import Act, Actor
from timebank.activities import queries, rules
from timebank.activities.models import Activity, Photo, Quote
from timebank.activities.rules import NewPhoto, NewQuote
from timebank.activities.service import require_run
from timebank.banks.models import Bank
from timebank.banks.queries import one_at_a_time
from timebank.errors import Invalid, together
from timebank.say import Said, say


def add_photo(session: Session, bank: Bank, activity_id: int, new: NewPhoto, act: Act) -> Photo:
    """Keep a picture, upright, at most `pictures.LONGER_SIDE` pixels long, and freed of all that a
    camera writes into it.

    For those who run the activity. Raises NoPicture; Invalid without words or consent.
    """
    from timebank import pictures  # noqa: PLC0415  (heavy, and few requests bring a picture)

    activity = _run(session, bank, activity_id, act.by)
    words, _, picture = together(
        lambda: rules.tidy(
            "alt", new.alt, required=say("Write what is to be seen, for those who cannot see it.")
        ),
        lambda: _agreed(new.consent, say("Tick that everybody who can be recognised has agreed.")),
        lambda: pictures.shrunk(new.data),
    )
    photo = Photo(
        bank_id=bank.id,
        activity_id=activity.id,
        alt=words,
        width=picture.width,
        height=picture.height,
        consent=True,
        by=act.by.key,
        at=act.now,
        jpeg=pictures.jpeg(picture),
    )
    session.add(photo)
    session.flush()
    return photo


def remove_photo(session: Session, bank: Bank, photo_id: int, *, by: Actor) -> Activity:
    """Delete a picture, as whoever is on it may ask at any time. Returns the activity it was of."""
    one_at_a_time(session, bank)
    return _remove(session, bank, queries.photo(session, bank, photo_id), by)


def add_quote(session: Session, bank: Bank, activity_id: int, new: NewQuote, act: Act) -> Quote:
    """Keep what somebody said. For those who run the activity. Raises Invalid."""
    activity = _run(session, bank, activity_id, act.by)
    words, said_by, _ = together(
        lambda: rules.tidy("words", new.words, required=say("Write what they said.")),
        lambda: rules.tidy(
            "said_by",
            new.said_by,
            required=say("Write what they want to be called, such as “a member, 71”."),
        ),
        lambda: _agreed(new.consent, say("Tick that they have agreed to be quoted.")),
    )
    quote = Quote(
        bank_id=bank.id,
        activity_id=activity.id,
        words=words,
        said_by=said_by,
        consent=True,
        by=act.by.key,
        at=act.now,
    )
    session.add(quote)
    session.flush()
    return quote


def remove_quote(session: Session, bank: Bank, quote_id: int, *, by: Actor) -> Activity:
    """Delete what somebody said, as they may ask at any time. Returns the activity it was about."""
    one_at_a_time(session, bank)
    return _remove(session, bank, queries.quote(session, bank, quote_id), by)


def _run(session: Session, bank: Bank, activity_id: int, by: Actor) -> Activity:
    activity = queries.activity(session, bank, activity_id)
    require_run(activity, by)
    return activity


def _remove(session: Session, bank: Bank, row: Photo | Quote, by: Actor) -> Activity:
    activity = _run(session, bank, row.activity_id, by)
    session.delete(row)
    session.flush()
    return activity


def _agreed(consent: bool, required: Said) -> None:
    if not consent:
        raise Invalid.on("consent", required)
