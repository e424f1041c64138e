"""What people of a believable bank say of themselves and to one another: no two say the same of
themselves, and thanks are for what was done."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from timebank.act import Act, Actor, Role
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.demo import portraits
from timebank.demo.people import Person
from timebank.exchanges import queries as exchanges
from timebank.exchanges import thanks
from timebank.exchanges.rules import SIDES, Status
from timebank.members import portraits as portraits_service
from timebank.members import sayings
from timebank.members import service as members_service
from timebank.members.models import Member
from timebank.members.rules import NewPicture, Showing, Sight
from timebank.skills import queries as skills
from timebank.skills import service as skills_service
from timebank.skills.rules import ListingKind

_ON_STREET = 12
"""So many offers at most stand on the front page, the newest ones."""

ABOUT = {
    "Gardening": (
        "I grew up on a farm and never got used to a garden without a compost heap.",
        "Dahlias, mostly. I will talk about slugs for as long as you let me.",
    ),
    "Lifts": (
        "I drove the number 12 for nineteen years and still know every pothole.",
        "My car is small, red and clean. The dog is left at home.",
    ),
    "Shopping": (
        "I go to the market on Thursdays anyway, and like to know what things cost.",
        "I know which shop has the bruised plums for jam.",
    ),
    "Befriending": (
        "I moved here when my daughter did. I am a good listener and a poor cook.",
        "Retired postman. I know everybody’s door and nobody’s business.",
    ),
    "Reading aloud": (
        "I was a teacher, and I do all the voices.",
        "Crime novels, letters from the council, the small print: I read anything.",
    ),
    "Small repairs": (
        "I cannot walk past a squeaking hinge.",
        "Thirty years in maintenance at the mill. I own every size of washer.",
    ),
    "Plumbing": (
        "If it drips I will have a look at it.",
        "I was apprenticed to my uncle, who never once used the word ‘urgent’.",
    ),
    "Sewing and mending": (
        "I was a machinist at Hollins Mill. I have two cats and little patience.",
        "I mend what others throw away, and I am learning to knit socks.",
    ),
    "Cooking": (
        "My mother fed a street out of one pot, and I try to.",
        "Dal, rotis, and my grandmother’s rice pudding. Bring your own box.",
    ),
    "Baking": (
        "Up at five, like my father the baker. Somebody has to eat it all.",
        "I bake when I cannot sleep, so there is always cake on Mondays.",
    ),
    "Computers": (
        "I explain things slowly, because that is how I learnt them.",
        "Twenty-four, studying, and the one my whole family rings.",
    ),
    "Forms": (
        "I worked behind the counter at the town hall, so I know what they want to read.",
        "I like a tidy form. I am told that is unusual.",
    ),
    "English conversation": (
        "I learnt English here myself, late, with a lot of laughing.",
        "I was a ship’s radio officer. I can wait for a sentence to arrive.",
    ),
    "Looking after pets": (
        "No pets of my own since Bess died, so I borrow yours.",
        "Cats come to me. I do not know why either.",
    ),
    "Babysitting": (
        "Four of my own, all grown. I still know the songs.",
        "I am nineteen, have two small brothers, and want to be a nurse.",
    ),
    "Music lessons": (
        "I played in dance bands until the bands stopped.",
        "I think that everybody can sing, and so far I have been right.",
    ),
    "Decorating": (
        "I paint ceilings for peace of mind.",
        "I came here to study colour, and stayed for the light on the canal.",
    ),
    "Cleaning": (
        "Give me a cooker nobody dares to open, and a radio.",
        "I would rather do your windows than my own.",
    ),
    "Hairdressing": (
        "I had the shop on Station Road. I still have the scissors.",
        "I cut hair in kitchens now, and hear better stories there.",
    ),
    "Bicycle repair": (
        "I ride to everything, so I mend everything I ride.",
        "My workshop is a shed. There is tea in it.",
    ),
    "Bookkeeping": (
        "Thirty-one years of other people’s receipts have made me patient.",
        "I like sums that come out, and walks that don’t.",
    ),
}
"""What somebody says of themselves, by the skill of what they do for others."""

THANKS = {
    "Gardening": (
        "I can see the street again. The robin came within the hour.",
        "You left it tidier than I have ever had it.",
        "First beans this morning. You shall have some.",
    ),
    "Lifts": (
        "You waited with me until I was called. That helped more than the lift.",
        "Door to door and never a look at the clock.",
        "I was less afraid of the clinic with you there.",
    ),
    "Shopping": (
        "Right down to the ripe pears. Thank you.",
        "You remembered the cat’s food when I forgot it.",
        "It was a bad week and you made it a short one.",
    ),
    "Befriending": (
        "I laughed so much that the neighbour knocked.",
        "Nobody had asked me about the boats in years.",
        "Come again. The kettle knows you now.",
    ),
    "Reading aloud": (
        "You do a very good villain.",
        "Now I know what the letter wants, and I slept.",
        "My eyes are bad, but I saw every page of it.",
    ),
    "Small repairs": (
        "The door shuts with one finger. I keep showing people.",
        "You would not let me sweep up after you.",
        "Three years I have stepped around that board.",
    ),
    "Plumbing": (
        "The first quiet night since Easter.",
        "You showed me which tap it is, so I am not afraid of it now.",
        "It took you ten minutes and me two years.",
    ),
    "Sewing and mending": (
        "She took up three pairs and would not let me carry the bag home.",
        "My father’s coat, and nobody can find the tear.",
        "I wore it to the wedding. You were in all the photographs.",
    ),
    "Cooking": (
        "It tasted like being at home.",
        "Enough for three days, and a note on each box. You are kind.",
        "Please may I have the recipe for the rice?",
    ),
    "Baking": (
        "There was not a crumb left for the birds.",
        "My first loaf that did not need an axe. Thank you for your patience.",
        "The children ask when it is my birthday again.",
    ),
    "Computers": (
        "I have seen my grandson’s face every Sunday since.",
        "You never once took the mouse out of my hand.",
        "The photographs of Alan are all there. I cried a bit.",
    ),
    "Forms": (
        "They said yes! I would never have known about page nine.",
        "You made it into questions that I could answer.",
        "One afternoon, and the drawer is shut again.",
    ),
    "English conversation": (
        "I rang the dentist by myself this week.",
        "My Spanish is still bad, but I am not afraid of it now.",
        "You wait for me. Not everybody waits.",
    ),
    "Looking after pets": (
        "He did not even look up when we came home. I take that as praise.",
        "A photograph every day! We felt less far away.",
        "She has been walking better since, and so have I.",
    ),
    "Babysitting": (
        "We went out for chips, the first time since she was born.",
        "They ask for you by name, and for the song about the goat.",
        "I slept. That is all, and it was everything.",
    ),
    "Music lessons": (
        "I can play the one my mother used to hum.",
        "You said that I would, and I do. Thank you.",
        "The neighbours have stopped knocking, so I must be better.",
    ),
    "Decorating": (
        "I keep going in just to look at the ceiling.",
        "It was grey for ten years, and now it is morning in there.",
        "You covered everything, even the budgie.",
    ),
    "Cleaning": (
        "I had forgotten that the windows opened.",
        "You did not mind what you found, and that was what I had dreaded.",
        "I could ask my sister round at last.",
    ),
    "Hairdressing": (
        "I felt like myself when I looked up.",
        "Mum smiled at the mirror. She does not always know us now.",
        "A proper haircut, and all the news.",
    ),
    "Bicycle repair": (
        "The brakes stop me now before the canal does.",
        "He rode it to school with no hands. I blame you.",
        "It does not click any more, and I rather miss it.",
    ),
    "Bookkeeping": (
        "The committee understood it at first reading. They never have.",
        "You found the four pounds. We had given up.",
        "A shoebox went in and a balance came out.",
    ),
}
"""What is said with thanks, by the skill of what was done."""

_LOOKED_THROUGH = 120
"""So many of the latest exchanges are looked through for thanks."""

_HIDES = 4
"""Every fourth resident has no page, and says yes to no thanks being shown."""


_GREY = 62
"""So many years old, and somebody is drawn with grey hair."""

_EVERYTHING = Showing(
    page=True, surname=True, write=True, about=True, languages=True, helped=True, thanks=True
)

_STREET = (
    "I moved here knowing nobody. Now I cannot get to the shop in under an hour.",
    "I drive. That is all I do. I have eaten very well this year.",
    "I was told I had something to give. I would not have guessed it was pastry.",
    "I asked for an hour with my boiler, and came away with a chess partner.",
    "My English was from books. Now it is from Thursdays.",
)
"""What some of them say to anybody, on the front page."""


def abouts(people: Sequence[Person]) -> list[str | None]:
    """What each of them says of themselves, each sentence once; None for who says nothing."""
    left = {skill: list(words) for skill, words in ABOUT.items()}
    sentences: list[str | None] = []
    for person in people:
        skill = next((one.skill for one in person.gives if left.get(one.skill)), None)
        sentences.append(left[skill].pop(0) if skill else None)
    return sentences


def fill(
    session: Session, bank: Bank, people: Sequence[Member], reader: Actor, *, now: datetime
) -> None:
    """Most have a page, and let the thanks they said or were given be shown; some offers stand on
    the front page. The members say so themselves; `reader` is one of the staff."""
    shows = {
        member.account_id: member
        for number, member in enumerate(people)
        if number % _HIDES != _HIDES - 1 and member.status == "active"
    }
    residents = [account for account, one in shows.items() if one.role == Role.MEMBER]
    street = dict(zip(residents, _STREET, strict=False))
    for account_id, member in shows.items():
        act = _act(member, now)
        showing = replace(_EVERYTHING, street=street.get(account_id, ""))
        members_service.set_showing(session, bank, member.id, showing, act)
        # The last of them waits to be read, on the desk.
        if showing.street and showing.street != _STREET[-1]:
            sayings.let_stand(session, bank, member.id, showing.street, Act(reader, now))
        # Not everybody likes to be looked at: every third keeps their letters.
        if member.id % 3:
            grey = member.date_of_birth is None or now.year - member.date_of_birth.year > _GREY
            drawn = portraits.draw(member.name, member.id, grey=grey)
            portraits_service.put(session, bank, member.id, NewPicture(drawn, Sight.MEMBERS), act)
    bank.feed = True
    today = local_date(now, bank.timezone)
    offers = skills.open_listings(session, bank, kind=ListingKind.OFFER, on=today)
    for offer in offers[:_ON_STREET]:
        owner = shows.get(offer.account_id)
        if owner is not None:
            skills_service.let_stand_on_street(session, bank, offer.id, True, _act(owner, now))
    confirmed = exchanges.index(
        session, bank, status=Status.CONFIRMED, by=reader, limit=_LOOKED_THROUGH
    )
    # Of the same words the latest alone: nobody likes to be thanked as everybody is.
    for shown in {one.exchange.thanks: one for one in reversed(confirmed)}.values():
        for side in SIDES if shown.exchange.thanks else ():
            member = shows.get(shown.party(side).account_id)
            if member is not None:
                thanks.let_show(session, bank, shown.id, _act(member, now))


def _act(member: Member, now: datetime) -> Act:
    by = Actor(member.bank_id, member.name, member.role, member.id, member.account_id)
    return Act(by, now)
