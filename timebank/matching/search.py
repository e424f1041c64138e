"""Finding offers and requests for what somebody typed, and how alike two texts are.

One or two words go by their letters, a sentence by its meaning. The two rankings are never mixed:
where letters leave room for more suggestions, the nearest by meaning follow behind. Without the
model, and in a bank whose language it does not read, a sentence goes by its words as well.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from timebank.act import Actor
from timebank.banks.models import Bank
from timebank.errors import Invalid
from timebank.matching import index, meaning, needs, words
from timebank.matching.index import Entry, State
from timebank.matching.meaning import Floats
from timebank.matching.models import Embedding
from timebank.matching.rules import Route
from timebank.say import say
from timebank.skills import queries as skills
from timebank.skills.models import Listing, Skill
from timebank.skills.queries import Shown
from timebank.skills.rules import ListingKind, ListingStatus

LONGEST = 500
"""The longest query, in characters: the model reads no more of it."""

_BEHIND = 0.5
"""The most that a suggestion by meaning scores behind those found by letters."""

_CLOSE = 0.25
"""From this nearness on, or so much of a sentence's telling words, a suggestion is called close."""

_LIKE = 0.5
"""From this cosine on, what others say in the same need is said as a reason."""

_MISSPELT = 0.8
"""From this likeness on, a word of a sentence that nobody knows is taken for a known one."""

_ROUND = 24
"""How many ranked listings are asked for at a time, to see who still stands open."""


@dataclass(frozen=True)
class Hit:
    """A listing that was found, a score of 0 to 1 for comparing hits of one search, and why, in
    words.

    `close` tells what answers to the text from what is only nearer than everything else.
    """

    shown: Shown
    score: float
    close: bool
    reasons: list[str]


@dataclass(frozen=True)
class Found:
    """What a search found, and by what it went; the likest hit comes first. `understood`: whether
    sentences go by their meaning in this bank."""

    query: str
    route: Route
    hits: list[Hit]
    understood: bool = True


@dataclass(frozen=True)
class _Ranking:
    """Every listing of the state with its score, which known words the typed ones were taken for,
    and a sentence's vector."""

    route: Route
    scores: Floats
    letters: Floats
    meant: dict[str, str]
    query: Floats | None = None

    def is_close(self, row: int) -> bool:
        """Whether the listing of a row answers to what was looked for."""
        sentence = self.route == Route.MEANING
        near, same = self.scores[row] / (1 if sentence else _BEHIND), self.letters[row]
        return bool(near >= _CLOSE or same > (_CLOSE if sentence else 0))


def find(
    session: Session,
    bank: Bank,
    text: str,
    *,
    kind: ListingKind | None = None,
    by: Actor | None = None,
    limit: int = 3,
    on: date,
) -> Found:
    """The listings that stand open on that day and answer best to the text: `limit` of them where
    the bank has as many.

    `kind` None is both; `by` is who reads them. The same on every database. Raises Invalid when
    there is nothing in the text to look for, or when it is longer than `LONGEST` characters.
    """
    query = " ".join(text.split())
    _check(query)
    state = index.state_of(session, bank)
    model = meaning.model_for(bank.language)
    ranking = _ranking(state, query, model)
    scores = ranking.scores
    if kind is not None:
        scores = np.where(state.is_offer == (kind == ListingKind.OFFER), scores, -1.0)
    # Of two that score the same, the newer comes first.
    order = np.lexsort((-state.ids, -scores))
    order = order[scores[order] > 0]
    hits = [
        Hit(
            shown,
            round(float(scores[row]), 3),
            ranking.is_close(row),
            _reasons(state, shown, ranking, row),
        )
        for row, shown in _standing(
            session, bank, state, order, limit, skills.stands(bank, on, by=by)
        )
    ]
    return Found(query, ranking.route, hits, understood=model is not None)


def likeness(
    session: Session, bank: Bank, asked: Sequence[Shown], offered: Sequence[Shown]
) -> Floats:
    """How far each offer, a column, answers to each request, a row: 0 to 1; 0 for an offer that
    stands open no more.

    With the model it goes by meaning, without it by the share of the request's telling words that
    the offer has.
    """
    state, model = index.state_of(session, bank), meaning.model_for(bank.language)
    columns = [state.row_of.get(one.listing.id) for one in offered]
    there = np.array([column is not None for column in columns], dtype=bool)
    rows = np.array([column or 0 for column in columns], dtype=np.intp)
    found = np.zeros((len(asked), len(offered)), dtype=np.float32)
    for scores, one in zip(found, asked, strict=True):
        listing, skill = one.listing, one.skill.name if one.skill else ""
        text = index.text_of(listing.title, listing.description, skill)
        if model is None:
            everything = _by_letters(state, text, least=words.BEGINS)[0]
        else:
            row = state.row_of.get(listing.id)
            known = row is not None and state.known[row]
            everything = state.near(state.vectors[row] if known else index.vector(model, text))
        if len(everything):
            scores[:] = np.where(there, np.clip(everything[rows], 0, 1), 0)
    return found


def _check(query: str) -> None:
    if len(query) > LONGEST:
        raise Invalid.on(
            "q",
            say(
                "That is %(number)s characters long. Say in %(longest)s or fewer what you are"
                " looking for.",
                number=len(query),
                longest=LONGEST,
            ),
        )
    if not words.words(query):
        words_ = say(
            "Write what you are looking for: a word, or a sentence such as “My tap is dripping”."
        )
        raise Invalid.on("q", words_)


# ---- Ranking ----


def route(bank: Bank) -> Route:
    """By what the likeness of two texts goes in this bank."""
    return Route.WORDS if meaning.model_for(bank.language) is None else Route.MEANING


def _ranking(state: State, query: str, model: meaning.Model | None) -> _Ranking:
    few = words.is_few(query)
    if model is None or few or not any(char.isascii() and char.isalpha() for char in query):
        letters, meant = _by_letters(state, query, least=words.LEAST if few else words.BEGINS)
        if not few and not letters.any():
            letters, meant = _by_letters(state, query)
        scores = letters
        if model is not None and few:
            corrected = " ".join(meant.get(word) or word for word in words.words(query))
            near = np.clip(state.near(model.vectors([corrected])[0]), 0.001, 1)
            # Behind what letters found, and between those that letters find alike.
            scores = np.where(
                letters > 0, _BEHIND + letters * (1 - _BEHIND) * 0.98 + near * 0.005, near * _BEHIND
            )
        return _Ranking(Route.WORDS, scores.astype(np.float32), letters, meant)
    letters, meant = _by_letters(state, query, least=words.BEGINS)
    vector = model.vectors([_mended(state, query)])[0]
    return _Ranking(Route.MEANING, np.clip(state.near(vector), 0.001, 1), letters, meant, vector)


def _by_letters(
    state: State, text: str, *, least: float = words.LEAST
) -> tuple[Floats, dict[str, str]]:
    """How far each listing answers to the words of a text, the rarer the more, and what was taken
    for each typed word."""
    sums = np.zeros(len(state.entries), dtype=np.float32)
    meant: dict[str, str] = {}
    weights = 0.0
    for word in dict.fromkeys(words.telling(text)):
        scores, known = state.letters(word, least=least)
        weight = state.rarity(known or word)
        sums += scores * weight
        weights += weight
        meant[word] = known
    return (sums / weights if weights else sums), meant


def _mended(state: State, query: str) -> str:
    """The query with those words spelt right that are no English words and that neither the model
    nor the bank knows."""
    mended = query
    for word in dict.fromkeys(words.words(query)):
        if (
            len(word) > 3
            and word not in state.vocabulary
            and not meaning.knows(word)
            and not words.is_english(word)
        ):
            known = state.vocabulary.meant(word, least=_MISSPELT)
            if known:
                mended = re.sub(rf"\b{word}\b", known[0][0], mended, flags=re.IGNORECASE)
    return mended


def _standing(
    session: Session,
    bank: Bank,
    state: State,
    order: NDArray[np.intp],
    limit: int,
    stands: Iterable[ColumnElement[bool]],
) -> Iterable[tuple[int, Shown]]:
    """The first `limit` listings in that order that stand open, with their rows."""
    found: list[tuple[int, Listing]] = []
    block = max(_ROUND, 2 * limit)
    for start in range(0, len(order), block):
        rows = {int(state.ids[row]): int(row) for row in order[start : start + block]}
        standing = select(Listing).where(*stands, Listing.id.in_(rows))
        open_ = {one.id: one for one in session.execute(standing).scalars()}
        found += [(row, open_[one]) for one, row in rows.items() if one in open_]
        if len(found) >= limit:
            break
    found = found[:limit]
    return zip(
        (row for row, _ in found),
        skills.shown(session, bank, [one for _, one in found]),
        strict=True,
    )


# ---- Reasons ----


def _reasons(state: State, shown: Shown, ranking: _Ranking, row: int) -> list[str]:
    said = _same_words(state.entries[row], ranking)
    if ranking.query is not None and state.known[row]:
        others, like = needs.most_like(ranking.query, state.belonging[row])
        said += [f"goes with what others say who need this: “{others}”"] if like >= _LIKE else []
    if not said and ranking.letters[row] <= 0:
        close = ranking.is_close(row)
        said = [
            (
                f"“{shown.listing.title}” is close to what you wrote"
                if close
                else "nothing listed is closer"
            )
        ]
    if shown.skill is not None and shown.category is not None:
        said.append(f"is listed under {shown.skill.name}, {shown.category.name}")
    elif not said:
        said.append(f"“{shown.listing.title}” goes with what you wrote")
    return said


def _same_words(entry: Entry, ranking: _Ranking) -> list[str]:
    """Which of its words are those typed, or what was taken for them."""
    stems = {words.stem(word): word for word in (*entry.description, *entry.title)}
    same = [
        stems[words.stem(known)]
        for known in ranking.meant.values()
        if known and words.stem(known) in stems
    ]
    if not same:
        return []
    quoted = ", ".join(dict.fromkeys(same))
    exactly = all(
        words.stem(typed) == words.stem(known) for typed, known in ranking.meant.items() if known
    )
    return [f"says “{quoted}”" if exactly else f"“{quoted}” is close to what you wrote"]


# ---- Vectors in the database ----


def without_vectors(session: Session, bank: Bank, *, limit: int | None = None) -> dict[int, str]:
    """The texts, by listing, of open listings whose stored vector is missing or of other words than
    they have now."""
    columns = (
        Listing.id,
        Listing.title,
        Listing.description,
        Skill.name,
        Embedding.text_hash,
        Embedding.model,
    )
    skill = (Skill.bank_id == Listing.bank_id) & (Skill.id == Listing.skill_id)
    made = (Embedding.bank_id == Listing.bank_id) & (Embedding.listing_id == Listing.id)
    open_ = select(*columns).outerjoin(Skill, skill).outerjoin(Embedding, made)
    rows = session.execute(
        open_.where(Listing.bank_id == bank.id, Listing.status == ListingStatus.OPEN).order_by(
            Listing.id
        )
    )
    found: dict[int, str] = {}
    for row in rows:
        text = index.text_of(row.title, row.description, row.name or "")
        if row.model != meaning.MODEL or row.text_hash != index.digest(text):
            found[row.id] = text
        if limit is not None and len(found) == limit:
            break
    return found


def keep_vectors(
    session: Session, bank: Bank, made: Iterable[tuple[int, str, Floats]], *, now: datetime
) -> None:
    """Store vectors of (listing, text, vector); a listing withdrawn meanwhile is no harm. The
    caller commits."""
    for listing_id, text, vector in made:
        session.execute(
            delete(Embedding).where(
                Embedding.bank_id == bank.id, Embedding.listing_id == listing_id
            )
        )
        blob = vector.astype("<f4").tobytes()
        kept = {
            "model": meaning.MODEL,
            "text_hash": index.digest(text),
            "vector": blob,
            "made_at": now,
        }
        session.add(Embedding(bank_id=bank.id, listing_id=listing_id, **kept))
    session.flush()


def embed(session: Session, bank: Bank, *, limit: int | None = None, now: datetime) -> int:
    """Work out and store the vectors that are missing, and say how many that were; none where no
    model reads the bank's language."""
    model = meaning.model_for(bank.language)
    if model is None:
        return 0
    missing = without_vectors(session, bank, limit=limit)
    keep_vectors(
        session,
        bank,
        ((one, text, index.vector(model, text)) for one, text in missing.items()),
        now=now,
    )
    return len(missing)
