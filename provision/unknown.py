"""What AWS will choose and nobody knows yet: a type of its own that can never pass for a value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from typing import Any, Final, NoReturn

KNOWN_AFTER_UP: Final = "known after up"


class UnknownUsed(TypeError):
    """Code treated an unknown as a value: build with `fill`, or wait for what is needed."""


class Unknown:
    """Equal to nothing but itself; refuses to become text, truth, a key or a sequence."""

    def __repr__(self) -> str:
        return f"({KNOWN_AFTER_UP})"

    def _refuse(self, *_: object) -> NoReturn:
        raise UnknownUsed(f"a value that is only {KNOWN_AFTER_UP} was used as if it were known")

    __str__ = __bool__ = __iter__ = __len__ = __getitem__ = __add__ = __radd__ = _refuse
    __format__ = __lt__ = __contains__ = _refuse

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = None  # type: ignore[assignment]  # an unknown is no key either


UNKNOWN: Final[Any] = Unknown()
"""Stands wherever a value of any type will be; hence Any."""


def unknown() -> Any:
    """The default of a field that what is read from AWS or from the state need not have."""
    return UNKNOWN


def is_known(value: object) -> bool:
    """Whether no part of the value, however deep, is unknown."""
    if isinstance(value, Unknown):
        return False
    if isinstance(value, str | bytes | bool | int | float | None):
        return True
    if isinstance(value, Mapping):
        return all(is_known(part) for part in value.values())
    if isinstance(value, Sequence | AbstractSet):
        return all(is_known(part) for part in value)
    if is_dataclass(value):
        return all(is_known(vars(value)[field.name]) for field in fields(value))
    return True


class _InWords(str):
    """What stands in a text for an unknown, whatever part of it is taken."""

    __slots__ = ()

    def __getitem__(self, _part: object) -> str:
        return self


def in_words(value: Any) -> Any:
    """The value; where any part of it is unknown, the words for that."""
    return value if is_known(value) else _InWords(f"({KNOWN_AFTER_UP})")


def format_known(template: str, *parts: str) -> str:
    """`template.format(*parts)`, or unknown where any part is."""
    return template.format(*parts) if is_known(parts) else UNKNOWN


def sort_known(values: Iterable[str]) -> tuple[str, ...]:
    """Sorted; as they come where one is unknown."""
    parts = tuple(values)
    return tuple(sorted(parts)) if is_known(parts) else parts
