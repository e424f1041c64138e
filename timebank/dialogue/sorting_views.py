"""Pages of themes, and of sorting answers under them."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from timebank.db import reading, transaction
from timebank.dialogue import audit_queries as queries
from timebank.dialogue import sorting
from timebank.dialogue.audit_rules import (
    FEWEST_THEMES,
    MOST_THEMES,
    Joining,
    NewThemes,
    Sorting,
)
from timebank.dialogue.audit_schemas import (
    JoiningIn,
    SortingForm,
    ThemesIn,
)
from timebank.dialogue.views import pages, row_of
from timebank.errors import Invalid
from timebank.http import access, shown
from timebank.members import queries as members
from timebank.members.current import act, actor, bank
from timebank.say import say
from timebank.web.forms import Form, submit


@pages.route("/audits/<int:audit_id>/themes", methods=["GET", "POST"])
@access("member")
def themes(audit_id: int) -> Response:
    """The themes there are, and how to name more and join them."""
    queries.audit(reading(), bank(), audit_id)
    queries.require_collector(reading(), bank(), audit_id, actor())

    def do(session: Session, new: NewThemes) -> Response:
        sorting.name_themes(session, bank(), audit_id, new, act())
        flash(shown(say("Done: answers can be put under them now.")))
        return redirect(url_for(".themes", audit_id=audit_id), 303)

    return submit(ThemesIn(), do, lambda form: _themes(audit_id, form))


def _themes(audit_id: int, form: Form) -> str:
    audit = queries.audit(reading(), bank(), audit_id)
    sheets = queries.sheets(reading(), bank(), audit_id)
    themes = queries.themes(reading(), bank(), audit_id)
    return render_template(
        "dialogue/themes.html",
        form=form,
        audit=audit,
        themes=themes,
        people={one.id: sum(one.id in sheet.themes for sheet in sheets) for one in themes},
        answers=sorted(set(queries.wishes(reading(), bank(), audit_id).values()), key=str.casefold),
        fewest=FEWEST_THEMES,
        most=MOST_THEMES,
    )


@pages.post("/audits/<int:audit_id>/themes/<int:theme_id>/join")
@access("member")
def join_theme(audit_id: int, theme_id: int) -> Response:
    """Join a theme to another."""
    queries.audit(reading(), bank(), audit_id)
    queries.require_collector(reading(), bank(), audit_id, actor())

    def do(session: Session, joining: Joining) -> Response:
        to = sorting.join_theme(session, bank(), audit_id, theme_id, joining, act())
        flash(shown(say("Done: it counts as “%(theme)s” now.", theme=to.words)))
        return redirect(url_for(".themes", audit_id=audit_id), 303)

    return submit(JoiningIn(), do, lambda form: _themes(audit_id, form))


@pages.route("/audits/<int:audit_id>/sort", methods=["GET", "POST"])
@access("member")
def sort(audit_id: int) -> Response:
    """One answer after the other is put under a theme, by a key or a button."""
    audit = queries.audit(reading(), bank(), audit_id)
    queries.require_collector(reading(), bank(), audit_id, actor())
    themes = queries.themes(reading(), bank(), audit_id)

    def do(session: Session, values: dict[str, Any]) -> Response:
        numbers = _chosen(values, themes)
        put = Sorting(values["key"], values["place"], numbers, values["wording"], none=not numbers)
        sorting.sort(session, bank(), audit_id, put, act())
        return redirect(url_for(".sort", audit_id=audit_id), 303)

    def page(form: Form) -> str:
        if form.value("key") and form.errors:
            key, place = form.value("key"), row_of(form, "place")
            words, wording = queries.wish(reading(), bank(), audit_id, key, place)
            left = len(sorting.waiting(reading(), bank(), audit, actor()))
            answer = queries.Unsorted(key, place, words, left, wording)
        else:
            answer = sorting.next_answer(reading(), bank(), audit_id, actor())
        form.typed = True
        order = sorting.suggested(bank(), answer.words, themes) if answer else themes
        return render_template(
            "dialogue/sort.html",
            form=form,
            audit=audit,
            answer=answer,
            themes=themes,
            order=order,
            latest=queries.latest(reading(), bank(), audit, actor()),
            signs=answer.signs if answer else [],
        )

    return submit(SortingForm(), do, page)


@pages.post("/audits/<int:audit_id>/sort/back")
@access("member")
def unsort(audit_id: int) -> Response:
    """Take back what one sorted last."""
    queries.audit(reading(), bank(), audit_id)
    queries.require_collector(reading(), bank(), audit_id, actor())
    with transaction() as session:
        sorting.unsort(session, bank(), audit_id, act())
    flash(shown(say("Done: that answer is before you again, or before whoever sorts next.")))
    return redirect(url_for(".sort", audit_id=audit_id), 303)


def _chosen(values: dict[str, Any], found: Any) -> list[int]:
    """The ids of the themes whose numbers were typed, or of the one that was pressed; none where it
    fits none of them, number 0. Raises Invalid."""
    if values["theme"] is not None:
        return [values["theme"]]
    numbers = values["numbers"].replace(",", " ").split()
    if values["none"] or numbers == ["0"]:
        return []
    if not numbers or not all(
        one.isdecimal() and 1 <= int(one[:4]) <= len(found) for one in numbers
    ):
        raise Invalid.on(
            "numbers",
            say(
                "Write the number of a theme, such as 3, or of two, such as 3 7; or 0 for none of"
                " these."
            ),
        )
    return [found[int(one[:4]) - 1].id for one in numbers]


@pages.get("/audits/<int:audit_id>/differences")
@access("member")
def differences(audit_id: int) -> str:
    """Answers that two people put under different themes."""
    audit = queries.audit(reading(), bank(), audit_id)
    differences = sorting.differences(reading(), bank(), audit_id, actor())
    names = {
        choice.sorter_id: members.member(reading(), bank(), choice.sorter_id).name
        for *_, put in differences
        for choice in put
    }
    return render_template(
        "dialogue/differences.html",
        audit=audit,
        found=differences,
        names=names,
        words=queries.theme_words(reading(), bank(), audit),
        agreement=sorting.agreement(reading(), bank(), audit),
    )
