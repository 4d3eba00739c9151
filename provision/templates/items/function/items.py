"""Items: their form, the values that a client may set, and the errors in them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, DecimalException
from typing import Annotated, Any

from boto3.dynamodb.types import DYNAMODB_CONTEXT
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

# Unreserved in URLs, so that an id is the same in a path, a cursor and a log.
ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._~-]{0,127}$"
MAX_VERSION = 10**16 - 1  # DynamoDB holds 38 digits of a number; If-Match takes these 16
_MAX_DEPTH = 30  # DynamoDB nests 32 levels, and `attributes` is one
_MAX_NAME = 65_535  # bytes of the name of an attribute that DynamoDB takes


@dataclass(frozen=True)
class Item:
    """An item as stored. Times are epoch seconds, as DynamoDB's TTL wants them."""

    id: str
    name: str
    attributes: dict[str, Any]
    version: int
    created_at: int
    updated_at: int
    expires_at: int | None


class ItemUnknown(Exception):
    """There is no such item, or it has expired."""


class ItemExists(Exception):
    """The id given at create is taken."""


class VersionConflict(Exception):
    """The item has changed since the client read it."""

    def __init__(self, current: int) -> None:
        super().__init__(f"the item is at version {current}")
        self.current = current


@dataclass(frozen=True)
class Problem:
    """An error in one field of a request."""

    field: str
    problem: str


class Invalid(Exception):
    """The request is not what the API takes."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


def _storable(value: Any, where: str = "", depth: int = 1) -> Any:
    """Return the JSON value, each number as DynamoDB and JSON readers both hold it exactly."""
    if depth > _MAX_DEPTH:
        raise ValueError(f"{where}: nested more than {_MAX_DEPTH} levels")
    match value:
        case dict():
            if "" in value:
                raise ValueError(f"{where or 'attributes'}: a name is empty")
            return {
                _name(name, where): _storable(inner, _below(where, name), depth + 1)
                for name, inner in value.items()
            }
        case list():
            return [
                _storable(inner, _below(where, str(index)), depth + 1)
                for index, inner in enumerate(value)
            ]
        case str():
            return _text(value, where)
        case bool() | None:
            return value
        case _:
            return _number(value, where)


def _below(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _text(value: str, where: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{where or 'attributes'}: half of a surrogate pair") from error
    return value


def _name(name: str, where: str) -> str:
    if len(_text(name, where).encode()) > _MAX_NAME:
        raise ValueError(f"{where or 'attributes'}: a name is longer than {_MAX_NAME} bytes")
    return name


def _number(value: int | Decimal, where: str) -> Decimal:
    try:
        number = DYNAMODB_CONTEXT.create_decimal(value)
        # A client that reads JSON gets a double, unless the number is whole.
        exact = number == number.to_integral_value() or Decimal(repr(float(number))) == number
    except (DecimalException, OverflowError, ValueError):
        exact = False
    if not exact:
        raise ValueError(f"{where}: a number with more digits than are kept; send it as text")
    return number


class Draft(BaseModel):
    """The values that a client may set; an update replaces both."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=200)]
    attributes: Annotated[dict[str, Any], AfterValidator(_storable)] = {}


class NewItem(Draft):
    """The body of POST /items."""

    id: Annotated[str, Field(pattern=ID_PATTERN)] | None = None


class ChangedItem(Draft):
    """The body of PUT /items/{id}; with `version` only that version is replaced."""

    id: str | None = None
    version: Annotated[int, Field(strict=True, ge=1, le=MAX_VERSION)] | None = None
