"""Archives, compared as if rows had no numbers: each id is the place of its row in its table."""

import json
import zipfile
from pathlib import Path
from typing import Any

from timebank.app import FEATURES
from timebank.moving.plan import Kept, plan_of
from timebank.moving.rules import key_parts

PLAN = plan_of(FEATURES)


def rows_of(path: Path) -> dict[str, list[dict[str, Any]]]:
    """What an archive has in its files of rows, as it stands there."""
    with zipfile.ZipFile(path) as archive:
        return {
            name: [json.loads(line) for line in archive.read(f"rows/{name}.jsonl").splitlines()]
            for name in PLAN.tables
        }


class _Places:
    def __init__(self, rows: dict[str, list[dict[str, Any]]]):
        self.places = {
            name: {row["id"]: place for place, row in enumerate(rows[name])}
            for name, kept in PLAN.tables.items()
            if kept.numbered
        }

    def of(self, table: str, number: int | None) -> Any:
        return None if number is None else ("row", self.places[table].get(number, "nobody"))

    def named(self, words: str | None, causes: bool) -> Any:
        parts = key_parts(words) if words else None
        if parts is None:
            return words
        before, kind, number, rest = parts
        table = (PLAN.causes if causes else {}).get(kind) or PLAN.keys.get(kind)
        if table is None:
            return words
        return before, kind, self.places.get(table, {}).get(number, "nobody"), rest


def compared(path: Path) -> dict[str, list[dict[str, Any]]]:
    """The same with places for numbers, and pictures by their bytes."""
    rows = rows_of(path)
    places = _Places(rows)
    with zipfile.ZipFile(path) as archive:

        def plain(kept: Kept, row: dict[str, Any]) -> dict[str, Any]:
            same = dict(row)
            if kept.numbered:
                same["id"] = places.of(kept.name, row["id"])
            for name, table in kept.ids.items():
                same[name] = places.of(table, row[name])
            for name in kept.named:
                same[name] = places.named(row[name], name == "cause" and kept.name == "entry")
            for name, table in kept.lists.items():
                if row[name]:
                    numbers = str(row[name]).split(",")
                    same[name] = [places.of(table, int(one)) for one in numbers]
            for name in kept.pictures:
                same[name] = archive.read(row[name]) if row[name] else None
            if kept.name == "block":
                same |= {name: places.of("entry", row[name]) for name in ("first", "last")}
            if kept.name == "bank":
                del same["slug"]
            return same

        return {
            name: sorted((plain(kept, row) for row in rows[name]), key=repr)
            for name, kept in PLAN.tables.items()
        }
