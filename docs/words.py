"""The sentences of Timebank, taken out of its source for those who translate them: `./dev words`.

Python says them with `say` and `count`, templates with `_`, `ngettext`, `pgettext` and
`{% trans %}`. What cannot be taken out, because it is no literal or its gaps are not those it is
given, is a fault, and nothing is written. Each catalogue of `timebank/translations` is then brought
up to date and examined: `./dev words --check` only looks. A new language begins with
`./dev words --add cy`.
"""

import argparse
import ast
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment, nodes

from timebank.config import TEMPLATES, TRANSLATIONS
from timebank.voices import fault_of, gaps_of

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "timebank"

_TRANSLATORS = "Translators:"
_IN_TEMPLATES = {"_": 1, "gettext": 1, "ngettext": 2, "pgettext": 1, "npgettext": 2}
"""How many literals each takes, besides a context."""


@dataclass(frozen=True)
class Sentence:
    """A sentence as it stands in the source; `many` is its plural."""

    file: str
    line: int
    one: str
    many: str | None = None
    context: str | None = None
    comments: Sequence[str] = field(default=())


class Fault(Exception):
    """A sentence that cannot be translated as it stands; its words say where and why."""


@dataclass(frozen=True)
class Source:
    """The sentences of the source, and what stands there that cannot be translated."""

    sentences: list[Sentence] = field(default_factory=list[Sentence])
    faults: list[str] = field(default_factory=list[str])

    def add(self, found: Iterator[Sentence | Fault]) -> None:
        """Take in what a file holds."""
        for each in found:
            if isinstance(each, Fault):
                self.faults.append(str(each))
            else:
                self.sentences.append(each)


def source() -> Source:
    """What the whole source holds."""
    whole = Source()
    for path in sorted(PACKAGE.rglob("*.py")):
        whole.add(of_python(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT))))
    for path in sorted(TEMPLATES.rglob("*.*")):
        whole.add(of_template(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT))))
    return whole


# ---- Python ----


def of_python(text: str, file: str) -> Iterator[Sentence | Fault]:
    """The sentences of a module, by `say` and `count`."""
    lines, tree = text.splitlines(), ast.parse(text)
    taken = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "timebank.say"
        for alias in node.names
    }
    for node in ast.walk(tree):
        name = (
            node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
        )
        if isinstance(node, ast.Call) and name in {"say", "count"} & taken:
            try:
                sentence = _called(node, name, file, lines)
            except Fault as fault:
                yield fault
            else:
                yield from [sentence] if has_words(sentence.one) else []


def _called(node: ast.Call, name: str, file: str, lines: Sequence[str]) -> Sentence:
    where = f"{file}:{node.lineno}"
    texts = [_literal(argument, where) for argument in node.args[: 2 if name == "count" else 1]]
    given = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    context = given.pop("context", None)
    gaps = set(given) | ({"n"} if name == "count" else set())
    is_whole = all(keyword.arg for keyword in node.keywords)
    _check_gaps(texts, gaps, where, is_whole=is_whole)
    many = texts[1] if name == "count" else None
    about = _literal(context, where) if context is not None else None
    return Sentence(file, node.lineno, texts[0], many, about, _comments_above(lines, node.lineno))


def _literal(node: ast.expr, where: str) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    raise Fault(f"{where}: a sentence has to stand here as it is, and no f-string or variable")


def _check_gaps(
    texts: Sequence[str], given: set[str], where: str, *, is_whole: bool = True
) -> None:
    """That a sentence names the gaps it is given; `is_whole` unless some come out of a
    dictionary."""
    named = set[str]().union(*(gaps_of(text) for text in texts))
    unknown = given - named - {"n", "num"}
    unfilled = named - given if is_whole else set[str]()
    if unknown or unfilled:
        names = ", ".join(sorted(unknown | unfilled))
        raise Fault(f"{where}: the gaps of the sentence are not those that are filled: {names}")


def has_words(text: str) -> bool:
    """Whether there is anything to translate besides one gap."""
    return bool(text) and re.fullmatch(r"%\(\w+\)s", text) is None


def _comments_above(lines: Sequence[str], number: int) -> list[str]:
    """What is said to translators right above a line."""
    found: list[str] = []
    for line in reversed(lines[: number - 1]):
        if not line.strip().startswith("#"):
            break
        found.insert(0, line.strip().lstrip("# "))
    words = " ".join(found)
    return [words.partition(_TRANSLATORS)[2].strip()] if _TRANSLATORS in words else []


# ---- Templates ----


def of_template(text: str, file: str) -> Iterator[Sentence | Fault]:
    """The sentences of a template."""
    parser = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    parser.policies["ext.i18n.trimmed"] = True
    parser.trim_blocks = parser.lstrip_blocks = True
    parser.newstyle_gettext = True  # pyright: ignore[reportAttributeAccessIssue]  (made by the extension)
    comments = {
        text.count("\n", 0, match.end()) + 2: " ".join(match[1].split())
        for match in re.finditer(r"\{#\s*Translators:(.*?)#\}", text, re.DOTALL)
    }
    for node in parser.parse(text).find_all(nodes.Call):
        name = node.node.name if isinstance(node.node, nodes.Name) else ""
        if name in _IN_TEMPLATES:
            about = [comments[node.lineno]] if node.lineno in comments else []
            try:
                sentence = _marked(node, name, file, about)
            except Fault as fault:
                yield fault
            else:
                yield from [sentence] if has_words(sentence.one) else []


def _marked(node: nodes.Call, name: str, file: str, comments: Sequence[str]) -> Sentence:
    where = f"{file}:{node.lineno}"
    has_context = name in ("pgettext", "npgettext")
    arguments = node.args[: _IN_TEMPLATES[name] + has_context]
    literals = [_constant(argument, where) for argument in arguments]
    context = literals.pop(0) if has_context else None
    one, *more = literals
    # The number of what counts need not be named; where it is not, it fills the gap "num".
    number = node.args[len(arguments)] if more else None
    counted = {keyword.key for keyword in node.kwargs if keyword.value == number} | {"num"}
    gaps = {keyword.key for keyword in node.kwargs}
    named = set[str]().union(*(gaps_of(text) for text in literals))
    _check_gaps(literals, (gaps - counted) | (named & counted if more else set()), where)
    return Sentence(file, node.lineno, one, more[0] if more else None, context, comments)


def _constant(node: nodes.Expr, where: str) -> str:
    # `{% trans %}` marks what it makes as safe where a template escapes.
    if isinstance(node, nodes.MarkSafeIfAutoescape | nodes.MarkSafe):
        node = node.expr
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        return node.value
    raise Fault(f"{where}: a sentence has to stand here as it is, and no variable")


# ---- Catalogues ----


def template_of(found: Sequence[Sentence]) -> Catalog:
    """All sentences as a catalogue without a language. A file is named, and no line: lines move."""
    catalogue = Catalog(project="Timebank", charset="utf-8")
    for sentence in found:
        catalogue.add(
            sentence.one if sentence.many is None else (sentence.one, sentence.many),
            locations=[(sentence.file, 0)],
            auto_comments=sentence.comments,
            context=sentence.context,
            flags=["python-format"] if gaps_of(sentence.one) else [],
        )
    return catalogue


def catalogue(path: Path) -> Catalog:
    """A catalogue as it is kept."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name.replace("-", "_"), abort_invalid=True)


def faults(kept: Catalog) -> list[str]:
    """What is wrong with the translations of a catalogue; those marked fuzzy are not looked at."""
    found: list[str] = []
    for message in kept:
        if message.id and message.string and not message.fuzzy:
            found += [f"“{_first(message)}”: {fault}" for fault in _faults_of(message, kept)]
    return found


def _faults_of(message: Message, kept: Catalog) -> Iterator[str]:
    if isinstance(message.id, str):
        sources, said = [message.id], [str(message.string)]
    else:
        said = list(message.string or ())
        if not any(said):
            return
        if len(said) != kept.num_plurals:
            yield f"{len(said)} plural forms where the language has {kept.num_plurals}"
        sources = [message.id[0], *[message.id[1]] * (len(said) - 1)]
    for source, translation in zip(sources, said, strict=True):
        fault = fault_of(source, translation, counts=not isinstance(message.id, str))
        if fault:
            yield fault


def missing(kept: Catalog) -> list[Message]:
    """What has no translation, or one that nobody has read."""
    return [
        message
        for message in kept
        if message.id and (message.fuzzy or not message.string or not all(message.string))
    ]


def _first(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def paths() -> list[Path]:
    """The catalogues there are."""
    return sorted(TRANSLATIONS.glob("*/LC_MESSAGES/messages.po"))


def main() -> None:
    """Bring the catalogues up to date, or only look; exit 1 when something is wrong."""
    parser = argparse.ArgumentParser(prog="./dev words", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--add", metavar="LANGUAGE", help="begin with a language, such as cy")
    options = parser.parse_args()
    found = source()
    if found.faults:
        sys.exit("\n".join(found.faults))
    template = template_of(found.sentences)
    print(f"{len(template)} sentences.")  # noqa: T201  (a command's answer)
    wrong = False
    if options.add:
        path = TRANSLATIONS / options.add / "LC_MESSAGES" / "messages.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, Catalog(locale=options.add.replace("-", "_"), project="Timebank"))
    for path in paths():
        kept = catalogue(path)
        # What is guessed from the few sentences of a young catalogue is of no help.
        kept.update(template, no_fuzzy_matching=True, update_header_comment=False)
        if not options.check:
            _write(path, kept)
        language, gone = path.parent.parent.name, missing(kept)
        print(f"{language}: {len(template) - len(gone)} translated, {len(gone)} missing.")  # noqa: T201
        for fault in faults(kept):
            wrong = True
            print(f"{language}: {fault}", file=sys.stderr)  # noqa: T201
    sys.exit(wrong)


def _write(path: Path, kept: Catalog) -> None:
    with path.open("wb") as file:
        write_po(file, kept, width=100, include_lineno=False, include_previous=True)


if __name__ == "__main__":
    main()
