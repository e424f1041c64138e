"""What has to be asked before a file can be read for good: once for a whole column, and never
guessed."""

from collections.abc import Mapping
from dataclasses import dataclass

from timebank.errors import Invalid
from timebank.say import Said, say


@dataclass(frozen=True)
class Option:
    """One of the answers: how it is sent, what it says, and smaller words beneath."""

    value: str
    words: Said | str
    small: Said | None = None


@dataclass(frozen=True)
class Question:
    """Something that is asked once. `key` says of what; without options it is answered by choosing
    what the columns are. `likely` is the answer that other lines speak for."""

    key: str
    words: Said
    hint: Said | None = None
    options: tuple[Option, ...] = ()
    likely: str | None = None


class Questions:
    """The questions that a file gives rise to, and the answers that were given. An answer under the
    first word of a key (`day`) is one for all that begin so."""

    def __init__(self, answers: Mapping[str, str]):
        self._answers = dict(answers)
        self._asked: dict[str, Question] = {}
        self._again: set[str] = set()

    def ask(self, question: Question, *, again: bool = False) -> None:
        """Ask it, unless it is answered; with `again` also then, since the answer was not enough.

        Raises Invalid for an answer that is none of its options.
        """
        self._asked[question.key] = question
        if again:
            self._again.add(question.key)
        answer = self.answer(question.key)
        options = [option.value for option in question.options]
        if answer is not None and options and answer not in options:
            raise Invalid.on(
                question.key,
                say(
                    "“%(answer)s” is no answer to: %(question)s Write one of %(options)s.",
                    answer=answer,
                    question=question.words,
                    options=", ".join(options),
                ),
            )

    def settle(self, key: str, answer: str) -> None:
        """Take an answer that the file itself gives, unless somebody gave another."""
        if self.answer(key) is None:
            self._answers[key] = answer

    def answer(self, key: str) -> str | None:
        """What was answered; None while nothing was."""
        answer = self._answers.get(key) or self._answers.get(key.partition(":")[0])
        return answer or None

    @property
    def all(self) -> list[Question]:
        """Every question, answered or not, in the order in which they were asked."""
        return list(self._asked.values())

    @property
    def open(self) -> list[Question]:
        """Those that are not answered yet."""
        return [
            one
            for one in self._asked.values()
            if one.key in self._again or self.answer(one.key) is None
        ]
