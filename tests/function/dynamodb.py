"""Limits that DynamoDB has and moto lacks: keys, names, numbers, nesting, item sizes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from botocore.exceptions import ClientError

KEY_BYTES = 2_048
NAME_BYTES = 65_535
ITEM_BYTES = 400 * 1024
LEVELS = 32
DIGITS = 38

Value = Mapping[str, Any]


def refuse(operation: str, params: Mapping[str, Any]) -> None:
    """Raise DynamoDB's error for an item operation that it would refuse."""
    for wrong in _wrong(params):
        told = {"Error": {"Code": "ValidationException", "Message": wrong}}
        raise ClientError(told, operation)  # type: ignore[arg-type]


def _wrong(params: Mapping[str, Any]) -> Iterator[str]:
    item = params.get("Item", {})
    for key in (params.get("Key"), params.get("ExclusiveStartKey"), {"id": item.get("id")}):
        if key and key.get("id"):
            size = len(key["id"]["S"].encode())
            if not 1 <= size <= KEY_BYTES:
                yield f"One or more parameter values were invalid: a hash key of {size} bytes"
    for written in (item, params.get("ExpressionAttributeValues", {})):
        size = sum(len(name.encode()) + _size(value) for name, value in written.items())
        if size > ITEM_BYTES:
            yield "Item size has exceeded the maximum allowed size"
        for value in written.values():
            yield from _wrong_value(value, 1)


def _wrong_value(value: Value, level: int) -> Iterator[str]:
    ((kind, inner),) = value.items()
    if level > LEVELS:
        yield "Nesting Levels have exceeded supported limits"
    elif kind == "N":
        number = Decimal(inner)
        if len(number.normalize().as_tuple().digits) > DIGITS:
            yield "Attempting to store more than 38 significant digits in a Number"
        if number and not -130 <= number.adjusted() <= 125:
            yield "Number overflow"
    elif kind == "M":
        for name, below in inner.items():
            if not 1 <= len(name.encode()) <= NAME_BYTES:
                yield f"An attribute name of {len(name.encode())} bytes"
            yield from _wrong_value(below, level + 1)
    elif kind == "L":
        for below in inner:
            yield from _wrong_value(below, level + 1)


def _size(value: Value) -> int:
    """Return the size as DynamoDB counts it, or a little more."""
    ((kind, inner),) = value.items()
    match kind:
        case "S":
            return len(inner.encode())
        case "N":
            return len(inner) // 2 + 2
        case "M":
            return 3 + sum(len(name.encode()) + 1 + _size(below) for name, below in inner.items())
        case "L":
            return 3 + sum(1 + _size(below) for below in inner)
        case _:
            return 1
