"""A frozen value as JSON values and back, by its annotations. A stack has a dozen kinds of steps or
more, and making a schema of each would be half of what a short command does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache, partial
from types import NoneType, UnionType
from typing import Any, Final, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")
Read = Callable[[Any], Any]

_SCALARS: Final = {
    str: (str,),
    int: (int,),
    float: (float, int),
    bool: (bool,),
    NoneType: (NoneType,),
}


class NotPlain(ValueError):
    """A value that is no JSON value, or not what the annotation says."""


def to_plain(value: object) -> Any:
    """Raises `NotPlain` for what JSON does not have."""
    if value is None or isinstance(value, str | int | float):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [to_plain(item) for item in value]
    raise NotPlain(f"{value!r} cannot be serialized: it is no fact")


def from_plain(kind: type[T], plain: Any) -> T:
    """Equal to the value `to_plain` was given. What is not there takes its default, what `kind`
    does not know is left out. Raises `NotPlain`."""
    known: Mapping[str, Read] = _readers(cast("Any", kind))
    given = _expect(plain, (Mapping,), kind.__name__)
    try:
        return kind(**{name: known[name](item) for name, item in given.items() if name in known})
    except TypeError as error:  # a field that has no default is missing
        raise NotPlain(str(error)) from error


@cache
def _readers(kind: type[Any]) -> Mapping[str, Read]:
    hints = get_type_hints(kind)
    return {field.name: _reader(hints[field.name]) for field in fields(kind)}


def _reader(hint: Any) -> Read:
    """What turns a JSON value into one of the annotated type."""
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return lambda item: item
    if hint in _SCALARS:
        return partial(_expect, types=_SCALARS[hint], wanted=hint.__name__)
    if is_dataclass(hint):
        return partial(from_plain, cast("type[Any]", hint))
    if origin is Literal:
        return partial(_one_of, inner)
    if origin in {Union, UnionType}:
        return partial(_first_of, [_reader(each) for each in inner])
    if origin is tuple:
        return partial(_items, _reader(inner[0]))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return partial(_values, _reader(inner[1]))
    raise TypeError(f"no step may have a field of {hint}")


def _expect(item: Any, types: tuple[type, ...], wanted: str) -> Any:
    if not isinstance(item, types) or (isinstance(item, bool) and bool not in types):
        raise NotPlain(f"{item!r} is no {wanted}")
    return item


def _one_of(choices: tuple[Any, ...], item: Any) -> Any:
    if item not in choices:
        raise NotPlain(f"{item!r} is none of {', '.join(map(str, choices))}")
    return item


def _first_of(readers: list[Read], item: Any) -> Any:
    for read in readers[:-1]:
        try:
            return read(item)
        except NotPlain:
            continue
    return readers[-1](item)


def _items(read: Read, item: Any) -> tuple[Any, ...]:
    return tuple(map(read, _expect(item, (list,), "list")))


def _values(read: Read, item: Any) -> dict[str, Any]:
    return {key: read(each) for key, each in _expect(item, (Mapping,), "mapping").items()}
