"""Finding offers and requests for what somebody typed, and how alike two texts are.

One or two words go by their letters, a sentence by its meaning. The two rankings are never mixed:
where letters leave room for more suggestions, the nearest by meaning follow behind. Without the
model, and in a bank whose language it does not read, a sentence goes by its words as well.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, delete, exists, select, update
from sqlalchemy.orm import Session

from timebank.act import Actor
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.errors import Invalid
from timebank.matching import index, meaning, needs, words
from timebank.matching.index import Entry, State
from timebank.matching.meaning import Floats
from timebank.matching.models import Embedding
from timebank.matching.rules import Route
from timebank.say import Said, say
from timebank.skills import queries as skills
from timebank.skills.models import Listing, Skill
from timebank.skills.queries import Shown
from timebank.skills.rules import ListingKind, ListingStatus

LONGEST = 500
"""The longest query, in characters: the model reads no more of it."""

_BEHIND = 0.5
"""The most that a suggestion by meaning scores behind those found by letters."""

_FITS = 0.44
"""From this nearness on a suggestion fits what somebody wrote."""

_AKIN = 0.34
"""The same of what is of the kind of help that is needed, without being that very help."""

_ALIKE = 0.45
"""From this cosine on a text of another room answers to what somebody wrote."""

_TAIL, _TAIL_OF_OTHERS = 0.65, 0.8
"""So much of the best one's nearness another of the same skill has to have, and one of another
skill, or else it is only the end of a list."""

_KIN = 0.1
"""What an offer gains by being of a kind with what is needed."""

_SAYS = 0.55
"""From such a share of the telling words that were typed on, said by a listing or its skill, it
fits; of a sentence, where it also comes near in meaning. What only uses other words of a skill
comes to less."""

_CLOSE = 0.25
"""The same of a sentence where only words count."""

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

    `fits` tells what answers to the text from what is only nearer than everything else, and of
    that, `akin` what is of the same kind.
    """

    shown: Shown
    score: float
    fits: bool
    akin: bool
    reasons: list[Said]


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
    """Every listing of the state with its score, the share of the typed words that it says, how
    near it comes in meaning, and whether it is of a kind with what is needed; which known words the
    typed ones were taken for, and a sentence's vector. `near` is None without the model."""

    route: Route
    scores: Floats
    letters: Floats
    meant: dict[str, str]
    near: Floats | None = None
    akin: NDArray[np.bool_] | None = None
    need: str = ""
    query: Floats | None = None

    def fits(self, row: int, best: int, *, same_skill: bool) -> bool:
        """Whether the listing of a row answers to what was looked for; `best` is the row that comes
        first."""
        if self.near is None:
            return bool(self.letters[row] >= _CLOSE)
        sentence = self.query is not None
        if self.letters[row] >= _SAYS and (not sentence or self.near[row] >= _AKIN):
            return True
        tail = _TAIL if same_skill else _TAIL_OF_OTHERS
        return bool(self.near[row] >= max(_FITS, tail * float(self.near[best])))

    def is_akin(self, row: int) -> bool:
        """Whether it is of a kind with what is needed."""
        if self.near is None or self.akin is None:
            return False
        return bool(self.akin[row] and self.near[row] >= _AKIN)


def find(
    session: Session,
    bank: Bank,
    text: str,
    *,
    kind: ListingKind | None = None,
    by: Actor | None = None,
    wanted: Iterable[ColumnElement[bool]] = (),
    limit: int = 3,
    on: date,
) -> Found:
    """The listings that stand open on that day and answer best to the text: `limit` of them where
    the bank has as many.

    `kind` None is both; `by` is who reads them; `wanted` are more conditions on `Listing`. The same
    on every database. Raises Invalid when there is nothing in the text to look for, or when it is
    longer than `LONGEST` characters.
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
    conditions = (*skills.stands(bank, on, by=by), *wanted)
    standing = _standing(session, bank, state, order, limit, conditions)
    hits = [_hit(state, shown, ranking, row, best=standing[0][0]) for row, shown in standing]
    if ranking.need and not any(hit.fits for hit in hits):
        # An offer of few words is found by the skill that it stands under.
        hits = [
            replace(hit, fits=True, akin=False)
            if hit.shown.skill is not None and hit.shown.skill.name == ranking.need
            else hit
            for hit in hits
        ]
    return Found(query, ranking.route, hits, understood=model is not None)


def answering(bank: Bank, query: str, texts: Sequence[str]) -> list[bool]:
    """Which of these texts, of whatever is no listing, answer to the query: those that hold all its
    telling words, or that come near it in meaning."""
    wanted = {words.stem(word) for word in words.telling(query)}
    model = meaning.model_for(bank.language)
    vector = None if model is None or words.is_few(query) else model.vectors([query])[0]
    return [
        wanted <= {words.stem(word) for word in words.words(text)}
        or (vector is not None and float(_vector(text) @ vector) >= _ALIKE)
        for text in texts
    ]


@lru_cache(512)
def _vector(text: str) -> Floats:
    model = meaning.model()
    return np.zeros(meaning.SIZE, dtype=np.float32) if model is None else model.vectors([text])[0]


def _hit(state: State, shown: Shown, ranking: _Ranking, row: int, *, best: int) -> Hit:
    same_skill = state.entries[row].skill_id == state.entries[best].skill_id
    fits = ranking.fits(row, best, same_skill=same_skill)
    return Hit(
        shown,
        round(float(ranking.scores[row]), 3),
        fits,
        ranking.is_akin(row) and not fits,
        _reasons(state, shown, ranking, row, fits=fits),
    )


MOST = 40
"""So many listings are weighed for one that they may answer to, and as many more that stand under
its skill or in its category."""


@dataclass(frozen=True)
class Near:
    """A listing that may answer to another, and how far, from 0 to 1; `fits` and `akin` as in
    `Hit`."""

    shown: Shown
    score: float
    fits: bool = False
    akin: bool = False


def nearest(
    session: Session, bank: Bank, asked: Shown, *, on: date, state: State | None = None
) -> list[Near]:
    """The offers that answer best to a request, or the requests that an offer answers, of those
    that stand open on that day: as `find` ranks them for the same words; and those of its skill and
    category. The best first.

    However many there are in the bank, a few are looked at. `state` is what can be searched, for
    who looks for many.
    """
    state, listing = state or index.state_of(session, bank), asked.listing
    across = state.is_offer == (listing.kind == ListingKind.REQUEST)
    query = asking(listing)
    scores, ranking = np.where(across, 0.0, -1.0), None
    if words.words(query):
        ranking = _ranking(state, query, meaning.model_for(bank.language))
        scores = np.where(across, ranking.scores, -1.0)
    order = np.lexsort((-state.ids, -scores))
    best = [int(row) for row in order[:MOST] if scores[row] > 0]
    rows = np.array([*dict.fromkeys([*best, *_kin(state, asked, scores)])], dtype=np.intp)
    standing = _standing(session, bank, state, rows, len(rows), skills.stands(bank, on))
    if not standing:
        return []
    first = max((row for row, _ in standing), key=lambda row: scores[row])
    near = [
        Near(
            shown,
            float(np.clip(scores[row], 0, 1)),
            fits=ranking is not None
            and scores[row] > 0
            and ranking.fits(row, first, same_skill=_same_skill(state, row, first)),
            akin=ranking is not None and ranking.is_akin(row),
        )
        for row, shown in standing
    ]
    return sorted(near, key=lambda one: -one.score)


def asking(listing: Listing) -> str:
    """What a listing asks for or offers, as somebody would type it."""
    return " ".join(". ".join(filter(None, (listing.title, listing.description))).split())[:LONGEST]


def skill_meant(session: Session, bank: Bank, text: str) -> int | None:
    """The skill of the bank's tree that a text asks for, by its id; None where none is plain."""
    state, model = index.state_of(session, bank), meaning.model_for(bank.language)
    query = " ".join(text.split())[:LONGEST]
    if model is None or not words.words(query):
        return None
    need = _ranking(state, query, model).need
    return next((place.skill_id for place in state.places.values() if place.name == need), None)


def _kin(state: State, asked: Shown, scores: Floats) -> list[int]:
    """The rows of what stands under the same skill, the best first, and then in its category."""
    if asked.skill is None or asked.category is None:
        return []
    of_skill = [
        place.skill_id for place in state.places.values() if place.skill_id == asked.skill.id
    ]
    of_category = [
        place.skill_id for place in state.places.values() if place.category == asked.category.name
    ]
    rows: list[int] = []
    for group in (of_skill, of_category):
        of_group = [
            int(row)
            for skill_id in group
            for row in state.rows_of_skill.get(skill_id, ())
            if scores[row] >= 0
        ]
        rows += sorted(of_group, key=lambda row: -scores[row])[:MOST]
    return rows


def _same_skill(state: State, row: int, other: int) -> bool:
    return state.entries[row].skill_id == state.entries[other].skill_id


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
    letters, meant = _by_letters(
        state, query, least=words.LEAST if few else words.BEGINS, english=model is not None
    )
    latin = any(char.isascii() and char.isalpha() for char in query)
    if model is None or not (few or latin):
        if not few and not letters.any():
            letters, meant = _by_letters(state, query)
        return _Ranking(Route.WORDS, letters, letters, meant)
    if few:
        # What was typed stands for what was meant.
        text = " ".join(meant.get(word) or word for word in words.words(query))
    else:
        text = _mended(state, query)
    vector = model.vectors([text])[0]
    asked = needs.asked(vector)
    need, akin = (
        needs.nearest(asked),
        needs.akin(asked)[state.belonging.argmax(axis=1)] & state.known,
    )
    near = np.clip(state.near(vector) + _KIN * akin, 0.001, 1).astype(np.float32)
    if not few:
        return _Ranking(Route.MEANING, near, letters, meant, near, akin, need, vector)
    # Behind what letters found, and between those that letters find alike.
    scores = np.where(
        letters >= _SAYS, _BEHIND + letters * (1 - _BEHIND) * 0.98 + near * 0.005, near * _BEHIND
    )
    return _Ranking(Route.WORDS, scores.astype(np.float32), letters, meant, near, akin, need)


def _by_letters(
    state: State, text: str, *, least: float = words.LEAST, english: bool = False
) -> tuple[Floats, dict[str, str]]:
    """How far each listing answers to the words of a text, the rarer the more, and what was taken
    for each typed word. Where they are `english`, what is a word of English is not misspelt."""
    sums = np.zeros(len(state.entries), dtype=np.float32)
    meant: dict[str, str] = {}
    weights = 0.0
    for word in dict.fromkeys(words.telling(text)):
        right = english and (meaning.knows(word) or words.is_english(word))
        scores, known = state.letters(word, least=max(least, words.BEGINS) if right else least)
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
) -> list[tuple[int, Shown]]:
    """The first `limit` listings in that order that stand open, with their rows."""
    in_order: list[tuple[int, Listing]] = []
    block = max(_ROUND, 2 * limit)
    for start in range(0, len(order), block):
        rows = {int(state.ids[row]): int(row) for row in order[start : start + block]}
        standing = select(Listing).where(*stands, Listing.id.in_(rows))
        open_ = {one.id: one for one in session.execute(standing).scalars()}
        in_order += [(row, open_[one]) for one, row in rows.items() if one in open_]
        if len(in_order) >= limit:
            break
    in_order = in_order[:limit]
    shown = skills.shown(session, bank, [listing for _, listing in in_order])
    return list(zip((row for row, _ in in_order), shown, strict=True))


# ---- Reasons ----


def _reasons(state: State, shown: Shown, ranking: _Ranking, row: int, *, fits: bool) -> list[Said]:
    title = shown.listing.title
    reasons = _same_words(state.entries[row], ranking)
    if ranking.query is not None and state.known[row]:
        others, like = needs.most_like(ranking.query, state.belonging[row])
        if like >= _LIKE:
            reasons.append(
                say("goes with what others say who need this: “%(words)s”", words=others)
            )
    if not reasons and ranking.letters[row] <= 0:
        reasons = [
            say("“%(words)s” is close to what you wrote", words=title)
            if fits
            else say("nothing listed is closer")
        ]
    if shown.skill is not None and shown.category is not None:
        reasons.append(
            say(
                "is listed under %(skill)s, %(category)s",
                skill=shown.skill.name,
                category=shown.category.name,
            )
        )
    elif not reasons:
        reasons.append(say("“%(title)s” goes with what you wrote", title=title))
    return reasons


def _same_words(entry: Entry, ranking: _Ranking) -> list[Said]:
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
    if exactly:
        return [say("says “%(words)s”", words=quoted)]
    return [say("“%(words)s” is close to what you wrote", words=quoted)]


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
    texts: dict[int, str] = {}
    for row in rows:
        text = index.text_of(row.title, row.description, row.name or "")
        if row.model != meaning.MODEL or row.text_hash != index.digest(text):
            texts[row.id] = text
        if limit is not None and len(texts) == limit:
            break
    return texts


def banks_without_vectors(session: Session, after: int, limit: int) -> Sequence[int]:
    """The ids of the next banks, above `after`, whose language the model reads, and in which an
    open listing has no vector or has been changed since it was given one."""
    made = (Embedding.bank_id == Listing.bank_id, Embedding.listing_id == Listing.id)
    is_fresh = (Embedding.model == meaning.MODEL, Embedding.made_at >= Listing.changed_at)
    open_ = (Listing.bank_id == Bank.id, Listing.status == ListingStatus.OPEN)
    stale = exists().where(*open_, ~exists().where(*made, *is_fresh))
    is_read = [spoken for spoken in banks.languages(session) if meaning.reads_english(spoken)]
    return banks.ids_after(session, after, limit, Bank.language.in_(is_read), stale)


def keep_as_they_are(session: Session, bank: Bank, *, now: datetime) -> None:
    """Say of the vectors of what was changed, but not in its words, that they are as of `now`."""
    changed = select(Listing.id).where(
        Listing.bank_id == bank.id,
        Listing.id == Embedding.listing_id,
        Listing.changed_at > Embedding.made_at,
        Listing.changed_at <= now,
    )
    session.execute(
        update(Embedding)
        .where(Embedding.bank_id == bank.id, changed.exists())
        .values(made_at=now)
        .execution_options(synchronize_session=False)
    )


def keep_vectors(
    session: Session, bank: Bank, made: Iterable[tuple[int, str, Floats]], *, now: datetime
) -> None:
    """Store vectors of (listing, text, vector), of the words as they were `now`; a listing
    withdrawn meanwhile is no harm. The caller commits."""
    for listing_id, text, vector in made:
        session.execute(
            delete(Embedding).where(
                Embedding.bank_id == bank.id, Embedding.listing_id == listing_id
            )
        )
        blob = vector.astype("<f4").tobytes()
        columns = {
            "model": meaning.MODEL,
            "text_hash": index.digest(text),
            "vector": blob,
            "made_at": now,
        }
        session.add(Embedding(bank_id=bank.id, listing_id=listing_id, **columns))
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
