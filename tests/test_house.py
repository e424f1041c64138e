"""How the house is built: what a newcomer may rely on without reading everything."""

import ast
import pathlib
import re
import tomllib
from collections.abc import Iterator

import pytest
from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import (
    CheckConstraint,
    Engine,
    UniqueConstraint,
    create_engine,
    func,
    inspect,
    select,
    text,
)
from sqlalchemy.orm import Session

from tests.factories import make_bank, make_entry, make_member, make_organisation
from timebank import app as application
from timebank.base import Base
from timebank.config import MIGRATIONS
from timebank.db import WRITING, engine_options, migrate, prepare
from timebank.members.models import Member

ROOT = pathlib.Path(__file__).parent.parent
PACKAGE = ROOT / "timebank"

PLUMBING = {"api", "running", "tables", "web"}
"""Packages that are no rooms of their own but what rooms share."""

SHAPE = {
    "__init__",
    "api",
    "asking",
    "cli",
    "errors",
    "feature",
    "leaving",
    "lists",
    "models",
    "queries",
    "rules",
    "schemas",
    "service",
    "views",
}
"""The files of a room, each of which says by its name what it holds."""

MORE = {
    "banks": {"each"},
    "activities": {
        "calendar",
        "evidence",
        "feed",
        "letters",
        "posting",
        "record",
        "register",
        "sheet",
        "signing",
    },
    "access": {
        "browser",
        "commissioners",
        "guard",
        "links",
        "passkeys",
        "seals",
        "sessions",
        "telling",
    },
    "demo": {
        "agreeing",
        "asking",
        "deciding",
        "gatherings",
        "listings",
        "neighbourly",
        "office",
        "pastimes",
        "people",
        "plan",
        "portraits",
        "safety",
        "scenes",
        "sharing",
        "tally",
        "together",
    },
    "desk": {"caseload", "day", "queue", "sheet"},
    "lists": {"acting", "sources"},
    "dialogue": {
        "audit_api",
        "audit_models",
        "audit_papers",
        "audit_queries",
        "audit_rules",
        "audit_schemas",
        "audit_views",
        "audits",
        "commitments",
        "contacts",
        "conversation_queries",
        "conversation_views",
        "conversations",
        "evaluation_queries",
        "evaluation_views",
        "evaluations",
        "evidence",
        "evidence_figures",
        "evidence_tables",
        "letters",
        "papers",
        "partnerships",
        "promise_queries",
        "promise_views",
        "proof",
        "ranking",
        "results",
        "righting_views",
        "said",
        "said_views",
        "sheet_views",
        "sheets",
        "sorting",
        "sorting_views",
        "stack",
    },
    "exchanges": {
        "calendar",
        "gifts",
        "history",
        "leaving",
        "letters",
        "meant",
        "steps",
        "thanks",
        "visits",
        "waiting",
        "words",
    },
    "fund": {
        *("acts", "awards", "counting", "evidence", "letters", "money", "moving", "pabulib"),
        *("papers", "proof", "records", "small", "telling", "voting"),
    },
    "home": {"digest", "examples", "guide", "privacy", "styleguide"},
    "imports": {
        "cards",
        "cells",
        "columns",
        "formats",
        "listings",
        "meant",
        "movements",
        "peers",
        "people",
        "questions",
        "reader",
        "reading",
        "result",
        "shown",
        "survey",
        "tables",
        "undoing",
    },
    "jobs": {"worker"},
    "leaving": {"unnaming"},
    "ledger": {"chain", "check", "guards", "moving", "rebooking", "writing"},
    "matching": {"needs", "board", "digest", "index", "letters", "meaning", "search", "words"},
    "measures": {
        "arrays",
        "brokerage",
        "catalogue",
        "circulation",
        "disclosure",
        "figures",
        "graphs",
        "measuring",
        "participation",
        "spread",
        "windows",
    },
    "members": {
        *("acts", "circle", "current", "helping", "meeting", "merges", "partners"),
        *("portraits", "sayings", "words"),
    },
    "merging": {"carrying"},
    "moving": {"coming", "packing", "plan", "unpacking"},
    "notices": {"devices", "mail", "outbox", "push", "text", "twin"},
    "reports": {
        "addresses",
        "archive",
        "builder",
        "cache",
        "kept",
        "charts",
        "dashboard",
        "downloads",
        "drawing",
        "evidence",
        "evidence_words",
        "export_files",
        "figures",
        "formatting",
        "funder",
        "funder_files",
        "publish",
        "publish_csv",
        "publish_pdf",
        "publish_xlsx",
        "schedules",
        "sentences",
        "sharing",
        "stories",
        "words",
    },
    "safeguarding": {"letters", "reminders"},
    "skills": {"tree"},
    "statement": {"chest"},
    "surveys": {"answering", "categories", "equality", "instruments", "results"},
}
"""Files of a room whose own name says better what they hold than any of the usual ones would."""

INSTALLATION_WIDE = {
    "bank",
    "worker_beat",
    "backup_taken",
    "request_once",
    "failed_sign_in",
    "passkey_challenge",
}
"""Tables that belong to no one bank."""


def rooms() -> list[str]:
    """The packages that are a feature each."""
    found = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
    return [name for name in found if name not in PLUMBING]


def sources(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    return (path for path in sorted(folder.rglob("*.py")) if "__pycache__" not in path.parts)


# ---- Rooms ----


@pytest.mark.parametrize("room", rooms())
def test_a_room_has_the_shape_of_every_room(room: str) -> None:
    files = {path.stem for path in (PACKAGE / room).glob("*.py")}
    assert files - SHAPE - MORE.get(room, set()) == set()
    assert "feature" in files
    assert not [
        path for path in (PACKAGE / room).iterdir() if path.is_dir() and path.name != "__pycache__"
    ]
    assert ast.get_docstring(ast.parse((PACKAGE / room / "__init__.py").read_text()))


def test_every_room_is_plugged_in_and_under_contract() -> None:
    assert sorted(feature.name for feature in application.FEATURES) == rooms()
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
    inside = next(
        contract for contract in contracts if contract["name"].startswith("Inside a feature")
    )
    assert sorted(inside["containers"]) == [f"timebank.{room}" for room in rooms()]


@pytest.mark.parametrize(
    "path", list(sources(PACKAGE)), ids=lambda path: path.relative_to(PACKAGE).as_posix()
)
def test_every_module_says_what_it_is_and_only_transactions_commit(path: pathlib.Path) -> None:
    source = path.read_text()
    assert ast.get_docstring(ast.parse(source))
    if path != PACKAGE / "db.py":
        assert not re.search(r"\.commit\(", source)


@pytest.mark.parametrize("path", list(sources(PACKAGE)), ids=lambda path: path.stem)
def test_a_rooms_name_always_means_its_queries(path: pathlib.Path) -> None:
    """`members` is `members.queries`, `members_service` its service, wherever they are used.

    Where a face's own function or mark has the room's name, the queries are `members_queries`.
    """
    wrong = []
    for node in ast.walk(ast.parse(path.read_text())):
        room = _room_imported_from(node)
        if room is None or not isinstance(node, ast.ImportFrom):
            continue
        for imported in node.names:
            called = imported.asname or imported.name
            own = path.parent.name == room and imported.asname is None
            allowed = {
                "queries": {room, f"{room}_queries"},
                "service": {f"{room}_service"},
                "rules": {f"{room}_rules"},
                "models": {f"{room}_models"},
            }.get(imported.name)
            if allowed and not own and called not in allowed:
                wrong.append(f"{room}.{imported.name} as {called}")
    assert wrong == []


def _room_imported_from(node: ast.AST) -> str | None:
    if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("timebank."):
        return None
    parts = str(node.module).split(".")
    return parts[1] if len(parts) == 2 and parts[1] in rooms() else None


VAGUE = {"found", "kept", "one", "said", "some", "theirs", "told"}
"""Names that say how something came about, and not what it is."""

PASSING = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Lambda)


def lasting_names(node: ast.AST) -> Iterator[ast.Name]:
    """What is given a name for longer than a comprehension or a loop of a single line."""
    if isinstance(node, PASSING):
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node
    of_a_line = None
    if isinstance(node, ast.For) and node.body[0].lineno == node.body[-1].end_lineno:
        of_a_line = node.target
    for child in ast.iter_child_nodes(node):
        if child is not of_a_line:
            yield from lasting_names(child)


def test_what_lasts_is_called_after_what_it_is() -> None:
    vague = [
        f"{path.relative_to(PACKAGE)}:{name.lineno}: {name.id}"
        for path in sources(PACKAGE)
        for function in functions(path)
        for name in lasting_names(function)
        if name.id in VAGUE
    ]
    assert vague == []


PLAINLY_HANDED = ("exchanges", "ledger", "measures", "members", "messages", "reports", "surveys")
"""The rooms whose public functions say of each parameter what it is."""


@pytest.mark.parametrize("room", PLAINLY_HANDED)
def test_what_is_handed_over_is_called_after_what_it_is(room: str) -> None:
    vague = [
        f"{path.relative_to(PACKAGE)}:{function.lineno}: {function.name}({parameter.arg})"
        for path in sources(PACKAGE / room)
        for function in functions(path)
        for parameter in parameters(function)
        if not function.name.startswith("_") and parameter.arg in VAGUE
    ]
    assert vague == []


def test_an_endpoint_has_the_name_of_its_function_and_its_room(app: Flask) -> None:
    """`exchanges.show` is `exchanges/views.py:show`; `api.exchanges.show` is
    `exchanges/api.py:show`."""
    resources = {
        resource.name: feature.name
        for feature in application.FEATURES
        for resource in feature.resources
    }
    faults = []
    for endpoint, view in app.view_functions.items():
        *blueprint, name = endpoint.split(".")
        if not blueprint or blueprint == ["api-docs"]:
            continue
        room = resources[blueprint[1]] if blueprint[0] == "api" else blueprint[0]
        face = "api" if blueprint[0] == "api" else "views"
        # A room of many pages has its faces in parts: `dialogue/audit_views.py`.
        where = re.sub(rf"\.\w+_{face}$", f".{face}", view.__module__)
        if (where, view.__name__) != (f"timebank.{room}.{face}", name):
            faults.append(f"{endpoint} is {view.__module__}:{view.__name__}")
    assert faults == []


# ---- One value from face to service ----

FACES = {"api", "cli", "views"}

MOST = 8
"""So many parameters a function has at most. What belongs together is one value."""


def functions(path: pathlib.Path) -> Iterator[ast.FunctionDef]:
    nodes = ast.walk(ast.parse(path.read_text()))
    return (node for node in nodes if isinstance(node, ast.FunctionDef))


def parameters(function: ast.FunctionDef) -> list[ast.arg]:
    said = function.args
    more = [one for one in (said.vararg, said.kwarg) if one is not None]
    return [*said.posonlyargs, *said.args, *said.kwonlyargs, *more]


def test_no_function_takes_more_than_eight_values() -> None:
    many = [
        f"{path.relative_to(PACKAGE)}: {function.name}"
        for path in sources(PACKAGE)
        for function in functions(path)
        if len(parameters(function)) > MOST
    ]
    assert many == []


LOOSE = re.compile(r"(?:dict|Mapping)\[str, Any\]")

JSON_BY_NATURE = {"payload"}
"""What a job is queued with: it is kept as JSON and handed to the job as it was."""


def test_a_service_takes_values_and_no_loose_dictionaries() -> None:
    """Nor does any other verb: whatever is handed an `act` does something for somebody."""
    loose = []
    for path in sources(PACKAGE):
        if path.parent.name not in rooms():
            continue
        for function in functions(path):
            takes = {parameter.arg for parameter in parameters(function)}
            if path.stem != "service" and not {"session", "act"} <= takes:
                continue
            loose += [
                f"{path.relative_to(PACKAGE)}: {function.name}({parameter.arg})"
                for parameter in parameters(function)
                if not function.name.startswith("_") and parameter.arg not in JSON_BY_NATURE
                if parameter is function.args.kwarg
                or (parameter.annotation and LOOSE.search(ast.unparse(parameter.annotation)))
            ]
    # Several jobs at once, each with its payload.
    assert loose == ["jobs/service.py: queue_all(jobs)"]


def test_no_face_takes_a_dictionary_apart_for_a_service() -> None:
    """`service.post(**values)` hides what is handed over: a schema makes one value of it."""
    apart = []
    for path in sources(PACKAGE):
        if path.stem.split("_")[-1] not in FACES or path.parent.name not in rooms():
            continue
        tree = ast.parse(path.read_text())
        ours = {
            imported.asname or imported.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("timebank")
            for imported in node.names
            # A class is a value; what is written small is a module or a function.
            if imported.name.islower()
        }
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or all(one.arg for one in node.keywords):
                continue
            called = ast.unparse(node.func)
            owner, _, name = called.partition(".")
            if owner in ours and name.islower():
                apart.append(f"{path.relative_to(PACKAGE)}:{node.lineno}: {called}")
    assert apart == []


# ---- The database ----


def test_every_table_belongs_to_a_bank() -> None:
    without = {
        table.name for table in Base.metadata.sorted_tables if "bank_id" not in table.columns
    }
    assert without == INSTALLATION_WIDE


ONE_OF_A_KIND = {
    "entry.reverses_id",
    "exchange.entry_id",
    "exchange.reversal_id",
    "exchange.replaces_id",
    "exchange_step.entry_id",
    "gift.entry_id",
    "gift.reversal_id",
    "intervention.reverses_id",
    "introduction.exchange_id",
    "member.account_id",
    "member_group.account_id",
    "organisation.account_id",
    "posting.payee_id",
    "posting.payer_id",
    "session_posting.entry_id",
    "session_posting.reversal_id",
    # Found by what somebody brings who has not said of which bank they are.
    "audit.link_key",
    "browser_session.token_hash",
    "commissioner.link_hash",
    "passkey.credential_id",
    "reply_link.token_hash",
    "sign_in_link.token_hash",
    "token.token_hash",
    # The queue and the arrivals are of the installation.
    "job.kind",
    "job.rank",
    "arrival.sha256",
    # One job walks over what waits in all banks, or cleans up after who asked.
    "exchange.logged_at",
    "intervention.account_id",
    "intervention.entry_id",
    "sign_in_link.asked_by",
}
"""Columns that lead an index and are not the bank: the id of a row of the same bank, of which there
is one at most, and what is of no bank yet."""

HELD_OTHERWISE = {
    "contribution.newcomer_id",  # A trigger, as the key lets go of a part of itself.
    "entry.id",  # The trigger of the posting looks at the bank of its entry.
    "import_batch.upload_id",
    "reply_link.notice_id",
}
"""Keys onto a row of the same bank that do not say so themselves."""


def test_whatever_is_of_a_bank_is_found_and_referred_to_within_it() -> None:
    """So that a bank can stand in a database of its own (docs/decisions/0055)."""
    of_banks = [table for table in Base.metadata.sorted_tables if "bank_id" in table.columns]
    assert [table.name for table in of_banks if table.c.bank_id.nullable] == ["job"]
    leading = {
        f"{table.name}.{next(iter(columns)).name}"
        for table in of_banks
        for columns in [
            *(index.columns for index in table.indexes),
            *(one.columns for one in table.constraints if isinstance(one, UniqueConstraint)),
        ]
        if "bank_id" not in {column.name for column in columns}
    }
    assert leading == ONE_OF_A_KIND
    across = {
        f"{table.name}.{key.column_keys[0]}"
        for table in of_banks
        for key in table.foreign_key_constraints
        if "bank_id" not in key.column_keys and "bank_id" in key.referred_table.columns
    }
    assert across == HELD_OTHERWISE


def alembic_config() -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def revisions() -> list[str]:
    """From the first to the last."""
    found = ScriptDirectory.from_config(alembic_config()).walk_revisions()
    return [revision.revision for revision in found][::-1]


def triggers_wanted(dialect: str) -> set[str]:
    """Those that the migrations make."""
    scripts = ScriptDirectory.from_config(alembic_config()).walk_revisions()
    statements = [
        statement for script in scripts for statement in getattr(script.module, dialect.upper(), ())
    ]
    return {
        name
        for statement in statements
        for name in re.findall(r"CREATE (?:CONSTRAINT )?TRIGGER (\w+)", statement)
    }


def triggers(engine: Engine) -> set[str]:
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }
    with engine.connect() as connection:
        return set(connection.execute(text(query[engine.dialect.name])).scalars())


def test_every_trigger_of_the_migrations_is_there(engine: Engine) -> None:
    wanted = triggers_wanted(engine.dialect.name)
    assert len(wanted) > 8
    assert triggers(engine) == wanted


def test_the_tables_are_as_the_models_say(engine: Engine) -> None:
    config = alembic_config()
    with engine.connect().execution_options(**WRITING) as connection:
        config.attributes["connection"] = connection
        command.check(config)


def test_the_tables_check_what_the_models_say(engine: Engine) -> None:
    """Alembic compares no CHECKs. PostgreSQL rewrites what they say, so their words are compared on
    SQLite."""
    there, verbatim = inspect(engine), engine.dialect.name == "sqlite"
    for table in Base.metadata.sorted_tables:
        wanted = {
            str(one.name): one.sqltext
            for one in table.constraints
            if isinstance(one, CheckConstraint)
        }
        found = {one["name"]: one["sqltext"] for one in there.get_check_constraints(table.name)}
        assert found.keys() == wanted.keys()
        assert not verbatim or {name: plain(words) for name, words in found.items()} == {
            name: plain(words) for name, words in wanted.items()
        }


def plain(words: object) -> str:
    return " ".join(str(words).split())


def test_a_database_that_holds_something_goes_down_and_up_again(
    database: str, engine: Engine
) -> None:
    """Each migration one by one down to nothing, and up again to a database that works."""
    fill(engine)
    engine.dispose()
    for revision in revisions():
        assert re.fullmatch(r"\d{4}", revision)
    for _ in revisions():
        migrate(database, "-1")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    assert triggers(engine) == set()
    migrate(database)
    assert triggers(engine) == triggers_wanted(engine.dialect.name)
    fill(engine)


def test_the_last_migration_down_and_up_keeps_what_older_tables_hold(
    database: str, engine: Engine
) -> None:
    fill(engine)
    before = counted(engine)
    engine.dispose()
    migrate(database, "-1")
    migrate(database)
    assert counted(engine) == before


def fill(engine: Engine) -> None:
    """Something in the books and around them."""
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        bank = make_bank(session)
        ana, partner = make_member(session, bank), make_organisation(session, bank)
        make_entry(session, bank, "test", (ana.account_id, partner.account_id, 60))
        session.commit()


def counted(engine: Engine) -> tuple[int, int]:
    """Members, and postings."""
    fresh = create_engine(
        engine.url, **engine_options(engine.url.render_as_string(hide_password=False))
    )
    prepare(fresh)
    with Session(fresh) as session:
        members = session.execute(select(func.count()).select_from(Member)).scalar_one()
        postings = session.execute(text("SELECT count(*) FROM posting")).scalar_one()
    fresh.dispose()
    return members, postings


# ---- Every file ----


def test_no_file_names_somebodys_machine() -> None:
    """Paths of a person's own, and the path of this very checkout."""
    own = [str(path) for path in (ROOT, pathlib.Path.home()) if len(path.parts) > 2]
    personal = re.compile(
        "|".join(["(?<![a-z])/(?:home|Users|root)/[a-z]", r"[A-Z]:\\Users", *map(re.escape, own)])
    )
    named = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in files()
        if (match := personal.search(written(path)))
    ]
    assert named == []


def files() -> Iterator[pathlib.Path]:
    """Everything that belongs to the project, and not to a tool that ran in it."""
    for top in (
        "timebank",
        "migrations",
        "templates",
        "tests",
        "bench",
        "docs",
        "deploy",
        "requirements",
        ".ci",
    ):
        yield from (
            path
            for path in (ROOT / top).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        )
    yield from (
        path for path in ROOT.iterdir() if path.suffix in {".md", ".toml"} or path.name == "dev"
    )


def written(path: pathlib.Path) -> str:
    """A file's text; of one that is no text, what can be read of it."""
    return path.read_bytes().decode(errors="ignore") if path != pathlib.Path(__file__) else ""
