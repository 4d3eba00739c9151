"""Random damage, the same for the same seed: of a text, and of a JSON document's parts."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from random import Random
from typing import Any, Final

PIECES: Final = (
    "\0", "\x1b[2J", "\ufeff", "\ud800", "\u2028", "\x85", "\t", "\r", "---\n", "...", "&a [*a]",
    "*a", "<<: ", "!!python/object:os.system ", "? ", "| ", "`ls`", "$(ls)", "../../etc/passwd",
    "~", "null", "-0", "1e999", "-.inf", "NaN", "Infinity", "²", "0E0", "1_000", "{" * 400,
    "[" * 4000, '{"a":' * 3000, "9" * 5000, "x" * 70_000, '"', "'", "#", "%", ":", ": ", "- ",
    '"a\\uD800b"', "[&a '" + "x" * 60_000 + "'" + ", *a" * 9_000 + "]", "k" * 9_000 + ": ",
    "[" + "{}, " * 9_000 + "]", "environment: local", "source: .git", "\n", "\n\n  ", "}", "]",
    ",", "{}", "[]", '""',
)  # fmt: skip
"""Text that parsers, terminals and shells treat specially."""

VALUES: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 2**63, 10**4299, 0.5, float("inf"), float("nan"), "", " ", "x",
    "x" * 70_000, "\0", "\ud800", "\x1b]0;x\x07", "a\nb", "`ls`", "../x", "~1",
    "create", "delete", "masked", [], {}, [None], [[]], {"": None}, {"masked": 5}, {"a": {"b": []}},
)  # fmt: skip


def damaged_text(text: str, random: Random) -> str:
    """Return the text with one to three random changes."""
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        text = random.choice(_WOUNDS)(text, random)
    return text


def damaged_bytes(text: str, random: Random) -> bytes:
    """Return the same as bytes of a file, which sometimes are not UTF-8 any more."""
    content = damaged_text(text, random).encode(errors="surrogatepass")
    if random.random() < 0.1:
        at = random.randrange(len(content) + 1)
        content = content[:at] + random.randbytes(3) + content[at:]
    return content


def damaged_json(text: str, random: Random) -> str:
    """Return it with parts replaced, removed, renamed, exchanged or nested deep."""
    document = json.loads(text)
    for _ in range(random.choice((1, 1, 2, 3))):
        document = _damaged(document, random)
    return json.dumps(document)


def _cut_out(text: str, random: Random) -> str:
    start, end = sorted(random.randrange(len(text) + 1) for _ in range(2))
    return text[:start] + text[min(end, start + 200) :]


def _cut_off(text: str, random: Random) -> str:
    return text[: random.randrange(len(text) + 1)]


def _put_in(text: str, random: Random) -> str:
    at = random.randrange(len(text) + 1)
    return text[:at] + random.choice(PIECES) + text[at:]


def _doubled(text: str, random: Random) -> str:
    start = random.randrange(len(text) + 1)
    return text[: start + random.randrange(200)] + text[start:]


def _line_doubled(text: str, random: Random) -> str:
    lines = text.split("\n")
    lines.insert(random.randrange(len(lines)), random.choice(lines))
    return "\n".join(lines)


def _word_replaced(text: str, random: Random) -> str:
    words = text.split(" ")
    words[random.randrange(len(words))] = random.choice(PIECES)
    return " ".join(words)


_WOUNDS: Final[tuple[Callable[[str, Random], str], ...]] = (
    _cut_out, _cut_off, _put_in, _put_in, _doubled, _line_doubled, _word_replaced,
)  # fmt: skip

_Way = tuple[Any, ...]


def _ways(part: Any, way: _Way = ()) -> list[_Way]:
    inner: list[tuple[Any, Any]] = []
    if isinstance(part, dict):
        inner = list(part.items())
    elif isinstance(part, list):
        inner = list(enumerate(part))
    return [way, *(found for key, each in inner for found in _ways(each, (*way, key)))]


def _at(document: Any, way: _Way) -> Any:
    for key in way:
        document = document[key]
    return document


def _damaged(document: Any, random: Random) -> Any:
    ways = _ways(document)[1:]
    if not ways:
        return random.choice(VALUES)
    way = random.choice(ways)
    *outer, key = way
    holder = _at(document, tuple(outer))
    match random.randrange(6):
        case 0:
            del holder[key]
        case 1:
            holder[key] = deepcopy(_at(document, random.choice(ways)))
        case 2 if isinstance(holder, dict):
            holder[random.choice([*PIECES[:20], "table.items", "vpc~1", ""])] = holder.pop(key)
        case 3:
            deep = holder[key]
            for _ in range(random.choice((2, 60, 200))):
                deep = [deep] if random.random() < 0.5 else {"a": deep}
            holder[key] = deep
        case _:
            holder[key] = random.choice(VALUES)
    return document
