"""Answers: items as JSON, one form for all errors, and the CORS headers on every one of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from decimal import Decimal
from http import HTTPStatus
from itertools import islice
from typing import Any

from aws_lambda_powertools.event_handler import Response, content_types

from items import Item, Problem
from settings import Cors
from store import Page

_MOST_PROBLEMS = 100  # a body may have one in every seven characters


def item_answer(item: Item, *, location: str | None = None) -> Response[str]:
    """Return the item, with 201 and its location if it is new. Its version is its ETag."""
    headers = {"ETag": f'"{item.version}"'}
    status = HTTPStatus.OK
    if location is not None:
        headers["Location"] = location
        status = HTTPStatus.CREATED
    return _json(status, asdict(item), headers)


def size_in_answer(item: Item) -> int:
    """How many bytes of Lambda's answer the item takes.

    There the body is a text inside of JSON: a quote of it is four bytes. Counted with all but ASCII
    escaped, as runtimes before Python 3.12 write it; no runtime makes it longer.
    """
    return len(json.dumps(_text(asdict(item))))


def page_answer(page: Page, cursor: str | None) -> Response[str]:
    return _json(
        HTTPStatus.OK, {"items": [asdict(item) for item in page.items], "cursor": cursor}, {}
    )


def empty_answer() -> Response[str]:
    return Response(status_code=HTTPStatus.NO_CONTENT.value, body="")


def failure(
    status: HTTPStatus,
    message: str,
    request_id: str,
    *,
    problems: Iterable[Problem] = (),
    headers: Mapping[str, str] | None = None,
) -> Response[str]:
    error: dict[str, Any] = {
        "code": status.name.lower(),
        "message": message,
        "request_id": request_id,
    }
    if details := [asdict(problem) for problem in islice(problems, _MOST_PROBLEMS)]:
        error["details"] = details
    return _json(status, {"error": error}, headers or {})


def cors_headers(cors: Cors, origin: str | None) -> dict[str, str]:
    """Of several origins the one that asks is named, for a browser takes only one."""
    if not cors.origins:
        return {}
    if "*" in cors.origins:
        allowed, headers = "*", {}
    else:
        allowed = origin if origin in cors.origins else cors.origins[0]
        headers = {"Vary": "Origin"}
    headers["Access-Control-Allow-Origin"] = allowed
    if cors.expose:
        headers["Access-Control-Expose-Headers"] = ",".join(cors.expose)
    if cors.headers:
        headers["Access-Control-Allow-Headers"] = ",".join(cors.headers)
    if cors.max_age:
        headers["Access-Control-Max-Age"] = cors.max_age
    return headers


def _json(status: HTTPStatus, document: Any, headers: Mapping[str, str]) -> Response[str]:
    return Response(
        status_code=status.value,
        content_type=content_types.APPLICATION_JSON,
        body=_text(document),
        headers=dict(headers),
    )


def _text(document: Any) -> str:
    return json.dumps(document, default=_plain, ensure_ascii=False)


def _plain(value: object) -> int | float:
    """Numbers of DynamoDB are decimals; items.py let in only what this gives back exactly."""
    if not isinstance(value, Decimal):
        raise TypeError(f"{type(value).__name__} is not JSON")
    return int(value) if value == value.to_integral_value() else float(value)
