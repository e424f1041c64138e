"""The figures there are: each one record, and everything that is known of it in that record."""

import pathlib

import numpy as np
import pytest

from tests.measures.networks import crowd, help_of
from timebank.measures import spread
from timebank.measures.catalogue import FIGURES, parts
from timebank.measures.figures import Attribute, Basis, Disclosure, Exact, Unit
from timebank.measures.measuring import network_sums

DOCS = pathlib.Path(__file__).parents[2] / "docs" / "measures.md"


def test_every_figure_is_described_in_the_docs_as_its_record_says() -> None:
    described = [line for line in DOCS.read_text().splitlines() if line.startswith("| `")]
    assert described == [
        f"| `{figure.id}` | {figure.name} | {figure.unit} | {figure.definition} | {figure.source} |"
        for figure in FIGURES.values()
    ]


def test_a_figure_is_in_a_report_or_for_the_staff_alone() -> None:
    for figure in FIGURES.values():
        assert (figure.topic is None) == figure.staff_only


def test_people_are_told_apart_by_every_attribute_alike() -> None:
    for attribute in Attribute:
        ids = {figure.id for figure in FIGURES.values() if figure.attribute is attribute}
        assert ids == {f"ei_index:{attribute}", f"ei_z:{attribute}"}


def test_parts_are_numbers_of_people_that_add_up_to_one_whole() -> None:
    assert set(parts()) == {
        ("giver_only", "receiver_only", "both"),
        ("active_90d_people", "dormant"),
    }
    for id_ in (id_ for ids in parts() for id_ in ids):
        assert FIGURES[id_].disclosure in (Disclosure.COUNT, Disclosure.SHARE)


def test_numbers_of_people_and_their_shares_are_disclosed_as_such() -> None:
    """Else one of them would be handed on as exact as it is."""
    for figure in FIGURES.values():
        assert (figure.unit is Unit.PEOPLE) == (figure.disclosure is Disclosure.COUNT)
        assert (figure.exact is Exact.SHARE) == (figure.disclosure is Disclosure.SHARE)
        assert (figure.basis is Basis.SESSIONS) == (figure.disclosure is Disclosure.SESSIONS)


def test_what_is_drawn_is_what_is_measured() -> None:
    """The sums that are drawn again are, over everybody once, those of the window as it is."""
    help_ = help_of(crowd(60))
    groupings = dict.fromkeys(Attribute, help_.who % 3 - 1)
    contributions = spread.contributions(
        help_,
        positive=np.full(60, 30, np.int64),
        resting=100,
        groupings=groupings,
        years=0.5,
    )
    drawn = {
        **{name: float(array.sum()) for name, array in contributions.arcs.items()},
        **{
            name: float(array.sum()) + contributions.rest.get(name, 0)
            for name, array in contributions.people.items()
        },
        **contributions.fixed,
    }
    whole = network_sums(help_)
    assert {name: drawn[name] for name in whole if name in drawn} == {
        name: value for name, value in whole.items() if name in drawn
    }
    assert set(whole) - set(drawn) == {
        f"{how}_{side}" for how in ("gini", "top_tenth") for side in ("given", "received")
    }
    assert (drawn["positive"], drawn["years"]) == (60 * 30 + 100, 0.5)
    every = {**whole, **drawn}
    for figure in FIGURES.values():
        assert not figure.drawn or figure.value(every) is not None, figure.id


@pytest.mark.parametrize("figure", [figure for figure in FIGURES.values() if figure.source])
def test_a_source_is_who_and_when(figure) -> None:
    for published in figure.source.split("; "):
        *who, year = published.split()
        assert who
        assert year.isdigit()
        assert 1900 < int(year) < 2100
