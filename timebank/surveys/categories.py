"""The equality questions and their answers: the top-level categories of the UK's harmonised
standards.

Source: Government Statistical Service, harmonised standards for ethnicity, religion, sex, gender
identity, sexual orientation and long-lasting health conditions and illnesses; Census 2021 for
unpaid carers. Open Government Licence v3.0. Age groups are asked for: nobody's date of birth is
looked up for them. Published words are said in the language they were published in, and never
translated here.
"""

from dataclasses import dataclass

from timebank.say import Said, say
from timebank.surveys.instruments import PUBLISHED_IN

NOT_SAID = "Prefer not to say"
NO_ANSWER = "Not asked or no answer"

_OURS = {
    str(one): one
    for one in (
        say("Under 25"),
        say("25 to 44"),
        say("45 to 64"),
        say("65 to 79"),
        say("80 or over"),
        say("Prefer not to say"),
        say("Not asked or no answer"),
    )
}
"""The answers that are worded here. They are kept by their English."""


@dataclass(frozen=True)
class Category:
    """A question with its answers; `options` is empty where the bank keeps the list (areas). `hint`
    stands beneath it. `language` is that of published words; empty where they are Timebank's own,
    or the bank's."""

    key: str
    title: Said
    words: Said | str
    options: tuple[str, ...]
    hint: Said | str = ""
    language: str = ""

    def said(self, answer: str) -> Said | str:
        """An answer to it as it is shown: a string in the words it was published or listed in."""
        return _OURS.get(answer, answer)


CATEGORIES: tuple[Category, ...] = (
    Category(
        "age",
        say("Age"),
        say("What is your age group?"),
        ("Under 25", "25 to 44", "45 to 64", "65 to 79", "80 or over"),
    ),
    Category("sex", say("Sex"), "What is your sex?", ("Female", "Male"), language=PUBLISHED_IN),
    Category(
        "gender",
        say("Gender identity"),
        "Is the gender you identify with the same as your sex registered at birth?",
        ("Yes", "No"),
        language=PUBLISHED_IN,
    ),
    Category(
        "ethnic",
        say("Ethnic group"),
        "What is your ethnic group?",
        (
            "White",
            "Mixed or multiple ethnic groups",
            "Asian or Asian British",
            "Black, Black British, Caribbean or African",
            "Other ethnic group",
        ),
        "Choose the one that best describes your ethnic group or background.",
        language=PUBLISHED_IN,
    ),
    Category(
        "disability",
        say("Disability or long-term condition"),
        "Do you have any physical or mental health conditions or illnesses lasting or expected to"
        " last 12 months or more?",
        (
            "Yes, and it reduces what I can do a lot",
            "Yes, and it reduces what I can do a little",
            "Yes, but not at all",
            "No",
        ),
        "If yes: does it reduce your ability to carry out day-to-day activities?",
        language=PUBLISHED_IN,
    ),
    Category(
        "carer",
        say("Unpaid carer"),
        "Do you look after, or give any help or support to, anyone because they have long-term"
        " physical or mental health conditions or illnesses, or problems related to old age?",
        ("Yes", "No"),
        "Leave out anything you do as part of paid work.",
        language=PUBLISHED_IN,
    ),
    Category(
        "orientation",
        say("Sexual orientation"),
        "Which of the following best describes your sexual orientation?",
        ("Straight or heterosexual", "Gay or lesbian", "Bisexual", "Other sexual orientation"),
        language=PUBLISHED_IN,
    ),
    Category(
        "religion",
        say("Religion"),
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
        language=PUBLISHED_IN,
    ),
    Category(
        "area",
        say("Area"),
        say("Where do you live?"),
        (),
        say("A postcode district or a ward, as your time bank has listed them."),
    ),
    Category(
        "deprivation",
        say("Deprivation of the area"),
        say("Which tenth of the index of deprivation is your postcode in?"),
        tuple(str(tenth) for tenth in range(1, 11)),
        say("1 is the most deprived tenth of areas, 10 the least. Your broker can look it up."),
    ),
)

KEYS = tuple(one.key for one in CATEGORIES)
