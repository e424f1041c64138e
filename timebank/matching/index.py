"""What can be searched of a bank, kept in memory: the words of its open listings and the vectors of
their meaning.

The database holds the truth. Each look-up asks it for a stamp that moves with every change of a
listing or of the tree, and reads again what has changed. A state once handed out never changes, so
threads share it. With 10,000 listings a vector is 15 MB of memory and a look-up by meaning one
product of a matrix and a vector: exact, and the same on every database. Of many banks those are
kept that were asked for last (`MOST`).
"""

import hashlib
import threading
import weakref
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, extract, func, select
from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.matching import meaning, needs, words
from timebank.matching.meaning import Floats
from timebank.matching.models import Embedding
from timebank.skills.models import Category, Listing, Skill
from timebank.skills.rules import ListingKind, ListingStatus

AT_ONCE = 50
"""How many listings without a stored vector one look-up works out by itself, before the worker has
come round to them."""

TITLE, DESCRIPTION, SKILL, SYNONYM, PART, KIN, CATEGORY = 1.0, 0.8, 0.95, 0.9, 0.75, 0.6, 0.6
"""What a typed word counts for that stands in a listing's title, its description, the name of its
skill, the skill's synonyms or only part of one; in the skill's synonyms when the listing uses
another of them; in the name of its category."""

MOST = 20_000
"""So many listings of all banks together are kept in memory besides those of the bank that was
asked for last: some 100 MB. The bank that was not asked for longest goes first, and is read again
when somebody searches in it."""

_CHUNK = 5000


@dataclass(frozen=True)
class Place:
    """A skill as search sees it: its own words, and how much each word says for it."""

    skill_id: int
    name: str
    category: str
    weights: Mapping[str, float]
    spoken: str
    """Name and synonyms as a text for the model."""


@dataclass(frozen=True)
class Entry:
    """A listing as search sees it."""

    listing_id: int
    kind: ListingKind
    changed_at: datetime
    skill_id: int | None
    text: str
    title: frozenset[str]
    description: frozenset[str]


@dataclass(frozen=True)
class State:
    """Everything a look-up needs, row by row: `ids`, `is_offer`; `vectors` and `belonging` (see
    `needs`), 0 until `known`."""

    entries: list[Entry]
    ids: NDArray[np.int64]
    is_offer: NDArray[np.bool_]
    vectors: Floats
    belonging: Floats
    known: NDArray[np.bool_]
    places: dict[int, Place]
    rows_of_skill: dict[int, NDArray[np.intp]]
    postings: dict[str, tuple[NDArray[np.intp], Floats]]
    vocabulary: words.Vocabulary
    row_of: dict[int, int]

    def near(self, query: Floats) -> Floats:
        """How near each listing comes in meaning to a text with that vector, at most 1; 0 where its
        vector is not known.

        Half of it is the likeness of the two themselves, half goes by what else people say who need
        the same.
        """
        return ((self.vectors @ query + self.belonging @ needs.asked(query)) / 2).astype(np.float32)

    def letters(self, typed: str, *, least: float = words.LEAST) -> tuple[Floats, str]:
        """How far each listing answers to one typed word, 0 to 1, and the known word that was taken
        for it ("" if none)."""
        scores = np.zeros(len(self.entries), dtype=np.float32)
        meant = self.vocabulary.meant(typed, least=least)
        for known, alike in meant:
            if known in self.postings:
                rows, weights = self.postings[known]
                scores[rows] = np.maximum(scores[rows], weights * alike)
            for place in self.places.values():
                weight = place.weights.get(known, 0.0) * alike
                if weight and place.skill_id in self.rows_of_skill:
                    rows = self.rows_of_skill[place.skill_id]
                    scores[rows] = np.maximum(scores[rows], weight)
                if weight >= PART:
                    self._kin(scores, place, weight)
        return scores, meant[0][0] if meant else ""

    def _kin(self, scores: Floats, place: Place, weight: float) -> None:
        """Let count what uses other words of the same skill, whatever skill it stands under."""
        for word, own in place.weights.items():
            if own >= SYNONYM and word in self.postings:
                rows, weights = self.postings[word]
                scores[rows] = np.maximum(scores[rows], weights * own * weight * KIN)

    def rarity(self, word: str) -> float:
        """How much a word tells listings apart."""
        count = len(self.postings[word][0]) if word in self.postings else 0
        return log(1 + len(self.entries) / (1 + count))


@dataclass
class Index:
    """The index of one bank; `state` brings it up to date first."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    stamp: tuple[Any, ...] = ()
    tree: tuple[Any, ...] = ()
    held: State | None = None
    vectors: dict[int, Floats] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many listings it holds."""
        return len(self.held.entries) if self.held else 0

    def state(self, session: Session, bank: Bank) -> State:
        with self.lock:
            tree = _tree(session, bank)
            now = stamp(session, bank)
            held = self.held
            if held is None or now != self.stamp or tree != self.tree:
                held = self._read(session, bank, tree)
                self.stamp, self.tree = now, tree
            elif not held.known.all() and meaning.model_for(bank.language):
                held = replace(
                    held, **_meant(held.entries, self._known_vectors(session, bank, held.entries))
                )
            if held is not self.held:
                # The same numbers, and not a second time.
                self.vectors = {
                    entry.listing_id: held.vectors[row]
                    for row, entry in enumerate(held.entries)
                    if held.known[row]
                }
            self.held = held
            return held

    def _read(self, session: Session, bank: Bank, tree: tuple[Any, ...]) -> State:
        places = {row.id: _place(row) for row in tree}
        before = (
            {one.listing_id: one for one in self.held.entries}
            if self.held and tree == self.tree
            else {}
        )
        entries: list[Entry] = []
        wanted: list[int] = []
        for listing_id, changed_at in session.execute(
            select(Listing.id, Listing.changed_at).where(*_open(bank))
        ):
            had = before.get(listing_id)
            if had is not None and had.changed_at == changed_at:
                entries.append(had)
            else:
                wanted.append(listing_id)
                self.vectors.pop(listing_id, None)
        entries += _entries(session, bank, wanted, places)
        entries.sort(key=lambda one: one.listing_id)
        self.vectors = {
            one.listing_id: self.vectors[one.listing_id]
            for one in entries
            if one.listing_id in self.vectors
        }
        return _built(entries, places, self._known_vectors(session, bank, entries))

    def _known_vectors(
        self, session: Session, bank: Bank, entries: list[Entry]
    ) -> dict[int, Floats]:
        """The vectors of the entries: those held, those stored, and some worked out on the spot."""
        missing = [one for one in entries if one.listing_id not in self.vectors]
        model = meaning.model_for(bank.language)
        if model is None or not missing:
            return self.vectors
        self.vectors.update(
            stored(session, bank, {one.listing_id: digest(one.text) for one in missing})
        )
        lacking = [one for one in missing if one.listing_id not in self.vectors][:AT_ONCE]
        for entry in lacking:
            self.vectors[entry.listing_id] = vector(model, entry.text)
        return self.vectors


_Indexes = OrderedDict[int, Index]
_indexes: weakref.WeakKeyDictionary[Engine, _Indexes] = weakref.WeakKeyDictionary()
_adding = threading.Lock()


def state_of(session: Session, bank: Bank) -> State:
    """What can be searched of the bank just now."""
    with _adding:
        indexes = _indexes.setdefault(session.get_bind().engine, OrderedDict())
        index = indexes.setdefault(bank.id, Index())
        indexes.move_to_end(bank.id)
    state = index.state(session, bank)
    with _adding:
        _forget_some(indexes)
    return state


def _forget_some(indexes: _Indexes) -> None:
    """Let go of the indexes of banks that were not asked for longest, but for the last one.
    Whoever is reading one just then reads on in it."""
    others = sum(each.size for each in indexes.values()) - next(reversed(indexes.values())).size
    while others > MOST:
        _, forgotten = indexes.popitem(last=False)
        others -= forgotten.size


# ---- What is embedded ----


def text_of(title: str, description: str, skill: str) -> str:
    """What of a listing goes into its vector: the title on a line of its own, then the rest."""
    return f"{title}\n{description}\n{skill}"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def vector(model: meaning.Model, text: str) -> Floats:
    """The vector of a listing: half its title's, half that of everything it says."""
    title, rest = text.split("\n", 1)
    description, skill = rest.rsplit("\n", 1)
    whole = ". ".join(part for part in (title, description.replace("\n", " "), skill) if part)
    return model.vectors([title, whole]).mean(axis=0)


def stored(session: Session, bank: Bank, digests: Mapping[int, str]) -> dict[int, Floats]:
    """The vectors the database has of these listings, by id, where they are of these very texts and
    of this model."""
    vectors: dict[int, Floats] = {}
    columns = (Embedding.listing_id, Embedding.text_hash, Embedding.vector)
    of_bank = select(*columns).where(Embedding.bank_id == bank.id, Embedding.model == meaning.MODEL)
    for chunk in _chunks(list(digests)):
        for listing_id, text_hash, blob in session.execute(
            of_bank.where(Embedding.listing_id.in_(chunk))
        ):
            if digests[listing_id] == text_hash:
                vectors[listing_id] = np.frombuffer(blob, dtype="<f4").astype(np.float32)
    return vectors


# ---- Reading ----


def _open(bank: Bank) -> tuple[Any, ...]:
    return Listing.bank_id == bank.id, Listing.status == ListingStatus.OPEN


def stamp(session: Session, bank: Bank) -> tuple[Any, ...]:
    """Moves with every change of an open listing: how many, the last, when changed last, and the
    sum of when changed."""
    sum_ = func.sum(extract("epoch", Listing.changed_at))
    columns = (func.count(), func.max(Listing.id), func.max(Listing.changed_at), sum_)
    return tuple(session.execute(select(*columns).where(*_open(bank))).one())


def _tree(session: Session, bank: Bank) -> tuple[Any, ...]:
    columns = (Skill.id, Skill.name, Skill.synonyms, Category.name.label("category"))
    joined = select(*columns).join(
        Category, (Category.bank_id == Skill.bank_id) & (Category.id == Skill.category_id)
    )
    return tuple(session.execute(joined.where(Skill.bank_id == bank.id).order_by(Skill.id)))


def _place(row: Any) -> Place:
    weights: dict[str, float] = {}
    for phrase, weight in (
        (row.name, SKILL),
        *((synonym, SYNONYM) for synonym in row.synonyms.split(",")),
        (row.category, 0),
    ):
        telling = words.telling(phrase)
        for word in telling:
            counts = (
                (weight if len(telling) == 1 or phrase == row.name else PART)
                if weight
                else CATEGORY
            )
            weights[word] = max(weights.get(word, 0), counts)
    return Place(row.id, row.name, row.category, weights, f"{row.name}: {row.synonyms}")


def _entries(
    session: Session, bank: Bank, ids: list[int], places: Mapping[int, Place]
) -> list[Entry]:
    columns = (
        Listing.id,
        Listing.kind,
        Listing.changed_at,
        Listing.skill_id,
        Listing.title,
        Listing.description,
    )
    entries: list[Entry] = []
    for chunk in _chunks(ids):
        for row in session.execute(select(*columns).where(*_open(bank), Listing.id.in_(chunk))):
            place = places.get(row.skill_id or 0)
            title = frozenset(words.telling(row.title))
            described = frozenset(words.telling(row.description)) - title
            text = text_of(row.title, row.description, place.name if place else "")
            entries.append(
                Entry(row.id, row.kind, row.changed_at, row.skill_id, text, title, described)
            )
    return entries


def _chunks(ids: list[int]) -> Iterable[Collection[int]]:
    return (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))


def _built(entries: list[Entry], places: dict[int, Place], vectors: Mapping[int, Floats]) -> State:
    rows: dict[str, list[int]] = {}
    weights: dict[str, list[float]] = {}
    of_skill: dict[int, list[int]] = {}
    for row, entry in enumerate(entries):
        for spoken_of, weight in ((entry.title, TITLE), (entry.description, DESCRIPTION)):
            for word in spoken_of:
                rows.setdefault(word, []).append(row)
                weights.setdefault(word, []).append(weight)
        if entry.skill_id is not None:
            of_skill.setdefault(entry.skill_id, []).append(row)
    spoken = (word for place in places.values() for word in place.weights)
    return State(
        entries=entries,
        ids=np.array([entry.listing_id for entry in entries], dtype=np.int64),
        is_offer=np.array([entry.kind == ListingKind.OFFER for entry in entries], dtype=bool),
        **_meant(entries, vectors),
        places=places,
        rows_of_skill={skill_id: np.array(found) for skill_id, found in of_skill.items()},
        postings={
            word: (np.array(found), np.array(weights[word], dtype=np.float32))
            for word, found in rows.items()
        },
        vocabulary=words.Vocabulary((*rows, *spoken)),
        row_of={entry.listing_id: row for row, entry in enumerate(entries)},
    )


def _meant(entries: list[Entry], vectors: Mapping[int, Floats]) -> dict[str, Any]:
    """The part of a state that is about meaning."""
    made = np.zeros((len(entries), meaning.SIZE), dtype=np.float32)
    known = np.zeros(len(entries), dtype=bool)
    for row, entry in enumerate(entries):
        if entry.listing_id in vectors:
            made[row], known[row] = vectors[entry.listing_id], True
    return {
        "vectors": made,
        "belonging": needs.belonging(made) * known[:, np.newaxis],
        "known": known,
    }
