"""People of a try: who gives hours over HTTP, what was acknowledged to them, and what they read."""

import collections
import http.client
import json
import pathlib
import sys
import threading
import time
from collections.abc import Callable

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from timebank import clock
from timebank.access import service as access_service
from timebank.access.rules import NewToken, Scope
from timebank.act import Act, Actor
from timebank.app import create_app
from timebank.banks.rules import NewBank
from timebank.config import Config
from timebank.db import db, transaction
from timebank.members import service as members_service
from timebank.members.rules import NewLimits, NewMember

SECRET = "for this try alone " * 3


def make_people(url: str, number: int) -> list[tuple[str, int]]:
    """People who may give hours to the bank's chest: the token and the id of each."""
    app = create_app(Config(database_url=url, secret_key=SECRET))
    people = []
    with app.app_context(), transaction() as session:
        now = clock.now()
        bank = members_service.open_bank(session, NewBank("Try", slug="try"), now=now)
        act = Act(Actor.system(bank.id, "try"), now)
        for each in range(number):
            giver = members_service.enrol(session, bank, NewMember(f"Giver {each}"), act)
            limits = NewLimits(-(10**7), None, "A try.")
            members_service.set_limits(session, bank, giver.id, limits, act)
            token = access_service.make_token(
                session, bank, giver.id, NewToken("try", Scope.WRITE), act, staff=False
            )
            people.append((token, giver.id))
    with app.app_context():
        db.engine.dispose()
    return people


class Crowd:
    """Clients that each give hours to the chest, one gift after the other, and send one again with
    its key until it is acknowledged; and one who reads."""

    def __init__(
        self,
        people: list[tuple[str, int]],
        connect: Callable[[], http.client.HTTPConnection],
        name: str,
    ):
        self._connect, self._name = connect, name
        self.over = threading.Event()
        self.acknowledged: list[tuple[float, str]] = []
        self.answers: collections.Counter[tuple[str, int]] = collections.Counter()
        self.wrong: list[str] = []
        self.longest = 0.0
        self.threads = [
            threading.Thread(target=self._give, args=(number, *person))
            for number, person in enumerate(people)
        ] + [threading.Thread(target=self._read)]

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join()

    def _ask(self, connection, verb: str, path: str, body=None, **headers: str):
        """Status and body of an answer; 0 where there was none."""
        began = time.monotonic()
        try:
            connection.request(verb, path, body, {"Host": self._name, **headers})
            answer = connection.getresponse()
            content = answer.read().decode()
        except (OSError, http.client.HTTPException):
            connection.close()
            self.answers[verb, 0] += 1
            return 0, "", None
        finally:
            self.longest = max(self.longest, time.monotonic() - began)
        self.answers[verb, answer.status] += 1
        return answer.status, content, answer.headers.get("Retry-After")

    def _give(self, number: int, token: str, giver: int) -> None:
        connection, gift = self._connect(), 0
        while not self.over.is_set():
            message = f"try-{number}-{gift}"
            body = json.dumps(
                {
                    "from": f"member:{giver}",
                    "to": "chest",
                    "minutes": 60,
                    "message": message,
                }
            )
            headers = {
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/json",
                "Idempotency-Key": f"{message}-0123456789",
            }
            while not self.over.is_set():
                status, content, later = self._ask(
                    connection, "POST", "/api/v1/gifts", body, **headers
                )
                if status == 201:
                    self.acknowledged.append((time.monotonic(), message))
                    break
                if status == 503 and (not later or "message" not in content):
                    self.wrong.append(f"503 without words: {content[:200]}")
                elif status not in (0, 503):
                    self.wrong.append(f"{status}: {content[:300]}")
                    if status < 500:
                        return
                # A program waits for as long as it is told; this one is a person who tries again.
                time.sleep(0.5)
            gift += 1

    def _read(self) -> None:
        connection = self._connect()
        while not self.over.is_set():
            status, content, _ = self._ask(connection, "GET", "/b/try/")
            if status not in (0, 200, 503):
                self.wrong.append(f"a page answered {status}")
            if status == 503 and "<h1" not in content:
                self.wrong.append("a page of 503 holds no words")
            time.sleep(0.2)
