"""The application's own role on PostgreSQL, as `deploy/postgresql-roles.sql` makes it."""

import pathlib
import shutil
import subprocess
import uuid
from collections.abc import Generator
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, make_url, text

from tests.conftest import Databases

SCRIPT = pathlib.Path(__file__).parents[1] / "deploy" / "postgresql-roles.sql"


@contextmanager
def as_role(databases: Databases) -> Generator[str]:
    """The URL of a migrated database, reached as the role that the script makes."""
    psql = shutil.which("psql")
    if psql is None:
        pytest.skip("The script is run by psql, which is not installed here.")
    role = f"timebank_test_{uuid.uuid4().hex[:12]}"
    url = make_url(databases.new("postgresql"))
    owner = url.set(drivername="postgresql").render_as_string(hide_password=False)
    command = [psql, "-q", "-v", "ON_ERROR_STOP=1", "-v", f"role={role}", "-f", str(SCRIPT), owner]
    for _ in range(2):
        subprocess.run(command, check=True, capture_output=True)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(f"ALTER ROLE {role} PASSWORD 'for tests only'"))
    theirs = url.set(username=role, password="for tests only")
    yield theirs.render_as_string(hide_password=False)
    with engine.begin() as connection:
        connection.execute(text(f"DROP OWNED BY {role}"))
        connection.execute(text(f"DROP ROLE {role}"))
    engine.dispose()
    databases.drop(url.render_as_string(hide_password=False))
