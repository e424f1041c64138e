"""The coordinator's pages: the tree of skills, and which areas lie next to each other."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from timebank.db import reading
from timebank.http import access, shown
from timebank.members.current import act, bank, today
from timebank.safeguarding import queries as safeguarding
from timebank.say import Said, say
from timebank.skills import queries, service
from timebank.skills.rules import (
    CategoryDetails,
    ListingKind,
    NewCategory,
    SkillDetails,
    TwoAreas,
)
from timebank.skills.schemas import AreasIn, CategoryForm, CategoryIn, SkillIn
from timebank.web.forms import Form, submit

pages = Blueprint("skills", __name__, url_prefix="/b/<bank>/skills")


@pages.get("")
@access("coordinator")
def index() -> str:
    """The whole tree, with how much of each skill stands in the directory."""
    on = today()
    return render_template(
        "skills/index.html",
        branches=queries.tree(reading(), bank(), retired=True, needs=True),
        offers=queries.counts(reading(), bank(), kind=ListingKind.OFFER, on=on),
        requests=queries.counts(reading(), bank(), kind=ListingKind.REQUEST, on=on),
    )


@pages.post("/plant")
@access("coordinator")
def plant() -> Response:
    """Give a bank without skills the tree that banks begin with."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        service.plant_tree(session, bank())
        words = say(
            "Done: these are the skills to begin with. Change whatever your town calls something"
            " else."
        )
        flash(shown(words))
        return redirect(url_for(".index"), 303)

    return submit(None, do, lambda form: index())


# ---- Categories ----


@pages.route("/categories/new", methods=["GET", "POST"])
@access("coordinator")
def new_category() -> Response:
    """Add a category."""

    def do(session: Session, new: NewCategory) -> Response:
        category = service.add_category(session, bank(), new, act())
        return _at(category.id, say("Done: it stands at the end."))

    return submit(
        CategoryIn(), do, lambda form: render_template("skills/new_category.html", form=form)
    )


@pages.route("/categories/<int:category_id>", methods=["GET", "POST"])
@access("coordinator")
def category(category_id: int) -> Response:
    """Rename a category, or give it another place."""

    def do(session: Session, details: CategoryDetails) -> Response:
        service.change_category(session, bank(), category_id, details, act())
        return _at(category_id, say("Done: the category is changed."))

    return submit(
        CategoryForm(), do, lambda form: _category(category_id, form), initial=_placed(category_id)
    )


@pages.post("/categories/<int:category_id>/remove")
@access("coordinator")
def remove_category(category_id: int) -> Response:
    """Take an empty category out of the tree."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        service.remove_category(session, bank(), category_id, act())
        flash(shown(say("Done: the category is gone.")))
        return redirect(url_for(".index"), 303)

    def page(form: Form) -> str:
        shown = Form(_placed(category_id))
        shown.message = form.message
        return _category(category_id, shown)

    return submit(None, do, page)


def _category(category_id: int, form: Form) -> str:
    branches = queries.tree(reading(), bank(), retired=True)
    others = [branch.category for branch in branches if branch.category.id != category_id]
    places = [(0, say("First", context="place of a category"))] + [
        (place, say("After %(name)s", name=other.name))
        for place, other in enumerate(others, start=1)
    ]
    within = next(
        (len(branch.skills) for branch in branches if branch.category.id == category_id), 0
    )
    category = queries.category(reading(), bank(), category_id)
    return render_template(
        "skills/category.html", form=form, category=category, places=places, within=within
    )


def _placed(category_id: int) -> dict[str, Any]:
    """A category as its form shows it."""
    category = queries.category(reading(), bank(), category_id)
    ids = [branch.category.id for branch in queries.tree(reading(), bank(), retired=True)]
    return {"name": category.name, "position": ids.index(category_id)}


# ---- Skills ----


@pages.route("/new", methods=["GET", "POST"])
@access("coordinator")
def new_skill() -> Response:
    """Add a skill."""

    def do(session: Session, details: SkillDetails) -> Response:
        added = service.add_skill(session, bank(), details, act())
        words = say("Done: people can offer and ask for “%(name)s” now.", name=added.name)
        return _at(added.category_id, words)

    start = {"category_id": request.args.get("category", "")}
    return submit(
        SkillIn(), do, lambda form: _skill_form("skills/new_skill.html", form), initial=start
    )


@pages.route("/<int:skill_id>", methods=["GET", "POST"])
@access("coordinator")
def skill(skill_id: int) -> Response:
    """Change what a skill is called, its everyday words, its checks, or where it belongs."""
    skill = queries.skill(reading(), bank(), skill_id)
    written = {name: getattr(skill, name) for name in ("name", "category_id", "synonyms")}
    written["needs_checks"] = list(skill.needs_checks)

    def do(session: Session, details: SkillDetails) -> Response:
        service.change_skill(session, bank(), skill_id, details, act())
        return _at(details.category_id, say("Done: the skill is changed."))

    return submit(
        SkillIn(),
        do,
        lambda form: _skill_form("skills/skill.html", form, skill=skill),
        initial=written,
    )


@pages.post("/<int:skill_id>/retire")
@access("coordinator")
def retire(skill_id: int) -> Response:
    """Offer a skill to no new offer or request."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        skill = service.retire_skill(session, bank(), skill_id, act())
        words = say(
            "Done: “%(name)s” can be chosen no more. What has it keeps it.", name=skill.name
        )
        return _at(skill.category_id, words)

    return submit(None, do, lambda form: index())


@pages.post("/<int:skill_id>/bring-back")
@access("coordinator")
def bring_back(skill_id: int) -> Response:
    """Offer a retired skill again."""

    def do(session: Session, _: dict[str, Any]) -> Response:
        skill = service.bring_back_skill(session, bank(), skill_id, act())
        words = say("Done: “%(name)s” can be chosen again.", name=skill.name)
        return _at(skill.category_id, words)

    return submit(None, do, lambda form: index())


def _skill_form(template: str, form: Form, **more: Any) -> str:
    categories = [
        (branch.category.id, branch.category.name) for branch in queries.tree(reading(), bank())
    ]
    had = more["skill"].needs if "skill" in more else ()
    checks = safeguarding.to_choose(reading(), bank(), had=had)
    return render_template(template, form=form, categories=categories, checks=checks, **more)


def _at(category_id: int, words: Said) -> Response:
    """Back to the tree, at the category in which something was done."""
    flash(shown(words))
    return redirect(url_for(".index", _anchor=f"category-{category_id}"), 303)


# ---- Areas ----


@pages.route("/areas", methods=["GET", "POST"])
@access("coordinator")
def areas() -> Response:
    """See which areas lie next to each other, and say so of two more."""

    def do(session: Session, two: TwoAreas) -> Response:
        service.link_areas(session, bank(), two, act())
        words = say(
            "Done: %(one)s and %(other)s lie next to each other.", one=two.one, other=two.other
        )
        flash(shown(words))
        return redirect(url_for(".areas", one=two.one), 303)

    return submit(AreasIn(), do, _areas, initial={"one": request.args.get("one", "")})


@pages.post("/areas/part")
@access("coordinator")
def part_areas() -> Response:
    """Say that two areas do not lie next to each other."""

    def do(session: Session, two: TwoAreas) -> Response:
        service.unlink_areas(session, bank(), two, act())
        words = say(
            "Done: %(one)s and %(other)s do not lie next to each other.",
            one=two.one,
            other=two.other,
        )
        flash(shown(words))
        return redirect(url_for(".areas"), 303)

    return submit(AreasIn(), do, _areas)


def _areas(form: Form) -> str:
    return render_template(
        "skills/areas.html", form=form, areas=queries.neighbourhood(reading(), bank())
    )
