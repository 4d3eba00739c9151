"""Reads JSON as RFC 8259 defines it, and cuts members out of it as they are written.

Python's own reader takes NaN and Infinity, which are no JSON, turns 1E400 into an infinity that
cannot be written again, and refuses long integers, which are JSON.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final

_DEEPEST: Final = 100
_SPACE: Final = re.compile(r"[ \t\n\r]*")
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]")


def parse(text: str) -> Any:
    """Return the value. Raises `ValueError` if it is no JSON, or nested too deeply to be read."""
    try:
        return json.loads(text, parse_int=_integer, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def fits_document(value: object) -> bool:
    """Return whether the value can be a part of a document: finite, and not nested deeply."""
    level = [value]
    for _ in range(_DEEPEST):
        if any(isinstance(each, float) and not math.isfinite(each) for each in level):
            return False
        level = [inner for each in level for inner in _inner(each)]
        if not level:
            return True
    return False


def strict(document: str) -> Any:
    """Return the value of a document of ours, with the names of numbers that are no JSON as texts.

    Python writes an infinite number as `Infinity`.
    """
    return json.loads(document, parse_int=_integer, parse_constant=str)


def as_part(value: object) -> object:
    """Return a value that a document can have: the value itself, or its JSON as a text."""
    if fits_document(value):
        return value
    try:
        return json.dumps(value)
    except RecursionError:
        return "(nested too deeply)"


def member_text(text: str, name: str) -> str:
    """Return an object's member as it is written; the last one if several have the name."""
    decoder = json.JSONDecoder(parse_int=_integer)
    found, at = "", _past_space(text, 0) + 1
    while text[at := _past_space(text, at)] != "}":
        key, at = decoder.raw_decode(text, at)
        first = _past_space(text, _past_space(text, at) + 1)
        _, end = decoder.raw_decode(text, first)
        if key == name:
            found = text[first:end]
        at = _past_space(text, end)
        at += text[at] == ","
    return found


def as_bytes(text: str) -> bytes:
    """Return JSON in UTF-8. Half of a surrogate pair becomes its escape: the same JSON."""
    return text.encode("utf-8", "backslashreplace")


def as_ascii_line(text: str) -> str:
    """Return the same JSON on one line, in ASCII."""
    one = text.replace("\n", " ").replace("\r", " ")  # never within a string, which escapes them
    return _NOT_ASCII.sub(lambda found: json.dumps(found[0])[1:-1], one)


def indented(text: str) -> str:
    """Return the same JSON with indentation, or as it is where that would change its values."""
    value = parse(text)
    if not fits_document(value):
        return text
    pretty = json.dumps(value, indent=2, ensure_ascii=False)
    return pretty if _written(pretty) == _written(text) else text


def _written(text: str) -> Any:
    """Return the value with each number as its text, and with keys that an object has twice."""
    return json.loads(text, parse_int=_number, parse_float=_number, object_pairs_hook=tuple)


def _number(text: str) -> tuple[str]:
    return (text,)


def _integer(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:  # Python reads no integer of more than 4,300 digits
        return float(text)


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _inner(value: object) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _past_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    assert found
    return found.end()
