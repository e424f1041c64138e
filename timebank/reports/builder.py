"""Putting a report together: figures from `measures`, tables from the books and the registers, and
what members said."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from timebank.activities import queries as activities
from timebank.activities.rules import Stage
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.config import VERSION
from timebank.measures.catalogue import FIGURES
from timebank.measures.figures import Attribute, Position, Topic, Unit, Value
from timebank.reports import queries, sentences
from timebank.reports.figures import Books, Cell, Report, Table, Window
from timebank.reports.rules import Asked
from timebank.say import Said
from timebank.surveys import service as surveys_service
from timebank.surveys.equality import Counts
from timebank.surveys.results import Outcome

if TYPE_CHECKING:  # Heavy, and few starts measure anything.
    from timebank.measures.measuring import Series, WindowFigures
    from timebank.measures.rules import Bridging


def report(session: Session, bank: Bank, asked: Asked, *, as_of: datetime, books: Books) -> Report:
    """The staff's own version of a report, as recorded at `as_of`. Raises Invalid for a range that
    cannot be."""
    from timebank.measures import service as measures_service  # noqa: PLC0415  (heavy)

    series = measures_service.measure(
        session, bank, asked.start, asked.end, as_of=as_of, by=asked.by, among=asked.among
    )
    made = of_series(session, bank, asked, series, as_of=as_of, books=books)
    if asked.topic is not Topic.PARTICIPATION:
        return made
    return with_surveys(session, bank, made, today=local_date(as_of, bank.timezone))


def of_series(
    session: Session, bank: Bank, asked: Asked, series: "Series", *, as_of: datetime, books: Books
) -> Report:
    """The same from figures that are there already, without what members said."""
    made = of_figures(asked, series, as_of=as_of, books=books)
    windows = tuple(
        replace(window, tables=tuple(_tables(session, bank, asked.topic, measured, as_of)))
        for window, measured in zip(made.windows, series.windows, strict=True)
    )
    return replace(made, bank=bank.slug, name=bank.name, windows=windows)


def with_surveys(session: Session, bank: Bank, made: Report, *, today: date) -> Report:
    """The report with what members said, as far as it may be published: waves that were over by
    `today` and lie in its windows, equality counts as they were last counted."""
    windows = [
        replace(
            window,
            tables=(
                *window.tables,
                *_outcomes(
                    surveys_service.outcomes(session, bank, window.start, window.end, today=today)
                ),
            ),
        )
        for window in made.windows
    ]
    counts = tuple(_equality(surveys_service.equality(session, bank)))
    windows[-1] = replace(windows[-1], tables=(*windows[-1].tables, *counts))
    return replace(made, windows=tuple(windows))


def of_all_banks(session: Session, asked: Asked, *, as_of: datetime) -> Report:
    """The figures of all banks of the installation as one network, for who runs it; nothing is
    broken down, and nothing kept."""
    from timebank.measures import service as measures_service  # noqa: PLC0415  (heavy)

    series = measures_service.measure_all(
        session, asked.start, asked.end, as_of=as_of, by=asked.by, among=asked.among
    )
    entries = sum(position.entries + position.unsealed for position in series.books.values())
    return of_figures(asked, series, as_of=as_of, books=Books(entries, None, banks=series.books))


def of_figures(asked: Asked, series: "Series", *, as_of: datetime, books: Books) -> Report:
    """The figures alone, of no bank in particular and broken down by nothing."""
    windows = tuple(window(measured, asked.topic) for measured in series.windows)
    return Report(
        topic=asked.topic,
        bank="all",
        name="All time banks",
        start=series.start,
        end=series.end,
        by=asked.by,
        among=asked.among,
        as_of=as_of,
        books=books,
        totals=series.totals,
        windows=windows,
        notes=(*series.notes, *_not_over(windows, as_of)),
        shared=None,
        version=VERSION,
    )


def window(measured: "WindowFigures", topic: Topic | None = None) -> Window:
    """A window's figures as they are handed on: those of one topic, or of all, without what has to
    stay with the staff."""
    topics = tuple(Topic) if topic is None else (topic,)
    return Window(
        measured.window.start,
        measured.window.end,
        measured.totals,
        tuple(
            measure.rounded()
            for measure in measured.measures
            if FIGURES[measure.id].topic in topics
        ),
    )


def books_of(positions: Mapping[str, Position], bank: Bank) -> Books:
    """The state of one bank's books."""
    position = positions[bank.slug]
    return Books(position.entries, position.hash, position.unsealed)


def _not_over(windows: Sequence[Window], as_of: datetime) -> list[Said]:
    """What belongs beside windows that had not ended by `as_of`."""
    today = as_of.date()
    late = [window for window in windows if window.end >= today]
    if not late:
        return []
    return [sentences.not_over(late[0].start, today)]


# ---- Tables ----


def _tables(
    session: Session, bank: Bank, topic: Topic, measured: "WindowFigures", as_of: datetime
) -> Iterator[Table]:
    start, end = measured.window.start, measured.window.end
    if topic is Topic.RECIPROCITY:
        for attribute, bridging in measured.bridging.items():
            yield _between(attribute, bridging)
    elif topic is Topic.PARTICIPATION:
        yield from _spent(session, bank, start, end, as_of)
    else:
        codelivery = activities.codelivery(session, bank, start=start, end=end, as_of=as_of)
        shares = _table("codelivery", sentences.CODELIVERY, _of_stages(codelivery.shares))
        yield replace(shares, people=codelivery.people)


def _between(attribute: Attribute, bridging: "Bridging") -> Table:
    groups = list(enumerate(bridging.groups))
    cells = [
        Cell(giving, helped, int(bridging.between[row, column]), int(bridging.fewest[row, column]))
        for row, giving in groups
        for column, helped in groups
    ]
    return _table(f"between:{attribute}", sentences.BETWEEN[attribute], cells)


def _spent(
    session: Session, bank: Bank, start: date, end: date, as_of: datetime
) -> Iterator[Table]:
    ways, categories = queries.spent(session, bank, start, end, as_of)
    for id_, title, spent in (
        ("hours_by_way", sentences.BY_WAY, ways),
        ("hours_by_category", sentences.BY_CATEGORY, categories),
    ):
        cells = [Cell(what, "", minutes, people) for what, minutes, people in spent]
        yield _table(id_, title, cells)


def _of_stages(shares: Sequence[activities.Share]) -> list[Cell]:
    """Minutes and people by capacity and part and by stage, of all activities; somebody in two
    counts in the larger."""
    stages = list(Stage)
    sums: dict[tuple[str, Stage], tuple[int, int]] = {}
    for share in shares:
        place = (f"{share.capacity} {share.part}", share.stage)
        minutes, people = sums.get(place, (0, 0))
        sums[place] = (minutes + int(share.minutes), max(people, share.people))
    # By stage first, so that the columns come in the order of the stages.
    ordered = sorted(sums.items(), key=lambda item: (stages.index(item[0][1]), item[0][0]))
    return [Cell(*place, minutes, people) for place, (minutes, people) in ordered]


def _outcomes(waves: Iterable[Outcome]) -> Iterator[Table]:
    for wave in waves:
        cells: list[Cell] = []
        for scored in wave.measures:
            change = scored.change.everybody if scored.change else None
            for name, estimate in (("mean", scored.mean), ("change", change)):
                if estimate is not None:
                    ends: dict[str, Value] = {
                        name: estimate.mean,
                        f"{name}_low": estimate.low,
                        f"{name}_high": estimate.high,
                        f"{name}_of": estimate.n,
                    }
                    cells += [
                        Cell(str(scored.words), column, value, estimate.n)
                        for column, value in ends.items()
                    ]
                elif name == "mean":
                    cells.append(Cell(str(scored.words), name, None, None))
        title = sentences.outcomes(wave.title)
        yield _table(f"outcomes:{wave.wave_id}", title, cells, Unit.SCORE)


def _equality(counts: Counts) -> Iterator[Table]:
    if counts.counted_on is None:
        return
    for table in counts.tables:
        cells = [Cell(words, "", count, count) for words, count in table.counts]
        title = sentences.members_by(table.key, counts.counted_on)
        yield _table(f"equality:{table.key}", title, cells, Unit.PEOPLE)


def _table(id_: str, title: Said, cells: Sequence[Cell], unit: Unit = Unit.MINUTES) -> Table:
    return Table(
        id=id_,
        title=title,
        rows=tuple(dict.fromkeys(cell.row for cell in cells)),
        columns=tuple(dict.fromkeys(cell.column for cell in cells)),
        unit=unit,
        cells=tuple(cells),
    )
