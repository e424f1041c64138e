"""The people of a believable bank: names, places, and who they are. Phone numbers are from the
ranges kept for fiction."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Literal

from timebank.demo.pastimes import PASTIMES, Pastime

Habit = Literal["both", "gives", "receives", "quiet"]

FIRST_NAMES = (
    "Aisha", "Alan", "Arthur", "Barbara", "Bernard", "Beryl", "Brenda", "Carol", "Cedric",
    "Chidi", "Colin", "Denise", "Derek", "Doreen", "Edith", "Eileen", "Elsie", "Farid", "Frank",
    "Geoff", "Gloria", "Grace", "Gwen", "Hassan", "Hilda", "Ian", "Imani", "Irene", "Jack",
    "Jean", "Jerzy", "Joyce", "Kath", "Keith", "Kwame", "Lena", "Leroy", "Lin", "Malcolm",
    "Margaret", "Marjorie", "Maurice", "Mei", "Mohammed", "Nadia", "Neil", "Nora", "Olive",
    "Olu", "Pat", "Patrick", "Pearl", "Priya", "Ravi", "Ray", "Rita", "Rosa", "Roy", "Ruth",
    "Samir", "Sandra", "Sheila", "Stan", "Sunita", "Sylvia", "Tom", "Vera", "Wendy", "Winston",
    "Yusuf",
)  # fmt: skip

LAST_NAMES = (
    "Adeyemi", "Ahmed", "Ashworth", "Baker", "Begum", "Boateng", "Booth", "Brennan",
    "Chowdhury", "Clarke", "Cole", "Cooper", "Doyle", "Ellison", "Farouk", "Fielding", "Garner",
    "Grant", "Haidari", "Hargreaves", "Hassan", "Holt", "Hughes", "Hussain", "Iqbal", "Jackson",
    "Kaur", "Keane", "Kowalska", "Lawton", "Lee", "Marsh", "Mehta", "Mitchell", "Moran",
    "Nowak", "O’Connor", "Okafor", "Osei", "Owen", "Parkin", "Patel", "Pell", "Platt", "Rahman",
    "Rashid", "Reid", "Rhodes", "Shaw", "Singh", "Stubbs", "Taylor", "Thorpe", "Walker",
    "Whitehead", "Wong", "Wood", "Wright", "Yates", "Żak",
)  # fmt: skip

AREAS = ("Alder Row", "Mill Lane", "Canal Street", "Tannery Court", "Station Road", "The Crofts")

ORGANISATIONS = (
    ("St Anne’s Hall", "The parish hall: lunches, the repair café, and the garden behind it."),
    ("Tannery Court Surgery", "The doctors’ surgery. Its link worker sends people our way."),
    ("Alder Row Library", "Books, computers, and the box where paper slips are dropped."),
)

GROUP_WORDS = (
    "Canal Street lunch club",
    "We cook and eat together on Wednesdays in St Anne’s Hall, and help out wherever there is a"
    " meal.",
)

REASONS = (
    "Company and shopping for somebody who is home from hospital.",
    "A family with a new baby, who could do with an hour’s rest.",
    "Somebody who looks after a parent and has no time to give just now.",
)
"""Why the chest gives: in words that everybody may read, and that name nobody."""

GUESTS = (
    "Bernice from the bakery",
    "Pete Hallam",
    "Lucy Hallam",
    "Mr Dobson",
    "Ada",
    "A student of the college",
)
"""Who comes along and is no member."""

NEXT_TO_EACH_OTHER = (
    ("Alder Row", "Mill Lane"),
    ("Alder Row", "The Crofts"),
    ("Canal Street", "Tannery Court"),
    ("Mill Lane", "Station Road"),
    ("Canal Street", "Station Road"),
)

JOAN, MAGGIE, OWEN, DEREK = range(4)


@dataclass(frozen=True)
class Person:
    """A member to be."""

    name: str
    area: str
    born_on: date
    capacity: str
    role: str
    joined_on: date
    email: str | None
    phone: str | None
    habit: Habit
    gives: tuple[Pastime, ...]


def draw_people(draw: Random, members: int, start: date, today: date) -> list[Person]:
    """`members` people, at least 4, who joined between `start` and `today`.

    The first are Joan, Maggie, Owen and Derek, whom the rest of the demonstration knows by their
    places.
    """
    people = [
        _known(
            draw, "Joan Whitlock", "Tannery Court", date(1947, 5, 9), start, phone="01632 960187"
        ),
        _known(
            draw,
            "Maggie Dunne",
            "Mill Lane",
            date(1978, 2, 21),
            start,
            phone="01632 960142",
            role="broker",
        ),
        _known(
            draw,
            "Owen Pritchard",
            "Alder Row",
            date(1984, 9, 3),
            start,
            phone="01632 960140",
            role="coordinator",
        ),
        _known(draw, "Derek Cole", "Mill Lane", date(1953, 7, 30), start, phone="07700 900208"),
    ]
    for number in range(len(people), members):
        age = draw.choice((24, 31, 38, 46, 55, 63, 68, 71, 74, 77, 81, 86)) + draw.randrange(-3, 4)
        first, last = draw.choice(FIRST_NAMES), draw.choice(LAST_NAMES)
        # The older, the fewer have e-mail; some have no phone either and are called on at the door,
        # as the last one always is.
        has_email = draw.random() < (0.9 if age < 60 else 0.35) and number < members - 1
        has_phone = draw.random() < 0.93 and number < members - 1
        joined = (
            start
            if number < members // 3
            else start + timedelta(days=draw.randrange(max(1, (today - start).days - 20)))
        )
        people.append(
            Person(
                name=f"{first} {last}",
                area=draw.choice(AREAS),
                born_on=date(today.year - age, draw.randrange(1, 13), draw.randrange(1, 29)),
                capacity=draw.choices(("resident", "practitioner", "planner"), (92, 6, 2))[0],
                role="member",
                joined_on=joined,
                email=f"{first}.{number}@alder-row.example".lower() if has_email else None,
                phone=f"07700 900{number % 1000:03d}" if has_phone else None,
                habit=draw.choices(("both", "gives", "receives", "quiet"), (62, 12, 12, 14))[0],
                gives=tuple(draw.sample(PASTIMES, draw.randrange(1, 4))),
            )
        )
    return people


def _known(
    draw: Random,
    name: str,
    area: str,
    born_on: date,
    joined_on: date,
    *,
    phone: str,
    role: str = "member",
) -> Person:
    mailbox = name.split()[0].lower()
    return Person(
        name=name,
        area=area,
        born_on=born_on,
        capacity="practitioner" if role == "coordinator" else "resident",
        role=role,
        joined_on=joined_on,
        email=f"{mailbox}@alder-row.example",
        phone=phone,
        habit="both",
        gives=tuple(draw.sample(PASTIMES, 2)),
    )
