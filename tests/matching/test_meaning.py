"""The model of meaning, and what people say when they need something."""

import hashlib
import pathlib

import numpy as np
import pytest

from timebank.matching import meaning, needs
from timebank.skills.tree import TREE


def test_a_text_is_cut_into_the_pieces_the_model_was_taught():
    # [CLS] my tap is drip ##ping [SEP], by the numbers of BERT's own list of pieces.
    pieces = (
        pathlib.Path(meaning.__file__)
        .with_name("vocabulary.txt")
        .read_text(encoding="utf-8")
        .splitlines()
    )
    assert [pieces[number] for number in meaning.pieces("My TÁP is dripping.")] == [
        "[CLS]",
        "my",
        "tap",
        "is",
        "dripping",
        ".",
        "[SEP]",
    ]
    assert [pieces[number] for number in meaning.pieces("unstrimmable")][1:-1] == [
        "un",
        "##st",
        "##rim",
        "##mable",
    ]


def test_the_list_of_pieces_is_the_model_s_own():
    file = pathlib.Path(meaning.__file__).with_name("vocabulary.txt").read_bytes()
    assert hashlib.sha256(file).hexdigest() in (meaning.__doc__ or "")


@pytest.mark.parametrize(
    "text", ["", "x" * 20_000, "word " * 5_000, "水が漏れる", "🪴🪴", "\x00\ufffd"]
)
def test_any_text_has_a_vector_of_length_one(text: str):
    model = meaning.model()
    assert model is not None
    assert len(meaning.pieces(text)) <= meaning.PIECES
    assert np.linalg.norm(model.vectors([text])[0]) == pytest.approx(1, abs=1e-5)


def test_what_means_the_same_is_nearer_than_what_looks_the_same():
    model = meaning.model()
    assert model is not None
    asked, right, wrong = model.vectors(
        ["someone to mow the lawn", "cutting grass", "someone to moan to about the law"]
    )
    assert asked @ right > asked @ wrong


def test_the_vectors_of_what_people_say_are_those_of_the_sentences():
    made, stored = needs.made(), needs.stored()
    assert made.shape == stored.shape
    # Processors differ in the last places; another sentence would differ in the first.
    assert float(np.abs(made.astype(np.float32) - stored.astype(np.float32)).max()) < 0.02


def test_people_say_something_for_every_skill_of_the_tree():
    skills = [skill.name for _, branch in TREE for skill in branch]
    said = needs.said()
    assert sorted({need for need, _ in said}) == sorted(skills)
    assert min(sum(need == skill for need, _ in said) for skill in skills) >= 12
    assert len({sentence for _, sentence in said}) == len(said)


def test_a_sentence_is_nearest_to_the_need_it_is_said_in():
    names = list(dict.fromkeys(need for need, _ in needs.said()))
    vectors = needs.stored()[: len(needs.said())].astype(np.float32)
    for row in range(0, len(vectors), 7):
        need, sentence = needs.said()[row]
        shares = needs.belonging(vectors[row : row + 1])[0]
        assert shares.sum() == pytest.approx(1, abs=1e-4)
        assert names[int(shares.argmax())] == need
        assert needs.most_like(vectors[row], shares)[0] == sentence
