"""The names, places and pastimes a believable bank is made of. Phone numbers are from the ranges kept for fiction."""

from typing import NamedTuple


class Pastime(NamedTuple):
    """Something people do for each other: its skill, what it is called on a slip, and how long it takes (minutes)."""

    skill: str
    titles: tuple[str, ...]
    shortest: int
    longest: int


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

PASTIMES = (
    Pastime("Gardening", ("Hedge", "Weeding the front bed", "Mowing", "Planting bulbs", "Digging over the plot"), 60, 180),
    Pastime("Lifts", ("Lift to the eye clinic", "Lift to the hospital", "Lift to the supermarket"), 45, 150),
    Pastime("Shopping", ("Weekly shop", "Fetching a prescription", "Market run"), 30, 90),
    Pastime("Company", ("A cup of tea and a chat", "Visiting", "A walk by the canal"), 60, 120),
    Pastime("Reading aloud", ("Reading letters aloud", "Reading the paper"), 45, 90),
    Pastime("Small repairs", ("Put up a shelf", "Mending the garden gate", "Dripping tap", "Changing a bulb"), 30, 150),
    Pastime("Sewing", ("Curtains taken up", "Coat button and lining", "School trousers"), 45, 120),
    Pastime("Cooking", ("Batch of soup", "Sunday dinner", "Birthday cake"), 60, 150),
    Pastime("Bread-making", ("Bread-making lesson", "Sourdough from the start"), 90, 150),
    Pastime("Computers", ("Setting up a tablet", "Video call with Canada", "Printer"), 45, 120),
    Pastime("Forms and letters", ("Letter to the council", "Attendance allowance form", "Bus pass"), 45, 120),
    Pastime("English conversation", ("English conversation", "Practice for the citizenship test"), 60, 90),
    Pastime("Pets", ("Walking the dog", "Feeding the cat"), 30, 60),
    Pastime("Child-minding", ("Fetched from school", "An afternoon with the twins"), 60, 180),
    Pastime("Music", ("Piano lesson", "Tuning the guitar"), 45, 60),
    Pastime("Decorating", ("Papering the box room", "Painting the fence"), 120, 240),
    Pastime("Cleaning", ("Windows", "Spring clean", "Clearing the gutter"), 60, 150),
    Pastime("Haircuts", ("Haircut at home",), 30, 45),
    Pastime("Bicycles", ("Puncture and brakes", "New chain"), 30, 90),
    Pastime("Bookkeeping", ("Household accounts", "Allotment society books"), 60, 120),
)
