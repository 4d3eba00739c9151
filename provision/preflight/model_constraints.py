"""Checks a request against botocore's model: `max`, `min`, `pattern` and `enum` of every value.

botocore's own validation, when a call is sent, checks required members and types, and few of
these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.model import Shape

Path = tuple[str | int, ...]
"""The path of a value in a request: names of members, keys of maps, positions in lists."""


@dataclass(frozen=True)
class ConstraintViolation:
    """A value that the model does not accept.

    `size` and `most` are set if it is too long; otherwise `said` describes the error.
    """

    path: Path
    value: Any
    said: str
    unit: str = ""
    size: int = 0
    most: int = 0


def faults(shape: Shape, value: Any, path: Path = ()) -> Iterator[ConstraintViolation]:
    """Yield every part of the value that the model does not accept."""
    match shape.type_name:
        case "structure":
            members: Mapping[str, Shape] = shape.members  # type: ignore[attr-defined]
            for name, each in value.items():
                yield from faults(members[name], each, (*path, name))
        case "list":
            yield from _sized(shape, value, path, "entries")
            for at, each in enumerate(value):
                yield from faults(shape.member, each, (*path, at))  # type: ignore[attr-defined]
        case "map":
            yield from _sized(shape, value, path, "entries")
            for key, each in value.items():
                yield from faults(shape.key, key, (*path, key))  # type: ignore[attr-defined]
                yield from faults(shape.value, each, (*path, key))  # type: ignore[attr-defined]
        case "string":
            sized = tuple(_sized(shape, value, path, "characters"))
            yield from sized or _spelled(shape, value, path)
        case "blob":
            yield from _sized(shape, value, path, "bytes")
        case "integer" | "long" | "float" | "double":
            yield from _ranged(shape, value, path)


def _sized(
    shape: Shape, value: Sequence[Any], path: Path, unit: str
) -> Iterator[ConstraintViolation]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if most is not None and len(value) > most:
        yield ConstraintViolation(path, value, "is too long", unit, len(value), int(most))
    elif least is not None and len(value) < least:
        yield ConstraintViolation(
            path, value, f"has {len(value)} {unit}, and AWS requires {least} or more"
        )


def _ranged(shape: Shape, value: float, path: Path) -> Iterator[ConstraintViolation]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if most is not None and value > most:
        yield ConstraintViolation(path, value, f"is {value}, and AWS allows {most} or less")
    elif least is not None and value < least:
        yield ConstraintViolation(path, value, f"is {value}, and AWS requires {least} or more")


def _spelled(shape: Shape, value: str, path: Path) -> Iterator[ConstraintViolation]:
    known: Sequence[str] = shape.enum  # type: ignore[attr-defined]
    pattern: str | None = shape.metadata.get("pattern")
    if known and value not in known:
        yield ConstraintViolation(path, value, f"is none of {', '.join(known)}")
    elif pattern and (readable := compiled(pattern)) and not readable.fullmatch(value):
        yield ConstraintViolation(path, value, f"does not match {pattern}, which AWS requires")


@cache
def compiled(pattern: str) -> re.Pattern[str] | None:
    r"""Return the compiled pattern, which must match the whole text, whether anchored or not.

    None for the few that Python cannot read, such as those with `\p{L}`: AWS's are Java's.
    """
    try:
        return re.compile(pattern, re.ASCII)
    except re.error:
        return None
