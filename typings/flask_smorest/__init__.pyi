"""The types of what is used of flask-smorest, which has none of its own."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import flask
from apispec import APISpec
from marshmallow import Schema

_View = TypeVar("_View", bound=Callable[..., Any])

class Blueprint(flask.Blueprint):
    description: str
    def __init__(
        self, name: str, import_name: str, *, url_prefix: str | None = ..., description: str = ...
    ) -> None: ...
    def route(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, rule: str, *, methods: Sequence[str] = ..., **options: Any
    ) -> Callable[[_View], _View]: ...
    def arguments(
        self, schema: type[Schema] | Schema, *, location: str = ..., **options: Any
    ) -> Callable[[_View], Callable[..., Any]]: ...
    def response(
        self,
        status_code: int,
        schema: type[Schema] | Schema | Mapping[str, Any] | None = ...,
        **options: Any,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]: ...
    def alt_response(
        self, status_code: int, schema: Any = ..., **options: Any
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]: ...
    def doc(self, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]: ...

class Api:
    spec: APISpec
    def __init__(
        self, app: flask.Flask | None = ..., *, spec_kwargs: Mapping[str, Any] | None = ...
    ) -> None: ...
    def register_blueprint(self, blp: flask.Blueprint, **options: Any) -> None: ...
    def __getattr__(self, name: str) -> Any: ...
