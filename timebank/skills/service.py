"""The tree, areas, and listings: one function per use case. The caller commits.

`now` is UTC and `by` whoever does it. Every function raises NotFound for what is not in the bank,
and NotAllowed when it is not `by`'s to do.
"""

from dataclasses import fields, replace
from datetime import date, datetime
from typing import cast

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from timebank.act import Act, Actor, Channel, Role
from timebank.banks.models import Bank
from timebank.banks.queries import one_at_a_time
from timebank.clock import local_date
from timebank.errors import Invalid, NotAllowed
from timebank.members import queries as members
from timebank.members.queries import Party
from timebank.members.rules import HOLDERS, Status, require_broker, require_coordinator
from timebank.safeguarding import queries as safeguarding
from timebank.safeguarding import service as safeguarding_service
from timebank.say import say
from timebank.skills import queries, rules
from timebank.skills.errors import ListingClosed, NameTaken, NothingToUndo, StillUsed
from timebank.skills.models import AreaLink, Category, Listing, ListingStep, Skill
from timebank.skills.rules import (
    Carer,
    CategoryDetails,
    Details,
    ListingKind,
    ListingStatus,
    ListingStepKind,
    NewCategory,
    NewListing,
    SkillDetails,
    TwoAreas,
)
from timebank.skills.tree import TREE
from timebank.text import folded

FROM_FILES = "From files"
"""The category of skills that a file names and the bank's tree does not know."""

_LAST = 9_999
"""The place of a skill that comes after all the others, by name."""

# ---- Listings ----


def post(session: Session, bank: Bank, kind: ListingKind, new: NewListing, act: Act) -> Listing:
    """Put an offer or a request into the directory.

    The holder's to do, of those who act for them, and of brokers. Whoever enters it for another
    does so on the other's word, unless a file brought it in; and a broker who does looks after it,
    until it is handed on. Raises Invalid with a sentence for every detail that cannot be so, and
    for a holder who does not take part.
    """
    account_id = new.holder_id if new.holder_id is not None else act.by.account_id or 0
    queries.require_holder(session, bank, account_id, act.by)
    holder = _require_taking_part(session, bank, account_id)
    details = rules.check(kind, new, today=local_date(act.now, bank.timezone))
    _check_skill(session, bank, details.skill_id)
    for_another = account_id != act.by.account_id and act.word.channel != Channel.IMPORT
    listing = Listing(
        bank_id=bank.id,
        kind=kind,
        account_id=account_id,
        reference=new.reference,
        broker_id=act.by.member_id if for_another and act.by.is_broker else None,
        by=act.by.key,
        on_word_of=holder.key if for_another else None,
        channel=act.word.channel,
        posted_at=act.now,
    )
    _say(session, bank, listing, details)
    session.add(listing)
    return _changed(session, listing, act.now)


def change(session: Session, bank: Bank, listing_id: int, details: Details, act: Act) -> Listing:
    """Change what a listing says. Raises Invalid; ListingClosed when it was met or withdrawn."""
    listing = _open(session, bank, listing_id, act.by)
    checked = rules.check(listing.kind, details, today=local_date(act.now, bank.timezone))
    if checked.skill_id != listing.skill_id:
        _check_skill(session, bank, checked.skill_id)
    if not _is_theirs(session, bank, listing, act.by):
        # What somebody else wrote for them they have not let anybody see.
        listing.on_street = False
    _say(session, bank, listing, checked)
    return _changed(session, listing, act.now)


def let_stand_on_street(
    session: Session, bank: Bank, listing_id: int, wanted: bool, act: Act
) -> Listing:
    """Let an offer be among the examples on the bank's front page, without a name, or no longer.

    Its holder's to say, and of those who act for them. Raises NotAllowed; Invalid for a request;
    ListingClosed.
    """
    listing = _open(session, bank, listing_id, act.by)
    require_theirs(session, bank, listing, act.by)
    if listing.kind != ListingKind.OFFER:
        raise Invalid.on("on_street", say("Only offers stand on the front page."))
    listing.on_street = wanted
    session.flush()
    return listing


def require_theirs(session: Session, bank: Bank, listing: Listing, by: Actor) -> None:
    """Raises NotAllowed for who neither holds a listing nor acts for who does."""
    if not _is_theirs(session, bank, listing, by):
        raise NotAllowed(say("That is for them to say, and for those who act for them."))


def _is_theirs(session: Session, bank: Bank, listing: Listing, by: Actor) -> bool:
    return listing.account_id in members.may_act_for(session, bank, by)


def renew(session: Session, bank: Bank, listing_id: int, act: Act) -> Listing:
    """Let a listing stand on for as long from today as a new one would. One that had ended stands
    again."""
    listing = _open(session, bank, listing_id, act.by)
    today = local_date(act.now, bank.timezone)
    ends_on = today + rules.LAST[listing.kind]
    details = replace(queries.details(listing), ends_on=ends_on)
    was_until = listing.ends_on
    listing.ends_on = rules.check(listing.kind, details, today=today).ends_on or ends_on
    step = _step(listing, ListingStepKind.RENEWED, act)
    step.was_until, step.until = was_until, listing.ends_on
    session.add(step)
    return _changed(session, listing, act.now)


def withdraw(session: Session, bank: Bank, listing_id: int, act: Act) -> Listing:
    """Take a listing out of the directory."""
    return _close(session, bank, listing_id, ListingStatus.WITHDRAWN, act)


def mark_met(session: Session, bank: Bank, listing_id: int, act: Act) -> Listing:
    """Say that what was wanted is done, or that what was offered is taken up for good."""
    return _close(session, bank, listing_id, ListingStatus.MET, act)


def _close(
    session: Session, bank: Bank, listing_id: int, status: ListingStatus, act: Act
) -> Listing:
    listing = _open(session, bank, listing_id, act.by)
    listing.status, listing.closed_at = status, act.now
    session.add(_step(listing, ListingStepKind(status), act))
    return _changed(session, listing, act.now)


def _step(listing: Listing, kind: ListingStepKind, act: Act) -> ListingStep:
    return ListingStep(
        bank_id=listing.bank_id, listing_id=listing.id, step=kind, by=act.by.key, at=act.now
    )


def undo(session: Session, bank: Bank, listing_id: int, act: Act) -> Listing:
    """Take back what was done with a listing last, as long as it is as that left it: it ends on the
    day it did before, or stands in the directory again. Whoever did it may, and brokers.

    Raises NothingToUndo; Invalid for a holder who does not take part any more.
    """
    listing = queries.listing(session, bank, listing_id, lock=True)
    queries.require_holder(session, bank, listing.account_id, act.by)
    step = queries.last_step(session, bank, listing.id)
    if step is None or not queries.may_undo(step, listing):
        raise NothingToUndo(
            say("There is nothing to undo here: it was changed since. Change it as it should be.")
        )
    if step.by != act.by.key and not act.by.is_broker:
        raise NotAllowed(say("Somebody else did that. Ask your broker to take it back."))
    if step.step == ListingStepKind.RENEWED:
        listing.ends_on = cast(date, step.was_until)
    else:
        _require_taking_part(session, bank, listing.account_id)
        listing.status, listing.closed_at = ListingStatus.OPEN, None
    undone = _step(listing, ListingStepKind.UNDONE, act)
    undone.undoes_id = step.id
    session.add(undone)
    return _changed(session, listing, act.now)


def take_on(session: Session, bank: Bank, listing_id: int, carer: Carer, act: Act) -> Listing:
    """Let a broker look after a listing; None: nobody in particular. A broker's to do."""
    require_broker(act.by)
    listing = queries.listing(session, bank, listing_id)
    broker_id = carer.broker_id
    if broker_id is not None and members.member(session, bank, broker_id).role == Role.MEMBER:
        words = say("Only a broker or a coordinator can look after it.")
        raise Invalid.on("broker", words)
    listing.broker_id = broker_id
    session.flush()
    return listing


def _open(session: Session, bank: Bank, listing_id: int, by: Actor) -> Listing:
    """The listing, held until this transaction ends."""
    listing = queries.listing(session, bank, listing_id, lock=True)
    queries.require_holder(session, bank, listing.account_id, by)
    if listing.status != ListingStatus.OPEN:
        raise ListingClosed(
            say("This was done already. Write a new one if it is wanted again.")
            if listing.status == ListingStatus.MET
            else say(
                "This was taken out of the directory already. Write a new one if it is wanted"
                " again."
            )
        )
    return listing


def _say(session: Session, bank: Bank, listing: Listing, details: Details) -> None:
    """Write down what a listing says. Raises Invalid for checks that are not the bank's."""
    for field in fields(Details):
        if field.name != "needs_checks":
            setattr(listing, field.name, getattr(details, field.name))
    codes = details.needs_checks
    listing.needs = safeguarding.kinds_called(session, bank, codes, had=listing.needs)


def _changed(session: Session, listing: Listing, now: datetime) -> Listing:
    """What can be searched of the listing is another from now on."""
    listing.changed_at = now
    session.flush()
    return listing


def _require_taking_part(session: Session, bank: Bank, account_id: int) -> Party:
    """The account's holder."""
    party = members.party(session, bank, account_id)
    if party.closed or party.kind not in HOLDERS:
        words = say("%(name)s does not take part in the time bank.", name=party.name)
    elif (
        party.member_id is not None
        and members.member(session, bank, party.member_id).status != Status.ACTIVE
    ):
        words = say(
            "%(name)s is taking a break from the time bank. A broker can end it.", name=party.name
        )
    else:
        return party
    raise Invalid.on("who", words)


def _check_skill(session: Session, bank: Bank, skill_id: int | None) -> None:
    if skill_id is not None and queries.skill(session, bank, skill_id).retired_at is not None:
        words = say("This skill is not in use any more. Choose another.")
        raise Invalid.on("skill_id", words)


# ---- Areas ----


def link_areas(session: Session, bank: Bank, areas: TwoAreas, act: Act) -> None:
    """Say that two areas lie next to each other. A coordinator's to do. Raises Invalid for two
    names of one area."""
    pair = _pair(areas, act.by)
    one_at_a_time(session, bank)
    if pair not in queries.links(session, bank):
        session.execute(insert(AreaLink).values(bank_id=bank.id, area=pair[0], other=pair[1]))


def unlink_areas(session: Session, bank: Bank, areas: TwoAreas, act: Act) -> None:
    """Say that two areas do not lie next to each other. A coordinator's to do."""
    pair = _pair(areas, act.by)
    session.execute(
        delete(AreaLink).where(
            AreaLink.bank_id == bank.id, AreaLink.area == pair[0], AreaLink.other == pair[1]
        )
    )


def _pair(areas: TwoAreas, by: Actor) -> tuple[str, str]:
    require_coordinator(by)
    first, second = sorted((folded(areas.one)[:80], folded(areas.other)[:80]))
    if not first or first == second:
        words = say("Choose two different areas.")
        raise Invalid.on("other", words)
    return first, second


# ---- The tree ----


def plant_tree(session: Session, bank: Bank) -> None:
    """Give a bank that has no skills yet the tree that banks begin with."""
    if queries.tree(session, bank, retired=True):
        return
    safeguarding_service.plant_kinds(session, bank)
    for place, (name, skills) in enumerate(TREE):
        category = _add_category(session, bank, name, place)
        for position, new in enumerate(skills):
            details = SkillDetails(new.name, category.id, new.synonyms, new.needs_checks)
            _add_skill(session, bank, details, position)
    session.flush()


def add_category(session: Session, bank: Bank, new: NewCategory, act: Act) -> Category:
    """Add a category at the end of the tree. A coordinator's to do. Raises NameTaken."""
    _begin_tending(session, bank, act.by)
    name = _name(new.name)
    if any(folded(branch.category.name) == folded(name) for branch in queries.tree(session, bank)):
        raise NameTaken(say("There is a category called “%(name)s” already.", name=name))
    return _add_category(session, bank, name, len(queries.tree(session, bank)))


def change_category(
    session: Session, bank: Bank, category_id: int, details: CategoryDetails, act: Act
) -> Category:
    """Rename a category and put it into the place `position`, counted from 0. A coordinator's to
    do. Raises NameTaken."""
    _begin_tending(session, bank, act.by)
    category, name = queries.category(session, bank, category_id), _name(details.name)
    others = [
        branch.category
        for branch in queries.tree(session, bank)
        if branch.category.id != category_id
    ]
    if any(folded(other.name) == folded(name) for other in others):
        raise NameTaken(say("There is a category called “%(name)s” already.", name=name))
    category.name = name
    position = details.position
    for place, placed in enumerate([*others[:position], category, *others[position:]]):
        placed.position = place
    session.flush()
    return category


def remove_category(session: Session, bank: Bank, category_id: int, act: Act) -> None:
    """Take a category out of the tree. A coordinator's to do. Raises StillUsed while there are
    skills in it."""
    _begin_tending(session, bank, act.by)
    category = queries.category(session, bank, category_id)
    branches = queries.tree(session, bank, retired=True)
    if any(branch.skills for branch in branches if branch.category.id == category_id):
        raise StillUsed(
            say(
                "There are skills in “%(name)s”. Move them to another category first.",
                name=category.name,
            )
        )
    session.delete(category)
    session.flush()


def add_skill(session: Session, bank: Bank, details: SkillDetails, act: Act) -> Skill:
    """Add a skill to a category. A coordinator's to do. Raises NameTaken, Invalid."""
    _begin_tending(session, bank, act.by)
    category = queries.category(session, bank, details.category_id)
    new = _checked(details)
    _require_free(session, bank, new.name)
    return _add_skill(session, bank, replace(new, category_id=category.id), _LAST)


def change_skill(
    session: Session, bank: Bank, skill_id: int, details: SkillDetails, act: Act
) -> Skill:
    """Change a skill, or move it to another category. A coordinator's to do. Raises NameTaken,
    Invalid."""
    _begin_tending(session, bank, act.by)
    skill, new = queries.skill(session, bank, skill_id), _checked(details)
    if folded(new.name) != folded(skill.name):
        _require_free(session, bank, new.name)
    skill.name, skill.category_id = new.name, queries.category(session, bank, new.category_id).id
    skill.synonyms = new.synonyms
    skill.needs = safeguarding.kinds_called(session, bank, new.needs_checks, had=skill.needs)
    _touch(session, bank, skill, act.now)
    return skill


def retire_skill(session: Session, bank: Bank, skill_id: int, act: Act) -> Skill:
    """Offer a skill to no new listing; those that have it keep it. A coordinator's to do."""
    return _retire(session, bank, skill_id, act.now, act)


def bring_back_skill(session: Session, bank: Bank, skill_id: int, act: Act) -> Skill:
    """Offer a retired skill again. A coordinator's to do."""
    return _retire(session, bank, skill_id, None, act)


def _retire(session: Session, bank: Bank, skill_id: int, at: datetime | None, act: Act) -> Skill:
    require_coordinator(act.by)
    skill = queries.skill(session, bank, skill_id)
    skill.retired_at = at
    _touch(session, bank, skill, act.now)
    return skill


def add_from_file(session: Session, bank: Bank, name: str, *, by: Actor) -> int:
    """The id of a new skill that a file names and the tree does not know, in a category for a
    coordinator to sort out.

    One that somebody has added just now is not new.
    """
    one_at_a_time(session, bank)
    known = _skill_called(session, bank, name)
    if known is not None:
        return known
    branches = queries.tree(session, bank)
    for_files = next(
        (branch.category for branch in branches if branch.category.name == FROM_FILES), None
    )
    category = for_files or _add_category(session, bank, FROM_FILES, len(branches))
    return _add_skill(session, bank, SkillDetails(_name(name), category.id), _LAST).id


def _add_category(session: Session, bank: Bank, name: str, position: int) -> Category:
    category = Category(bank_id=bank.id, name=name, position=position)
    session.add(category)
    session.flush()
    return category


def _add_skill(session: Session, bank: Bank, details: SkillDetails, position: int) -> Skill:
    skill = Skill(
        bank_id=bank.id,
        category_id=details.category_id,
        name=details.name,
        synonyms=details.synonyms,
        position=position,
        needs=safeguarding.kinds_called(session, bank, details.needs_checks),
    )
    session.add(skill)
    session.flush()
    return skill


def _touch(session: Session, bank: Bank, skill: Skill, now: datetime) -> None:
    """What is found by this skill is to be found by what it is called now."""
    of_skill = (Listing.bank_id == bank.id, Listing.skill_id == skill.id)
    session.execute(update(Listing).where(*of_skill).values(changed_at=now))
    session.flush()


def _checked(details: SkillDetails) -> SkillDetails:
    """A skill's details as they are kept. Raises Invalid."""
    return replace(details, name=_name(details.name), synonyms=_synonyms(details.synonyms))


def _name(name: str) -> str:
    trimmed = " ".join(name.split())
    if not trimmed:
        words = say("Write what it is called.")
    elif len(trimmed) > rules.LONGEST["name"]:
        words = say(
            "Write at most %(longest)s characters; this has %(number)s.",
            longest=rules.LONGEST["name"],
            number=len(trimmed),
        )
    else:
        return trimmed
    raise Invalid.on("name", words)


def _synonyms(text: str) -> str:
    """Synonyms as they are kept: one space after each comma, each once."""
    synonyms = ", ".join(
        dict.fromkeys(
            filter(None, (" ".join(word.split()) for word in text.replace("\n", ",").split(",")))
        )
    )
    if len(synonyms) > rules.LONGEST["synonyms"]:
        words = say(
            "Write at most %(longest)s characters; this has %(number)s.",
            longest=rules.LONGEST["synonyms"],
            number=len(synonyms),
        )
        raise Invalid.on("synonyms", words)
    return synonyms


def _require_free(session: Session, bank: Bank, name: str) -> None:
    if _skill_called(session, bank, name) is not None:
        raise NameTaken(say("There is a skill called “%(name)s” already.", name=name))


def _skill_called(session: Session, bank: Bank, name: str) -> int | None:
    rows = session.execute(select(Skill.name, Skill.id).where(Skill.bank_id == bank.id))
    return {folded(row.name): row.id for row in rows}.get(folded(name))


def _begin_tending(session: Session, bank: Bank, by: Actor) -> None:
    """For whoever may change the tree; another who does so too waits here, and then sees what was
    changed."""
    require_coordinator(by)
    one_at_a_time(session, bank)
