"""Offers and requests on their way into the directory."""

from dataclasses import replace

from sqlalchemy.orm import Session

from timebank.act import Act, Channel, Word
from timebank.banks.models import Bank
from timebank.banks.queries import one_at_a_time
from timebank.clock import local_date
from timebank.imports import queries
from timebank.imports.result import Task
from timebank.imports.rules import Brought, ListingRow, Record, References, give_reference, listing
from timebank.safeguarding import queries as safeguarding
from timebank.say import say
from timebank.skills import queries as skills
from timebank.skills import service as skills_service
from timebank.skills.models import Listing
from timebank.skills.rules import ListingKind, ListingStatus, NewListing
from timebank.text import folded

BATCH = 500

_COLUMNS = {"needs_checks": "needs_check"}
"""What a detail of a listing is called in a file, where its column has another name."""


class Listings:
    """Takes records in the order of the file and, when `write` is set, writes down whatever is new.

    A row is known again by its reference, or without one by what it says. With `update`, listings
    that are here are changed too. Skills that the bank does not know are added to its tree.
    """

    def __init__(
        self,
        session: Session,
        bank: Bank,
        task: Task,
        act: Act,
        *,
        update: bool,
    ):
        self._session, self._bank = session, bank
        self._result, self._refuse, self._slice = task.result, task.refuse, task.slice_
        self.write, self._update, self._by, self._now = task.write, update, act.by, act.now
        self._kind = ListingKind.OFFER if task.result.kind == "offers" else ListingKind.REQUEST
        self._today = local_date(act.now, bank.timezone)
        self._people = task.people
        self._skills = queries.skills(session, bank)
        self._checks = [one.code for one in safeguarding.kinds(session, bank)]
        self._added: list[str] = []
        self._posted: list[int] = []
        self._wrote = task.wrote
        self._references = References()
        self._batch: list[ListingRow] = []

    def take(self, record: Record) -> None:
        """The next row of the file."""
        give_reference(record)
        self._references.check(record, "reference")
        row = listing(record, self._kind, self._people, self._checks, self._today)
        if row is None:
            self._refuse(record)
            return
        self._batch.append(row)
        if len(self._batch) >= BATCH:
            self._flush()

    def finish(self) -> None:
        """After the last row."""
        self._flush()
        if self._added:
            names = ", ".join(self._added)
            self._result.notes.append(
                say(
                    "New skills, under “%(FROM_FILES)s”: %(names)s. Move them to where they"
                    " belong.",
                    FROM_FILES=skills_service.FROM_FILES,
                    names=names,
                )
            )

    def _flush(self) -> None:
        if not self.write:
            self._settle_batch()
            return
        with self._slice():
            # Two files at once would both find a row missing, and the second would stumble over the
            # first one's reference.
            one_at_a_time(self._session, self._bank)
            self._settle_batch()
            self._wrote(Brought.LISTING, self._posted)
            self._posted = []

    def _settle_batch(self) -> None:
        batch, self._batch = self._batch, []
        known = queries.known_listings(self._session, self._bank, [row.reference for row in batch])
        for row in batch:
            earlier = known.get(row.reference)
            if earlier is None:
                self._post(row)
            elif earlier.kind != self._kind or earlier.account_id != row.holder.account_id:
                row.record.wrong(
                    "reference",
                    say("It was brought in before for something else. Give this row another."),
                )
                self._refuse(row.record)
            else:
                self._compare(row, earlier)

    def _post(self, row: ListingRow) -> None:
        self._result.new += 1
        skill_id = self._skill(row.skill)
        if self.write:
            new = NewListing.of(
                replace(row.details, skill_id=skill_id),
                holder_id=row.holder.account_id,
                reference=row.reference,
            )
            act = Act(self._by, self._now, Word(Channel.IMPORT))
            posted = skills_service.post(self._session, self._bank, self._kind, new, act)
            self._posted.append(posted.id)

    def _compare(self, row: ListingRow, earlier: Listing) -> None:
        """Only what the file says is compared: a column it lacks, or leaves empty, says nothing."""
        filled = {
            name: value
            for name, value in vars(row.details).items()
            if row.record.get(_COLUMNS.get(name, name))
        }
        other = {name: value for name, value in filled.items() if value != getattr(earlier, name)}
        skill_id = self._skill(row.skill)
        if skill_id is not None and skill_id != earlier.skill_id:
            other["skill_id"] = skill_id
        if not other:
            self._result.unchanged += 1
        elif self._update and earlier.status == ListingStatus.OPEN:
            self._result.updated += 1
            if self.write:
                details = replace(skills.details(earlier), **other)
                act = Act(self._by, self._now)
                skills_service.change(self._session, self._bank, earlier.id, details, act)
        else:
            self._result.different += 1
            names = ", ".join("skill" if name == "skill_id" else name for name in other)
            self._result.differs(
                say(
                    "Line %(line)s, %(title)s: it has another %(names)s here.",
                    line=row.record.line,
                    title=earlier.title,
                    names=names,
                )
            )

    def _skill(self, name: str) -> int | None:
        """The id of the skill a file names so, by its name or one of its synonyms; a new one is
        added to the tree."""
        if not name:
            return None
        key = folded(name)
        if key not in self._skills:
            self._added.append(name)
            self._skills[key] = (
                skills_service.add_from_file(self._session, self._bank, name, by=self._by)
                if self.write
                else 0
            )
        return self._skills[key]
