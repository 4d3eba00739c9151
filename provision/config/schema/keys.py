"""The keys of a table: the attribute's name, and its type unless it is text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from provision.config.problems import clipped
from provision.config.schema.types import ATTRIBUTE, PATTERN_DESCRIPTIONS, InvalidValue

KeyType = Literal["S", "N", "B"]
TEXT: Final = "S"
LONGEST: Final = 255
Attribute = Annotated[str, Field(pattern=ATTRIBUTE, min_length=1, max_length=LONGEST)]

_MEANT: Final = {
    "s": "S", "str": "S", "string": "S", "text": "S",
    "n": "N", "int": "N", "integer": "N", "float": "N", "decimal": "N", "num": "N", "number": "N",
    "b": "B", "bin": "B", "binary": "B", "bytes": "B", "blob": "B",
}  # fmt: skip
"""The words that people write for a type, and the type that they mean."""
_SHOWN: Final = 100
"""The most characters of a name that a message quotes."""


@dataclass(frozen=True)
class KeyAttribute:
    """An attribute that is a table's key: text (S), a number (N) or binary (B)."""

    name: str
    type: KeyType = TEXT


def _typed(value: dict[str, Any]) -> KeyAttribute:
    """Return the attribute of `{name: type}`."""
    if not value:
        raise InvalidValue("names no attribute", 'write it like "{id: N}"')
    if len(value) > 1:
        raise InvalidValue(
            f"expected one attribute and its type, found {len(value)}",
            f'keep one, such as "{{{clipped(str(next(iter(value))), _SHOWN)}: N}}"',
        )
    ((name, kind),) = value.items()
    shown = clipped(str(name), _SHOWN)
    if not re.fullmatch(ATTRIBUTE, str(name)):
        raise InvalidValue(
            f'the name "{shown}" is refused: expected {PATTERN_DESCRIPTIONS[ATTRIBUTE]}'
        )
    if len(str(name)) > LONGEST:
        raise InvalidValue(
            f"{len(str(name))} characters, {len(str(name)) - LONGEST} more than the {LONGEST} "
            "allowed",
            "choose a shorter name",
        )
    if kind not in get_args(KeyType):
        found = f'"{clipped(kind, _SHOWN)}"' if isinstance(kind, str) else "another value"
        meant = _MEANT.get(kind.lower()) if isinstance(kind, str) else None
        raise InvalidValue(
            f"expected S (text), N (number) or B (binary) as the type of {shown}, found {found}",
            f'write "{{{shown}: {meant or "N"}}}"',
        )
    return KeyAttribute(str(name), kind)


class _TextOrTyped:
    """An annotation that reads a name alone, and a mapping of the name to its type."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        def read(value: object, name: Any) -> KeyAttribute:
            if isinstance(value, KeyAttribute):
                return value
            return _typed(value) if isinstance(value, dict) else KeyAttribute(name(value))

        return core_schema.no_info_wrap_validator_function(
            read,
            handler.generate_schema(Attribute),
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda key: key.name if key.type == TEXT else {key.name: key.type}
            ),
        )

    def __get_pydantic_json_schema__(
        self, core: Any, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        typed = {
            "type": "object",
            "patternProperties": {ATTRIBUTE: {"enum": list(get_args(KeyType)), "type": "string"}},
            "minProperties": 1,
            "maxProperties": 1,
        }
        return {"anyOf": [handler(core["schema"]), typed]}


Key = Annotated[KeyAttribute, _TextOrTyped()]
"""A table's key: the name of a text attribute, or one name and its type."""
