"""Alembic's environment: the metadata of every feature, over the connection or the settings it is
handed."""

from alembic import context
from sqlalchemy import Connection, create_engine

from timebank import app as _every_model  # importing the application imports every table  # noqa: F401
from timebank.base import Base
from timebank.config import Config
from timebank.db import WRITING, engine_options, prepare


def run(connection: Connection) -> None:
    context.configure(
        connection=connection, target_metadata=Base.metadata, compare_server_default=False
    )
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    connection = context.config.attributes.get("connection")
    if connection is not None:
        run(connection)
        return
    url = Config.from_environment().database_url
    engine = create_engine(url, **engine_options(url))
    prepare(engine)
    with engine.connect().execution_options(**WRITING) as connection:
        run(connection)
        connection.commit()


main()
