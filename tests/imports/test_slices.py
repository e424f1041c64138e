"""A large file goes in batch by batch: others write meanwhile, whoever looks is told that it is
half in, and after a crash it goes on by itself."""

import pathlib
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from tests.browsers import Browser
from tests.factories import NOW, make_bank, make_member, system
from tests.imports.files import HOURS, MEMBERS, balance, bring_in
from timebank import clock
from timebank.act import Act
from timebank.banks import queries as banks
from timebank.db import reading, transaction
from timebank.imports import feature, listings, movements, people, service
from timebank.imports.cli import import_
from timebank.imports.models import Upload
from timebank.imports.rules import Files, How, Imported, NewUpload
from timebank.jobs import rules as jobs_rules
from timebank.jobs import service as jobs_service
from timebank.ledger import check
from timebank.members import helping
from timebank.members import queries as members
from timebank.running.serving import worker_of

STRAYING = [
    *(f"D{n},2026-10-{n + 1:02},1,2,120,,,," for n in range(8)),
    *(f"U{n},2026-10-{n + 10:02},2,3,100,,,," for n in range(8)),
    *(f"E{n},2026-10-{n + 20:02},3,1,120,,,," for n in range(9)),
]


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (movements, people, listings):
        monkeypatch.setattr(module, "BATCH", 3)


@pytest.fixture
def bank(app: Flask) -> int:
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="fife")
        bring_in(session, bank, MEMBERS, "members")
        make_member(session, bank, "Maggie", "coordinator", number="9")
        return bank.id


def queue(app: Flask, bank_id: int, *rows: str, kind: str = "hours", **how: Any) -> int:
    text = (HOURS if kind == "hours" else "") + "".join(f"{row}\n" for row in rows)
    with app.app_context(), transaction() as session:
        bank = banks.by_id(session, bank_id)
        new = NewUpload(How(Imported(kind), **how), Files("hours.csv", text.encode()))
        upload = service.queue(session, bank, new, Act(system(bank), clock.now()))
        return upload.id


def seen(app: Flask, upload_id: int) -> Upload:
    with app.app_context():
        reading().rollback()
        return reading().get_one(Upload, upload_id)


def balances(app: Flask, bank_id: int) -> list[int]:
    with app.app_context():
        bank = banks.by_id(reading(), bank_id)
        return [balance(reading(), bank, number) for number in "123"]


def limits(app: Flask, bank_id: int) -> list[tuple[int | None, int | None]]:
    with app.app_context():
        bank = banks.by_id(reading(), bank_id)
        there = [members.by_number(reading(), bank, number) for number in "123"]
        standing = members.standing(reading(), bank, there)
        return [(standing[one.id].floor, standing[one.id].ceiling) for one in there]


def work(app: Flask) -> None:
    worker_of(app).run_due()


class Killed(BaseException):
    """As if the process had been killed: nobody catches it."""


def killed_after(monkeypatch: pytest.MonkeyPatch, slices: int) -> None:
    """Have the worker die just before the commit of the batch after so many."""
    written = 0

    class Dying(service.Progress):
        def with_result(self, result: Any, limits: Any) -> service.Progress:
            nonlocal written
            written += 1
            if written > slices:
                raise Killed
            return super().with_result(result, limits)

    monkeypatch.setattr(service, "Progress", Dying)


def test_in_batches_comes_to_the_same_as_at_once(app: Flask, bank: int) -> None:
    upload_id = queue(app, bank, *STRAYING)
    work(app)
    done = seen(app, upload_id)
    assert (done.state, done.progress) == ("done", None)
    with app.app_context(), transaction() as session:
        other = make_bank(session, slug="leith", name="Leith")
        bring_in(session, other, MEMBERS, "members")
        at_once = bring_in(session, other, HOURS + "".join(f"{row}\n" for row in STRAYING))
        other_id = other.id
    assert done.result == at_once.to_json()
    assert balances(app, bank) == balances(app, other_id)
    assert limits(app, bank) == limits(app, other_id)


@pytest.mark.parametrize("slices", [0, 1, 4, 7])
def test_after_a_kill_it_goes_on_by_itself_and_comes_to_the_same(
    app: Flask, bank: int, monkeypatch: pytest.MonkeyPatch, slices: int
) -> None:
    upload_id = queue(app, bank, *STRAYING)
    with monkeypatch.context() as patch:
        killed_after(patch, slices)
        with pytest.raises(Killed):
            work(app)
    half = seen(app, upload_id)
    assert half.state == "importing"
    assert (half.progress or {"new": 0})["new"] == 3 * slices
    with app.app_context():
        assert not check.check(reading()).faults
    later = clock.now() + jobs_rules.LEASE
    monkeypatch.setattr(clock, "now", lambda: later)
    work(app)
    done = seen(app, upload_id)
    assert (done.state, done.progress) == ("done", None)
    assert [done.result[name] for name in ("rows", "new", "unchanged", "bad")] == [25, 25, 0, 0]
    assert balances(app, bank) == [960 - 1080, -960 + 800, -800 + 1080]
    # Each of them strayed on the way and came back: nobody's limits are wider than they were.
    assert limits(app, bank) == [(-600, None)] * 3


def test_a_go_ends_after_its_time_and_the_next_one_goes_on(
    app: Flask, bank: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feature, "_ONE_GO", -1.0)
    upload_id = queue(app, bank, *STRAYING)
    work(app)
    done = seen(app, upload_id)
    assert (done.state, done.result["new"]) == ("done", 25)


def test_whoever_looks_is_told_that_it_is_half_in(
    app: Flask,
    bank: int,
    sign_in: Callable[..., Browser],
    bearer: Callable[..., dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    upload_id = queue(app, bank, *STRAYING)
    with monkeypatch.context() as patch:
        killed_after(patch, 2)
        with pytest.raises(Killed):
            work(app)
    with app.app_context():
        maggie = members.by_number(reading(), banks.by_id(reading(), bank), "9").id
    browser = sign_in(maggie)
    page = browser.get(f"/b/fife/imports/{upload_id}").text
    assert "Half in: 6 rows" in page
    assert "Half in" in browser.get("/b/fife/imports").text
    told = browser.get(f"/api/v1/imports/{upload_id}", headers=bearer(maggie)).json
    assert (told["state"], told["rows_in"]) == ("importing", 6)


def test_given_up_half_way_says_that_it_is_half_in(
    app: Flask, bank: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload_id = queue(app, bank, *STRAYING)
    with monkeypatch.context() as patch:
        killed_after(patch, 2)
        with pytest.raises(Killed):
            work(app)
    with app.app_context(), transaction() as session:
        feature.give_up(session, {"upload": upload_id}, "of no matter", NOW)
    refused = seen(app, upload_id)
    assert "half in: 6 rows" in refused.result["message"]
    again = queue(app, bank, *STRAYING)
    work(app)
    assert seen(app, again).result["new"] == 25 - 6


def test_nothing_is_written_before_every_row_is_found_good(app: Flask, bank: int) -> None:
    upload_id = queue(app, bank, *STRAYING, "R99,2026-10-01,1,99,60,,,,")
    work(app)
    refused = seen(app, upload_id)
    assert (refused.state, refused.result["bad"]) == ("checked", 1)
    assert balances(app, bank) == [0, 0, 0]


def test_others_write_between_two_batches(
    app: Flask, bank: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two of them the lock is free: here somebody else gives an hour each time."""
    given = 0
    slice_ = service._Part.slice

    def between(*args: Any) -> Any:
        nonlocal given
        given += 1
        text = f"{HOURS}X{given},2026-10-01,1,2,1,,,,\n"
        with transaction() as session:
            bring_in(session, banks.by_id(session, bank), text)
        return slice_(*args)

    monkeypatch.setattr(service._Part, "slice", between)
    upload_id = queue(app, bank, *STRAYING)
    work(app)
    assert seen(app, upload_id).state == "done"
    assert given == 9
    assert balances(app, bank)[0] == 960 - 1080 + given
    with app.app_context():
        assert not check.check(reading()).faults


@pytest.mark.parametrize(
    ("kind", "rows"),
    [
        ("members", ["number,name,opening_balance", *(f"{n},Lee {n},1:00" for n in range(20, 30))]),
        (
            "offers",
            ["member,skill,title", *(f"{n % 3 + 1},New skill {n},Offer {n}" for n in range(10))],
        ),
    ],
)
def test_people_and_listings_go_in_batch_by_batch_too(
    app: Flask, bank: int, monkeypatch: pytest.MonkeyPatch, kind: str, rows: list[str]
) -> None:
    upload_id = queue(app, bank, *rows, kind=kind)
    with monkeypatch.context() as patch:
        killed_after(patch, 2)
        with pytest.raises(Killed):
            work(app)
    assert seen(app, upload_id).progress["new"] == 6
    later = clock.now() + jobs_rules.LEASE
    monkeypatch.setattr(clock, "now", lambda: later)
    work(app)
    done = seen(app, upload_id)
    assert (done.state, done.result["new"], done.result["unchanged"]) == ("done", 10, 0), (
        done.result
    )


def test_a_second_worker_that_has_it_in_hand_too_does_nothing_twice(app: Flask, bank: int) -> None:
    upload_id = queue(app, bank, *STRAYING)
    with app.app_context(), transaction() as session:
        jobs_service.queue(session, service.BRING_IN, {"upload": upload_id}, run_at=clock.now())
    work(app)
    assert seen(app, upload_id).result["new"] == 25
    assert balances(app, bank) == [960 - 1080, -960 + 800, -800 + 1080]


# ---- The command ----


def import_file(app: Flask, path: pathlib.Path, *options: str) -> Result:
    with app.app_context():
        return CliRunner().invoke(import_, ["hours", str(path), "--bank", "fife", *options])


def written(folder: pathlib.Path, *rows: str) -> pathlib.Path:
    path = folder / "hours.csv"
    path.write_text(HOURS + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def test_the_command_brings_a_large_file_in_batch_by_batch(
    app: Flask, bank: int, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "SMALL", 10)
    path = written(tmp_path, *STRAYING)
    first = import_file(app, path)
    assert first.exit_code == 0, first.output
    assert "Done: it is in the books." in first.output
    assert "25 new" in first.output
    again = import_file(app, path)
    assert "25 here already" in again.output


def test_the_command_goes_on_with_the_same_file_after_a_kill(
    app: Flask, bank: int, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "SMALL", 10)
    path = written(tmp_path, *STRAYING)

    class Killed(BaseException):
        pass

    settle, batches = movements.Limits.settle, 0

    def killed(*given: Any, **named: Any) -> None:
        nonlocal batches
        batches += 1
        if batches == 4:
            raise Killed
        settle(*given, **named)

    monkeypatch.setattr(movements.Limits, "settle", killed)
    with pytest.raises(Killed):
        import_file(app, path)
    monkeypatch.setattr(movements.Limits, "settle", settle)
    with app.app_context():
        reading().rollback()
        (upload,) = reading().query(Upload).filter_by(kind="hours").all()
        assert (upload.state, upload.progress["rows"]) == ("importing", 9)
    # The lease of who was killed has to run out first.
    later = clock.now() + jobs_rules.LEASE * 2
    monkeypatch.setattr(clock, "now", lambda: later)
    gone_on = import_file(app, path)
    assert "25 new" in gone_on.output, gone_on.output
    with app.app_context():
        reading().rollback()
        hours = reading().query(Upload).filter_by(kind="hours")
        assert [upload.state for upload in hours] == ["done"]
        assert check.check(reading()).faults == []


def test_a_large_file_with_a_row_to_mend_is_not_begun_by_the_command(
    app: Flask, bank: int, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "SMALL", 10)
    before = balances(app, bank)
    path, errors = written(tmp_path, *STRAYING, "X1,2026-10-01,1,nobody,60,,,,"), tmp_path / "bad"
    refused = import_file(app, path, "--errors", str(errors))
    assert refused.exit_code == 1
    assert "Nothing was written" in refused.output
    assert "nobody" in errors.read_text(encoding="utf-8")
    assert balances(app, bank) == before
    with app.app_context():
        reading().rollback()
        assert reading().query(Upload).filter_by(kind="hours").all() == []
    good = import_file(app, path, "--good-rows")
    assert (good.exit_code, "25 new" in good.output) == (0, True), good.output


def test_what_is_answered_about_the_rows_of_a_large_file_is_heard(
    app: Flask, bank: int, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "SMALL", 10)
    twice = [
        "A1,2026-10-01,1,2,60,,,Cutting the hedge,",
        "A2,2026-10-01,1,2,60,,,Cutting the hedge,",
    ]
    path = written(tmp_path, *twice)
    asked = import_file(app, path)
    assert (asked.exit_code, "Is it the same help?" in asked.output) == (1, True), asked.output
    answered = import_file(app, path, "--other", "3")
    assert (answered.exit_code, "2 new" in answered.output) == (0, True), answered.output


def test_what_a_large_file_waits_for_is_said_and_an_answer_to_it_is_heard(
    app: Flask, bank: int, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "SMALL", 10)
    with app.app_context(), transaction() as session:
        here = banks.by_id(session, bank)
        ana, ben = (members.by_number(session, here, number) for number in "12")
        helping.keep_apart(session, here, ana.id, ben.id, Act(system(here), clock.now()))
    misspelt = written(tmp_path, "A1,2026-10-01,1,Ben Okroo,60,,,,")
    asked = import_file(app, misspelt)
    assert (asked.exit_code, "--answer person:ben okroo=2" in asked.output) == (1, True), asked
    path = written(tmp_path, *STRAYING)
    dry = import_file(app, path, "--dry-run")
    assert (dry.exit_code, "--despite WHY" in dry.output) == (1, True), dry.output
    refused = import_file(app, path)
    assert (refused.exit_code, "Nothing was written" in refused.output) == (1, True), refused.output
    assert import_file(app, path, "--dry-run", "--despite", "Long ago.").exit_code == 0
    done = import_file(app, path, "--despite", "Long ago.")
    assert (done.exit_code, "25 new" in done.output) == (0, True), done.output
