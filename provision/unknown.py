"""Values that AWS will choose and that are not known yet, as a type that no value can imitate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from typing import Any, Final, NoReturn

KNOWN_AFTER_UP: Final = "known after up"


class UnknownUsed(TypeError):
    """An unknown used as a value; use `format_known`, or wait until the value is known."""


class Unknown:
    """A value that will be known after `up`.

    It equals only itself and raises `UnknownUsed` if it is used as text, truth value or sequence.
    """

    def __repr__(self) -> str:
        return f"({KNOWN_AFTER_UP})"

    def _refuse(self, *_: object) -> NoReturn:
        raise UnknownUsed(f"a value that is only {KNOWN_AFTER_UP} was used as if it were known")

    __str__ = __bool__ = __iter__ = __len__ = __getitem__ = __add__ = __radd__ = _refuse
    __format__ = __lt__ = __contains__ = _refuse

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = None  # type: ignore[assignment]  # an unknown cannot be a key either


UNKNOWN: Final[Any] = Unknown()
"""The unknown. Typed as Any because it takes the place of values of every type."""


def unknown() -> Any:
    """Return the default for fields that an observed or recorded resource need not have."""
    return UNKNOWN


def is_known(value: object) -> bool:
    """Return whether no part of the value, at any depth, is unknown."""
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
    """The text shown for an unknown; every index and slice of it is the whole text."""

    __slots__ = ()

    def __getitem__(self, _part: object) -> str:
        return self


def in_words(value: Any) -> Any:
    """Return the value, or the text for an unknown if any part of it is unknown."""
    return value if is_known(value) else _InWords(f"({KNOWN_AFTER_UP})")


def format_known(template: str, *parts: str) -> str:
    """Return `template.format(*parts)`, or unknown if any part is unknown."""
    return template.format(*parts) if is_known(parts) else UNKNOWN


def sort_known(values: Iterable[str]) -> tuple[str, ...]:
    """Return the values sorted, or in the given order if one of them is unknown."""
    parts = tuple(values)
    return tuple(sorted(parts)) if is_known(parts) else parts
