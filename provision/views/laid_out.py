"""Lays a long value out over several lines, so that a policy is readable whole with `plan -v`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Final

from provision.sanitizing.masking import Masked
from provision.sanitizing.text import printable
from provision.views.formatting import format_value

_STEP: Final = "  "


def laid_out(name: str, value: Any, width: int) -> list[str]:
    """Return `name: value` on one line if it fits; else a line for each part, indented below."""
    one = f"{name}: {format_value(value)}"
    if len(one) <= width:
        return [one]
    parts = list(_parts(value))
    if not parts:
        return [one]
    below = (line for key, part in parts for line in laid_out(key, part, width - len(_STEP)))
    return [f"{name}:", *(f"{_STEP}{line}" for line in below)]


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the parts of a mapping, a list, one of our values or a JSON document, with names."""
    if isinstance(value, Masked):
        return
    if isinstance(value, str) and value[:1] in "{[":
        try:
            value = json.loads(value)
        except ValueError:
            return
    if is_dataclass(value) and not isinstance(value, type):
        value = {field.name: vars(value)[field.name] for field in fields(value)}
    if isinstance(value, Mapping):
        yield from ((printable(str(key)), part) for key, part in value.items())
    elif isinstance(value, tuple | list):
        yield from ((str(number), part) for number, part in enumerate(value, 1))
