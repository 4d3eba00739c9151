"""Reads requests: the JSON body, the page asked for, the precondition. Raises Invalid by field."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, Field, ValidationError

from items import ID_PATTERN, Invalid, Problem

# An item of DynamoDB holds 400 KB, and JSON of this size is never more than that as an item.
MAX_BODY = 100_000

Model = TypeVar("Model", bound=BaseModel)


class Cursor(BaseModel):
    """Where a list goes on. The seal shows that we said so, where there is a key for it."""

    after: Annotated[str, Field(pattern=ID_PATTERN)]
    seal: str = ""


class PageRequest(BaseModel):
    """The query of GET /items."""

    limit: Annotated[int, Field(ge=1, le=100)] = 25
    cursor: str | None = None


def read_body(model: type[Model], body: str | None, *, is_base64: bool) -> Model:
    if not body:
        raise Invalid(Problem("body", "a JSON object is required"))
    if len(body) > MAX_BODY * (4 / 3 if is_base64 else 1):
        raise Invalid(Problem("body", f"longer than {MAX_BODY} characters"))
    try:
        text = base64.b64decode(body, validate=True).decode() if is_base64 else body
        document = json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, ArithmeticError, RecursionError) as error:
        # Of a number like 1e99999999999999999999 there is not even a Decimal.
        raise Invalid(Problem("body", "not valid JSON")) from error
    if not isinstance(document, dict):
        raise Invalid(Problem("body", "not a JSON object"))
    return validated(model, document)


def validated(model: type[Model], document: Mapping[str, Any]) -> Model:
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise Invalid(
            *(
                Problem(".".join(map(str, one["loc"])) or "body", one["msg"])
                for one in error.errors(include_url=False, include_input=False)
            )
        ) from error


def write_cursor(after: str, key: str | None) -> str:
    document = Cursor(after=after, seal=_seal(after, key)).model_dump_json(exclude_defaults=True)
    return base64.urlsafe_b64encode(document.encode()).decode("ascii").rstrip("=")


def read_cursor(text: str, key: str | None) -> str:
    problem = Problem("cursor", "not a cursor of this list; start again without one")
    try:
        document = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        cursor = Cursor.model_validate_json(document)
    except (ValueError, binascii.Error) as error:
        raise Invalid(problem) from error
    seal = _seal(cursor.after, key)
    if key is not None and not hmac.compare_digest(cursor.seal.encode(), seal.encode()):
        raise Invalid(problem)
    return cursor.after


def _seal(after: str, key: str | None) -> str:
    return "" if key is None else hmac.new(key.encode(), after.encode(), "sha256").hexdigest()


def expected_version(if_match: str | None, in_body: int | None) -> int | None:
    """Return the version that the client wants to replace; None if it gives none."""
    if if_match is None or if_match.strip() == "*":
        return in_body
    found = re.fullmatch(r'"([1-9][0-9]{0,15})"|([1-9][0-9]{0,15})', if_match.strip())
    if found is None:
        raise Invalid(Problem("If-Match", 'not a version as ETag gives it, such as "3"'))
    version = int(found[1] or found[2])
    if in_body not in (None, version):
        raise Invalid(Problem("version", "differs from If-Match"))
    return version


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
