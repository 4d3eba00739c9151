"""Answers: items as JSON, and one form for all errors."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from http import HTTPStatus
from itertools import islice
from typing import Any

from aws_lambda_powertools.event_handler import Response, content_types

from api_helpers import error_document, plain
from items import Item, Problem
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
    details = [asdict(problem) for problem in islice(problems, _MOST_PROBLEMS)]
    document = error_document(status, message, request_id, details)
    return _json(status, document, headers or {})


def _json(status: HTTPStatus, document: Any, headers: Mapping[str, str]) -> Response[str]:
    return Response(
        status_code=status.value,
        content_type=content_types.APPLICATION_JSON,
        body=_text(document),
        headers=dict(headers),
    )


def _text(document: Any) -> str:
    # items.py lets in only numbers that `plain` gives back exactly.
    return json.dumps(document, default=plain, ensure_ascii=False)
