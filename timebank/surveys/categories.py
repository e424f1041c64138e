"""The equality questions and their answers: the top-level categories of the UK's harmonised
standards.

Source: Government Statistical Service, harmonised standards for ethnicity, religion, sex, gender
identity, sexual orientation and long-lasting health conditions and illnesses; Census 2021 for
unpaid carers. Open Government Licence v3.0. Age groups are asked for: nobody's date of birth is
looked up for them.
"""

from dataclasses import dataclass

NOT_SAID = "Prefer not to say"
NO_ANSWER = "Not asked or no answer"


@dataclass(frozen=True)
class Category:
    """A question with its answers; `options` is empty where the bank keeps the list (areas). `hint`
    stands beneath it."""

    key: str
    title: str
    words: str
    options: tuple[str, ...]
    hint: str = ""


CATEGORIES: tuple[Category, ...] = (
    Category(
        "age",
        "Age",
        "What is your age group?",
        ("Under 25", "25 to 44", "45 to 64", "65 to 79", "80 or over"),
    ),
    Category("sex", "Sex", "What is your sex?", ("Female", "Male")),
    Category(
        "gender",
        "Gender identity",
        "Is the gender you identify with the same as your sex registered at birth?",
        ("Yes", "No"),
    ),
    Category(
        "ethnic",
        "Ethnic group",
        "What is your ethnic group?",
        (
            "White",
            "Mixed or multiple ethnic groups",
            "Asian or Asian British",
            "Black, Black British, Caribbean or African",
            "Other ethnic group",
        ),
        "Choose the one that best describes your ethnic group or background.",
    ),
    Category(
        "disability",
        "Disability or long-term condition",
        "Do you have any physical or mental health conditions or illnesses lasting or expected to"
        " last 12 months or more?",
        (
            "Yes, and it reduces what I can do a lot",
            "Yes, and it reduces what I can do a little",
            "Yes, but not at all",
            "No",
        ),
        "If yes: does it reduce your ability to carry out day-to-day activities?",
    ),
    Category(
        "carer",
        "Unpaid carer",
        "Do you look after, or give any help or support to, anyone because they have long-term"
        " physical or mental health conditions or illnesses, or problems related to old age?",
        ("Yes", "No"),
        "Leave out anything you do as part of paid work.",
    ),
    Category(
        "orientation",
        "Sexual orientation",
        "Which of the following best describes your sexual orientation?",
        ("Straight or heterosexual", "Gay or lesbian", "Bisexual", "Other sexual orientation"),
    ),
    Category(
        "religion",
        "Religion",
        "What is your religion?",
        (
            "No religion",
            "Christian",
            "Buddhist",
            "Hindu",
            "Jewish",
            "Muslim",
            "Sikh",
            "Any other religion",
        ),
    ),
    Category(
        "area",
        "Area",
        "Where do you live?",
        (),
        "A postcode district or a ward, as your time bank has listed them.",
    ),
    Category(
        "deprivation",
        "Deprivation of the area",
        "Which tenth of the index of deprivation is your postcode in?",
        tuple(str(tenth) for tenth in range(1, 11)),
        "1 is the most deprived tenth of areas, 10 the least. Your broker can look it up.",
    ),
)

KEYS = tuple(one.key for one in CATEGORIES)
