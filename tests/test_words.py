"""Sentences on their way to translators and back: taken out of the source, examined, and said."""

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from marshmallow import ValidationError, fields

from docs import words
from timebank import voices
from timebank.say import ENGLISH, Month, Said, count, say
from timebank.schema import _WORDS, Schema
from timebank.voices import fault_of

# ---- Taken out of the source ----


def taken(source: str) -> list[Any]:
    """What stands in a module that takes both keywords."""
    return list(words.of_python(f"from timebank.say import count, say\n{source}\n", "room.py"))


def test_a_sentence_is_taken_with_its_plural_context_and_comment() -> None:
    (found,) = taken(
        "# Translators: how much there is.\n"
        'count("%(n)s hour", "%(n)s hours", 2, context="a balance")'
    )
    assert (found.one, found.many, found.context) == ("%(n)s hour", "%(n)s hours", "a balance")
    assert found.comments == ["how much there is."]


@pytest.mark.parametrize(
    "source",
    [
        'say(f"{name} helped you")',
        "say(words)",
        'say("Hello %(name)s", nome="Ana")',
        'say("Hello %(name)s")',
        'count("%(n)s hour of %(name)s", "%(n)s hours", 2)',
        'say("Open", context=where)',
    ],
)
def test_what_cannot_be_translated_is_a_fault_with_its_place(source: str) -> None:
    (found,) = taken(source)
    assert isinstance(found, words.Fault)
    assert str(found).startswith("room.py:2: ")


def test_a_gap_alone_and_a_function_of_the_same_name_are_no_sentences() -> None:
    assert taken('say("%(words)s", words=text)') == []
    assert list(words.of_python('def count(of): ...\n\ncount("entries")', "room.py")) == []


def test_a_template_s_sentences_are_taken() -> None:
    found: list[Any] = list(
        words.of_template(
            '{# Translators: a greeting. #}\n{{ _("Hello %(name)s", name=who) }}'
            '{{ pgettext("of a tool", "Out") }}'
            "{% trans n=tools %}{{ n }} tool{% pluralize n %}{{ n }} tools{% endtrans %}",
            "tools.html",
        )
    )
    assert [(one.one, one.many, one.context) for one in found] == [
        ("Hello %(name)s", None, None),
        ("Out", None, "of a tool"),
        ("%(n)s tool", "%(n)s tools", None),
    ]
    assert found[0].comments == ["a greeting."]


@pytest.mark.parametrize("source", ["{{ _(words) }}", '{{ _("Hello %(name)s") }}'])
def test_a_template_s_faults_are_found(source: str) -> None:
    assert [type(one) for one in words.of_template(source, "a.html")] == [words.Fault]


def test_the_whole_source_can_be_translated() -> None:
    assert words.source().faults == []


# ---- Catalogues ----


@pytest.mark.parametrize(
    ("source", "translation", "fault"),
    [
        ("%(name)s said yes", "dijo que sí", "gaps"),
        ("%(name)s said yes", "%(nombre)s dijo que sí", "gaps"),
        ("Hello", "Hola %(name)s", "gaps"),
        ("Half", "50 %", "%"),
        ("Half", "<b>Medio</b>", "tags"),
        ("<b>%(name)s</b>", "%(name)s", "tags"),
        ("Hello ", "Hola", "space"),
        ("Hello", "", "empty"),
    ],
)
def test_a_bad_translation_is_named(source: str, translation: str, fault: str) -> None:
    assert fault in fault_of(source, translation)


def test_a_good_translation_may_move_repeat_and_count_in_words() -> None:
    assert fault_of("%(a)s and %(b)s", "%(b)s, %(a)s y %(b)s") == ""
    assert fault_of("100 %%", "el 100 %%") == ""
    assert fault_of("%(n)s hour", "una hora", counts=True) == ""


def test_a_catalogue_is_examined_form_by_form() -> None:
    catalogue = Catalog(locale="cy")
    catalogue.add(("%(n)s hour", "%(n)s hours"), ("%(n)s awr", "%(n)s awr"))
    catalogue.add("Hello", "Helo <i>")
    catalogue.add("Bread", "%(bara)s", flags=["fuzzy"])
    assert len(words.faults(catalogue)) == 2


@pytest.mark.parametrize("path", words.paths(), ids=lambda path: path.parent.parent.name)
def test_the_catalogues_are_sound(path: Path) -> None:
    assert words.faults(words.catalogue(path)) == []


def test_what_a_spanish_resident_meets_in_messages_is_complete() -> None:
    (path,) = (each for each in words.paths() if each.parent.parent.name == "es")
    kept = words.catalogue(path)
    shown = ("templates/messages/", "templates/parts/", "templates/layout/", "templates/errors/")
    spoken = ("timebank/messages/", "timebank/hours.py", "timebank/times.py", "timebank/web/")
    missing = {
        sentence.one
        for sentence in words.source().sentences
        if sentence.file.startswith(shown + spoken)
        for message in [
            kept.get(
                sentence.one if sentence.many is None else (sentence.one, sentence.many),
                sentence.context,
            )
        ]
        if message is None or message.fuzzy or not message.string or not all(message.string)
    }
    assert missing == set()


# ---- Said ----


@pytest.fixture
def galician(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., voices.Spoken]:
    """A voice over a catalogue of the test's own."""

    def make(*translated: tuple[Any, Any]) -> voices.Spoken:
        catalogue = Catalog(locale="gl")
        for source, translation in translated:
            catalogue.add(source, translation)
        folder = tmp_path / "gl" / "LC_MESSAGES"
        folder.mkdir(parents=True)
        file = io.BytesIO()
        write_mo(file, catalogue)
        (folder / "messages.mo").write_bytes(file.getvalue())
        monkeypatch.setattr(voices, "TRANSLATIONS", tmp_path)
        return voices.Spoken("gl")

    return make


def test_a_voice_without_the_words_speaks_english(galician: Callable[..., voices.Spoken]) -> None:
    voice = galician(("Bread", "Pan"))
    assert say("Bread").render(voice) == "Pan"
    assert say("Milk").render(voice) == "Milk"
    assert say("Open", context="of a shop").render(voice) == "Open"
    assert count("%(n)s loaf", "%(n)s loaves", 2).render(voice) == "2 loaves"
    assert Said("").render(voice) == ""


def test_a_translation_that_cannot_be_filled_is_said_in_english(
    galician: Callable[..., voices.Spoken],
) -> None:
    voice = galician(
        ("%(name)s said yes", "%(nome)s dixo que si"),
        ("Half", "50 %"),
        (("%(n)s hour of %(name)s", "%(n)s hours of %(name)s"), ("unha hora", "%(n)s horas")),
    )
    assert say("%(name)s said yes", name="Ana").render(voice) == "Ana said yes"
    assert say("Half").render(voice) == "Half"
    hours = count("%(n)s hour of %(name)s", "%(n)s hours of %(name)s", 2, name="Ana")
    assert hours.render(voice) == "2 hours of Ana"


def test_a_language_that_is_not_spoken_here_is_english() -> None:
    assert voices.voice("tlh") is ENGLISH


def test_dates_numbers_and_lists_are_the_language_s_own() -> None:
    voice = voices.voice("es")
    day = say("%(day)s", day=date(2026, 11, 12))
    assert day.render(voice) == "12 de noviembre de 2026"
    assert say("%(share)s", share=0.5).render(voice) == "0,5"
    assert say("%(names)s", names=["Ana", "Ben", "Cy"]).render(voice) == "Ana, Ben y Cy"
    month = say("%(month)s", month=Month(date(2026, 7, 1)))
    assert (month.render(voice), str(month)) == ("jul 2026", "Jul 2026")
    assert say("%(month)s", month=Month(date(2026, 7, 1), year=False)).render(voice) == "jul"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (fields.Integer(required=True), None),
        (fields.Integer(required=True, allow_none=False), {"x": None}),
        (fields.Integer(), {"x": "many"}),
        (fields.String(), {"x": 1}),
        (fields.Boolean(), {"x": "perhaps"}),
        (fields.Email(), {"x": "joan"}),
        (fields.Date(), {"x": "tomorrow"}),
        (fields.Integer(), {"y": 1}),
    ],
)
def test_what_the_schema_library_says_has_words_of_ours(
    field: fields.Field[Any], value: dict[str, object] | None
) -> None:
    with pytest.raises(ValidationError) as refusal:
        Schema.from_dict({"x": field})().load(value or {})
    (messages,) = refusal.value.normalized_messages().values()
    assert messages[0] in _WORDS
