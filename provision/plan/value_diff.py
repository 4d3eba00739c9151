"""Differences inside two values: additions, removals and changes, each with its path.

They are found in documents, mappings and lists. Elements of a list are matched by their name (a
route's label, a statement's Sid, a widget's title), otherwise by what they have in common. A list
of plain values is compared as a set, unless only its order differs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import Any, Final, Protocol, runtime_checkable

from provision.unknown import Unknown


class Missing(Enum):
    """The marker for a value that does not exist, which is different from None."""

    ABSENT = "absent"


MISSING: Final = Missing.ABSENT
_NAMES: Final = ("Sid", "title", "name", "Name")
_ORDINARY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@runtime_checkable
class Labelled(Protocol):
    """A value that has a name among others of its kind."""

    @property
    def label(self) -> str: ...


@dataclass(frozen=True)
class ValueDiff:
    """One difference inside a value.

    `path` begins with the field's name. `have` or `want` is MISSING if the part was added or
    removed.
    """

    path: str
    have: Any
    want: Any


def diff_values(field: str, have: Any, want: Any) -> tuple[ValueDiff, ...]:
    """Return all differences between two values of a field, in reading order."""
    return tuple(_diff(field, have, want))


def _diff(path: str, have: Any, want: Any) -> Iterator[ValueDiff]:
    old, new = _normalize(have), _normalize(want)
    if _same(old, new):
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from _diff(_join_path(path, key), old.get(key, MISSING), new.get(key, MISSING))
    elif isinstance(old, list) and isinstance(new, list):
        yield from _lists(path, old, new)
    else:
        yield ValueDiff(path, have, want)


def _normalize(value: Any) -> Any:
    """Return our own values as mappings, sequences as lists, and JSON text as its document."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: vars(value)[field.name] for field in fields(value)}
    if isinstance(value, str) and value[:1] == "{":
        try:
            return json.loads(value)
        except ValueError:
            return value
    many = isinstance(value, Sequence) and not isinstance(value, str | bytes)
    return list(value) if many else value


def _lists(path: str, old: list[Any], new: list[Any]) -> Iterator[ValueDiff]:
    if all(_is_plain(each) for each in (*old, *new)):
        yield from _sets(path, old, new)
        return
    names, others = _named(old), _named(new)
    if names is not None and others is not None:
        yield from _diff(path, names, others)
    elif len(old) == len(new) and any(
        _is_plain(_normalize(each)) or isinstance(_normalize(each), list) for each in old
    ):
        for number, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _diff(f"{path}[{number}]", one, other)
    else:
        yield from _matched(path, old, new)


def _sets(path: str, old: list[Any], new: list[Any]) -> Iterator[ValueDiff]:
    gone, come = _without(old, new), _without(new, old)
    if not gone and not come:
        yield ValueDiff(path, old, new)  # only order or repetition, which matter in a list
    elif len(gone) == len(come) == 1:
        yield ValueDiff(path, gone[0], come[0])
    else:
        yield from (ValueDiff(path, each, MISSING) for each in gone)
        yield from (ValueDiff(path, MISSING, each) for each in come)


def _matched(path: str, old: list[Any], new: list[Any]) -> Iterator[ValueDiff]:
    """Compare each element with the one it has most in common with.

    They have no names, so a summary in the path says which element is meant.
    """
    gone, come = _without(old, new), _without(new, old)
    if not gone and not come:
        yield ValueDiff(path, old, new)  # as in _sets
    for one in gone:
        likest = max(come, key=lambda other: _in_common(one, other), default=None)
        way = f"{path}[{_summary(one)}]"
        if likest is None or not _in_common(one, likest):
            yield ValueDiff(way, one, MISSING)
            continue
        come = [other for other in come if other is not likest]
        yield from _diff(way, one, likest)
    for other in come:
        yield ValueDiff(f"{path}[{_summary(other)}]", MISSING, other)


def _named(values: list[Any]) -> dict[str, Any] | None:
    """Return the elements by name, or None if one has no name or two have the same."""
    names = [_name(value) for value in values]
    known = [name for name in names if name is not None]
    if len(set(known)) < len(values):
        return None
    return dict(zip(known, values, strict=True))


def _name(value: Any) -> str | None:
    if isinstance(value, Labelled):
        return value.label
    if not isinstance(value, Mapping):
        return None
    inner = value.get("properties")
    places = (value, inner) if isinstance(inner, Mapping) else (value,)
    found = (place[name] for place in places for name in _NAMES if name in place)
    return next((name for name in found if isinstance(name, str)), None)


def _summary(value: Any) -> str:
    """Return a few words for an unnamed value: of a statement its effect and first action."""
    if name := _name(value):
        return name
    if isinstance(value, Mapping) and "Effect" in value:
        actions = value.get("Action") or value.get("NotAction") or []
        first = actions if isinstance(actions, str) else next(iter(actions), "")
        return f"{value['Effect']} {first}".strip()
    leaves = [leaf for leaf in _leaves(value) if isinstance(leaf, str | int)]
    return str(leaves[0]) if leaves else "…"


def _in_common(one: Any, other: Any) -> int:
    rest = list(_leaves(other))
    return sum(any(_same(leaf, each) for each in rest) for leaf in _leaves(one))


def _leaves(value: Any) -> Iterator[Any]:
    opened = _normalize(value)
    if isinstance(opened, Mapping | list):
        for part in opened.values() if isinstance(opened, Mapping) else opened:
            yield from _leaves(part)
    else:
        yield opened


def _without(values: list[Any], others: list[Any]) -> list[Any]:
    return [value for value in values if not any(_same(value, other) for other in others)]


def _same(one: Any, other: Any) -> bool:
    """Return whether two values are equal. Unknowns never are."""
    return not isinstance(one, Unknown) and bool(one == other)


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float | Unknown | None)


def _join_path(path: str, key: object) -> str:
    text = str(key)
    return f"{path}.{text}" if _ORDINARY.fullmatch(text) else f'{path}["{text}"]'
