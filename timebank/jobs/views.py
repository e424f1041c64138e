"""Pages for machines that watch: is it well, and what are its figures?"""

import secrets

from flask import Blueprint, Response, current_app, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound, Unauthorized

from timebank import clock
from timebank.config import VERSION, Config
from timebank.db import reading
from timebank.http import access, note_if_lost
from timebank.jobs import queries

pages = Blueprint("jobs", __name__)


@pages.get("/health")
@access("public")
def health() -> tuple[Response, int]:
    """200 when the database answers and a worker has been heard of lately, 503 otherwise.

    Says nothing about anybody. By `key` the doctor tells machines that do not share the secret key.
    """
    now = clock.now()
    config: Config = current_app.config["TIMEBANK"]
    machine = {"version": VERSION, "key": config.key_print, "now": now.isoformat()}
    try:
        state = queries.state(reading(), now)
    except SQLAlchemyError as error:
        note_if_lost(error)
        return jsonify(status="wrong", **machine, database="cannot be reached"), 503
    alive = state.is_alive(now)
    worker = {
        "heard_at": state.heard_at.isoformat() if state.heard_at else None,
        "alive": alive,
        "due": state.due,
    }
    return jsonify(status="ok" if alive else "wrong", **machine, database="ok", worker=worker), (
        200 if alive else 503
    )


@pages.get("/metrics")
@access("public")
def metrics() -> Response:
    """Figures for Prometheus, to whoever brings the token of the settings; without one set, there
    is no such page."""
    config: Config = current_app.config["TIMEBANK"]
    if not config.metrics_token:
        raise NotFound
    given = request.headers.get("Authorization", "")
    if not secrets.compare_digest(given.encode(), f"Bearer {config.metrics_token}".encode()):
        raise Unauthorized("Send the token of TIMEBANK_METRICS_TOKEN as a bearer token.")
    return Response(_figures(reading()), content_type=CONTENT_TYPE_LATEST)


def _figures(session: Session) -> bytes:
    """Read from the database, so that every process of the installation gives the same ones."""
    registry = CollectorRegistry()
    now = clock.now()
    state = queries.state(session, now)
    jobs = Gauge("timebank_jobs", "Jobs, by kind and state.", ["kind", "state"], registry=registry)
    for (kind, name), number in queries.counts(session).items():
        jobs.labels(kind, name).set(number)
    late = (now - state.oldest).total_seconds() if state.oldest else 0
    Gauge(
        "timebank_job_lateness_seconds",
        "How late the longest-waiting due job is.",
        registry=registry,
    ).set(late)
    alive = Gauge(
        "timebank_worker_alive", "1 when a worker has been heard of lately.", registry=registry
    )
    alive.set(state.is_alive(now))
    return generate_latest(registry)
