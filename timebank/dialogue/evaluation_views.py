"""Pages of how the asking was."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from timebank.db import reading
from timebank.dialogue import (
    evaluation_queries,
    evaluations,
    papers,
    rules,
)
from timebank.dialogue.rules import (
    EvaluationAnswers,
)
from timebank.dialogue.schemas import (
    EvaluationIn,
)
from timebank.dialogue.views import pages, pdf
from timebank.errors import NotAllowed
from timebank.http import access, shown, voice
from timebank.members.current import act, actor, bank
from timebank.say import say
from timebank.web.forms import Form, submit


@pages.get("/evaluations/<int:evaluation_id>")
@access("member")
def evaluation(evaluation_id: int) -> str:
    """How many have answered, and once it has closed, what."""
    row = evaluation_queries.evaluation(reading(), bank(), evaluation_id)
    return render_template(
        "dialogue/evaluation.html",
        form=Form(),
        evaluation=row,
        sheets=evaluation_queries.sheets(reading(), bank(), row.id),
        people=evaluation_queries.people_there(reading(), bank(), row),
        there=evaluation_queries.was_there(reading(), bank(), row, actor().member_id or 0),
        outcome=evaluation_queries.outcome(reading(), bank(), row.id) if row.closed_on else None,
        staff=actor().is_broker,
        words=rules,
    )


@pages.route("/evaluations/<int:evaluation_id>/answer", methods=["GET", "POST"])
@access("member")
def answer(evaluation_id: int) -> Response:
    """Say how it was."""
    row = evaluation_queries.evaluation(reading(), bank(), evaluation_id)
    if not evaluation_queries.was_there(reading(), bank(), row, actor().member_id or 0):
        raise NotAllowed(say("Those who were there are asked. You are not on the register."))

    def do(session: Session, answers: EvaluationAnswers) -> Response:
        evaluations.answer(session, bank(), evaluation_id, answers, act())
        flash(shown(say("Thank you. Your answers are kept apart from your name.")))
        return redirect(url_for(".evaluation", evaluation_id=evaluation_id), 303)

    return submit(EvaluationIn(), do, lambda form: _questions("dialogue/answer.html", form, row))


@pages.route("/evaluations/<int:evaluation_id>/paper", methods=["GET", "POST"])
@access("broker")
def answer_on_paper(evaluation_id: int) -> Response:
    """Type in a sheet of paper."""
    row = evaluation_queries.evaluation(reading(), bank(), evaluation_id)

    def do(session: Session, answers: EvaluationAnswers) -> Response:
        evaluations.answer_on_paper(session, bank(), evaluation_id, answers, act())
        flash(shown(say("Done: that sheet is in. Now the next one.")))
        return redirect(url_for(".answer_on_paper", evaluation_id=evaluation_id), 303)

    return submit(
        EvaluationIn(), do, lambda form: _questions("dialogue/answer_on_paper.html", form, row)
    )


def _questions(template: str, form: Form, row: Any) -> str:
    return render_template(
        template,
        form=form,
        evaluation=row,
        statements=rules.STATEMENTS,
        questions=rules.OPEN_QUESTIONS,
        rungs=rules.RUNGS,
    )


@pages.get("/evaluations/<int:evaluation_id>/form.pdf")
@access("broker")
def evaluation_form(evaluation_id: int) -> Response:
    """The form on paper."""
    row = evaluation_queries.evaluation(reading(), bank(), evaluation_id)
    return pdf(papers.evaluation_form(bank(), row, voice()), "evaluation")


@pages.route("/evaluations/<int:evaluation_id>/close", methods=["GET", "POST"])
@access("broker")
def close_evaluation(evaluation_id: int) -> Response:
    """Take no more answers, once one has seen what that ends."""
    row = evaluation_queries.evaluation(reading(), bank(), evaluation_id)
    if request.method == "GET" and row.closed_on is not None:
        return redirect(url_for(".evaluation", evaluation_id=evaluation_id))

    def do(session: Session, _: Any) -> Response:
        evaluations.close(session, bank(), evaluation_id, act())
        flash(shown(say("Done: it is closed, and can be read.")))
        return redirect(url_for(".evaluation", evaluation_id=evaluation_id), 303)

    return submit(
        None,
        do,
        lambda form: render_template(
            "dialogue/close_evaluation.html",
            form=form,
            evaluation=row,
            title=evaluation_queries.of_what(reading(), bank(), row),
            sheets=evaluation_queries.sheets(reading(), bank(), row.id),
            people=evaluation_queries.people_there(reading(), bank(), row),
            few=bank().few,
        ),
    )
