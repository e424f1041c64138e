"""The names, places and pastimes a believable bank is made of. Phone numbers are from the ranges
kept for fiction."""

from typing import NamedTuple


class Pastime(NamedTuple):
    """Something people do for each other: its skill, what it is called on a slip, how long it takes
    (minutes).

    `offer` and `wish` are what stands in the directory about it: a title and what else there is to
    say.
    """

    skill: str
    titles: tuple[str, ...]
    shortest: int
    longest: int
    offer: tuple[str, str]
    wish: tuple[str, str]


FIRST_NAMES = (
    "Aisha", "Alan", "Arthur", "Barbara", "Bernard", "Beryl", "Brenda", "Carol", "Cedric", "Chidi", "Colin", "Denise", "Derek",
    "Doreen", "Edith", "Eileen", "Elsie", "Farid", "Frank", "Geoff", "Gloria", "Grace", "Gwen", "Hassan", "Hilda", "Ian",
    "Imani", "Irene", "Jack", "Jean", "Jerzy", "Joyce", "Kath", "Keith", "Kwame", "Lena", "Leroy", "Lin", "Malcolm",
    "Margaret", "Marjorie", "Maurice", "Mei", "Mohammed", "Nadia", "Neil", "Nora", "Olive", "Olu", "Pat", "Patrick", "Pearl",
    "Priya", "Ravi", "Ray", "Rita", "Rosa", "Roy", "Ruth", "Samir", "Sandra", "Sheila", "Stan", "Sunita", "Sylvia", "Tom",
    "Vera", "Wendy", "Winston", "Yusuf",
)  # fmt: skip

LAST_NAMES = (
    "Adeyemi", "Ahmed", "Ashworth", "Baker", "Begum", "Boateng", "Booth", "Brennan", "Chowdhury", "Clarke", "Cole", "Cooper",
    "Doyle", "Ellison", "Farouk", "Fielding", "Garner", "Grant", "Haidari", "Hargreaves", "Hassan", "Holt", "Hughes",
    "Hussain", "Iqbal", "Jackson", "Kaur", "Keane", "Kowalska", "Lawton", "Lee", "Marsh", "Mehta", "Mitchell", "Moran",
    "Nowak", "O’Connor", "Okafor", "Osei", "Owen", "Parkin", "Patel", "Pell", "Platt", "Rahman", "Rashid", "Reid", "Rhodes",
    "Shaw", "Singh", "Stubbs", "Taylor", "Thorpe", "Walker", "Whitehead", "Wong", "Wood", "Wright", "Yates", "Żak",
)  # fmt: skip

AREAS = ("Alder Row", "Mill Lane", "Canal Street", "Tannery Court", "Station Road", "The Crofts")

ORGANISATIONS = (
    ("St Anne’s Hall", "The parish hall: lunches, the repair café, and the garden behind it."),
    ("Tannery Court Surgery", "The doctors’ surgery. Its link worker sends people our way."),
    ("Alder Row Library", "Books, computers, and the box where paper slips are dropped."),
)

GROUP = (
    "Canal Street lunch club",
    "We cook and eat together on Wednesdays in St Anne’s Hall, and help out wherever there is a meal.",
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

PASTIMES = (
    Pastime(
        "Gardening",
        ("Hedge", "Weeding the front bed", "Mowing", "Planting bulbs", "Digging over the plot"),
        60,
        180,
        offer=(
            "Weeding, planting and pruning",
            "Front gardens, pots and window boxes. I bring my own tools.",
        ),
        wish=(
            "The front garden is getting away from me",
            "I used to do it all myself, but my knees say no.",
        ),
    ),
    Pastime(
        "Lifts",
        ("Lift to the eye clinic", "Lift to the hospital", "Lift to the supermarket"),
        45,
        150,
        offer=(
            "Lifts in my car",
            "Hospital, station, shops. I wait with you, and the wheelchair fits.",
        ),
        wish=(
            "A lift to the hospital on Thursday",
            "My appointment is at ten past nine and there is no bus that early.",
        ),
    ),
    Pastime(
        "Shopping",
        ("Weekly shop", "Fetching a prescription", "Market run"),
        30,
        90,
        offer=("Shopping for you or with you", "I go on Fridays and can take a list, or your arm."),
        wish=("Somebody to carry the shopping", "I can walk there, but not back with bags."),
    ),
    Pastime(
        "Befriending",
        ("A cup of tea and a chat", "Visiting", "A walk by the canal"),
        60,
        120,
        offer=("A cup of tea and a chat", "Afternoons suit me best. I am a good listener."),
        wish=("Company once a week", "Since my sister moved away the days are long."),
    ),
    Pastime(
        "Reading aloud",
        ("Reading letters aloud", "Reading the paper"),
        45,
        90,
        offer=("Reading aloud", "Letters, the paper, or a good novel."),
        wish=(
            "I can’t read my post any more",
            "My eyes are poor; somebody to go through the letters with me.",
        ),
    ),
    Pastime(
        "Small repairs",
        ("Put up a shelf", "Mending the garden gate", "Dripping tap", "Changing a bulb"),
        30,
        150,
        offer=(
            "Odd jobs about the house",
            "Shelves, hinges, locks, washers. Ask, and I’ll say if it is beyond me.",
        ),
        wish=("My kitchen tap is dripping", "And the cupboard door hangs by one hinge."),
    ),
    Pastime(
        "Plumbing",
        ("Dripping tap", "Blocked sink", "New washer for the bath tap"),
        30,
        120,
        offer=(
            "Small plumbing jobs",
            "Washers, drips, slow drains, outside taps. I bring my own tools. Nothing with gas.",
        ),
        wish=(
            "The bath runs away so slowly",
            "I have tried the plunger. Perhaps somebody knows what to do.",
        ),
    ),
    Pastime(
        "Sewing and mending",
        ("Curtains taken up", "Coat button and lining", "School trousers"),
        45,
        120,
        offer=("Trousers taken up, zips put in", "Curtains too. I have two machines."),
        wish=("Curtains to be taken up", "They were made for a taller window."),
    ),
    Pastime(
        "Cooking",
        ("Batch of soup", "Sunday dinner", "Birthday cake"),
        60,
        150,
        offer=(
            "Home cooking for the freezer",
            "Soups, stews, curries. Tell me what you cannot eat.",
        ),
        wish=("I’d like to learn to cook for one", "Since my husband died I live on toast."),
    ),
    Pastime(
        "Baking",
        ("Bread-making lesson", "Sourdough from the start"),
        90,
        150,
        offer=(
            "Bread-making, from the start",
            "Sourdough, rolls, scones. We do it in your kitchen or mine.",
        ),
        wish=("A cake for my granddaughter’s birthday", "She will be seven and likes horses."),
    ),
    Pastime(
        "Computers",
        ("Setting up a tablet", "Video call with Canada", "Printer"),
        45,
        120,
        offer=("Patient help with computers", "Tablets, video calls, photographs, passwords."),
        wish=(
            "I can’t get on to the internet",
            "My grandson set it up and now it asks for something.",
        ),
    ),
    Pastime(
        "Forms",
        ("Letter to the council", "Attendance allowance form", "Bus pass"),
        45,
        120,
        offer=(
            "Filling in forms together",
            "Attendance allowance, blue badge, council tax. I worked for the council.",
        ),
        wish=(
            "A form from the council I don’t follow",
            "It is twelve pages and they want it by the end of the month.",
        ),
    ),
    Pastime(
        "English conversation",
        ("English conversation", "Practice for the citizenship test"),
        60,
        90,
        offer=(
            "English conversation",
            "Practice for interviews and the citizenship test, over tea.",
        ),
        wish=("I want to practise speaking English", "I understand well but I am shy to speak."),
    ),
    Pastime(
        "Looking after pets",
        ("Walking the dog", "Feeding the cat"),
        30,
        60,
        offer=("Cats fed, hens let out", "While you are away or in hospital."),
        wish=(
            "Somebody to feed the cat while I am in hospital",
            "It will be ten days, I hope no more. She is old and easy.",
        ),
    ),
    Pastime(
        "Babysitting",
        ("Fetched from school", "An afternoon with the twins"),
        60,
        180,
        offer=("Evenings with your children", "I have raised three, and can still tell a story."),
        wish=("One evening out without the twins", "They sleep from eight, most days."),
    ),
    Pastime(
        "Music lessons",
        ("Piano lesson", "Tuning the guitar"),
        45,
        60,
        offer=("Piano and guitar for beginners", "Any age. You need not have an instrument."),
        wish=(
            "I have an old guitar and would like to play it",
            "It was my father’s. A few chords would do.",
        ),
    ),
    Pastime(
        "Decorating",
        ("Papering the box room", "Painting the fence"),
        120,
        240,
        offer=("Painting and papering", "One room at a time, dust sheets included."),
        wish=("The box room needs a coat of paint", "I can do the low parts."),
    ),
    Pastime(
        "Cleaning",
        ("Windows", "Spring clean", "Clearing the gutter"),
        60,
        150,
        offer=("A good clean", "Windows, ovens, cupboards. We can do it together."),
        wish=("Windows I cannot reach", "Upstairs, three of them."),
    ),
    Pastime(
        "Hairdressing",
        ("Haircut at home",),
        30,
        45,
        offer=("Haircuts at home", "Wash, trim and set. I was a hairdresser for forty years."),
        wish=("A haircut at home", "I can’t manage the stairs at the salon."),
    ),
    Pastime(
        "Bicycle repair",
        ("Puncture and brakes", "New chain"),
        30,
        90,
        offer=("Bicycles mended", "Punctures, brakes, gears. Bring it round."),
        wish=("My bicycle has stood for years", "I would ride again if somebody looked it over."),
    ),
    Pastime(
        "Bookkeeping",
        ("Household accounts", "Allotment society books"),
        60,
        120,
        offer=("Accounts for small clubs", "Spreadsheets or a cash book, as you like."),
        wish=("Our allotment society needs its books done", "The treasurer has moved away."),
    ),
)

NEXT_TO_EACH_OTHER = (
    ("Alder Row", "Mill Lane"),
    ("Alder Row", "The Crofts"),
    ("Canal Street", "Tannery Court"),
    ("Mill Lane", "Station Road"),
    ("Canal Street", "Station Road"),
)
