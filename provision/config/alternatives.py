"""Finds another valid value for a key, so that the effect of a change can be derived."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from provision.config.checks import check_values
from provision.config.schema.json_schema import SchemaNode
from provision.config.schema.root import Config
from provision.config.yaml.nodes import Keys, from_python

_SPARES: Final = {"tables": ({"key": "id"},), "layers": ({"source": "layer"},), "functions": ()}
"""The sections whose names other values refer to, and what a spare is made of if one is empty."""
_DEEPEST: Final = 4
"""How many sections are made inside of each other where there was null."""


_LIKELY: Final = (
    "other",
    "create",
    "210987654321",
    "ops@example.com",
    "https://app.example.com",
    "app.example.com",
)
"""Texts of which one is valid where the present value is none to derive another from."""


def changed_configs(
    config: Config, keys: Keys, shape: SchemaNode, folder: Path
) -> Iterator[tuple[Any, Config]]:
    """Yield other values of a key, each with the configuration that has it. All are valid."""
    document = config.model_dump(mode="json")
    now = _at(document, keys)
    for value in _others(shape, now, 0):
        other = deepcopy(document)
        _at(other, keys[:-1])[keys[-1]] = value
        try:
            changed = Config.model_validate(other, context={"folder": folder})
        except ValidationError:
            continue
        problems = check_values(from_python(changed.model_dump(mode="json")), folder)
        if changed != config and all(problem.warning for problem in problems):
            yield value, changed


def with_spares(config: Config, folder: Path) -> Config:
    """Return the configuration with a second table, layer, function, model and authorizer: `other`.

    Of a stack with one function, the function of a route has no other valid value. Routes get a
    `throttle` too, without which none can be public.
    """
    document = config.model_dump(mode="json")
    sections = {name: document[name] for name in _SPARES} | {"models": document["api"]["models"]}
    for name, section in sections.items():
        for each in [*section.values(), *_SPARES.get(name, ())][:1]:
            section.setdefault(_LIKELY[0], deepcopy(each))
    document["api"]["authorizers"].setdefault(_LIKELY[0], {"iam": True})
    for route in document["api"]["routes"].values():
        route["throttle"] = route["throttle"] or {"rate": 50, "burst": 100}
    return Config.model_validate(document, context={"folder": folder})


def _at(document: Any, keys: Sequence[str | int]) -> Any:
    for key in keys:
        document = document[key]
    return document


def _others(shape: SchemaNode, now: Any, depth: int) -> Iterator[Any]:
    """Yield values of the shape that differ from `now`, those of the same sort first."""
    examples = shape.schema.get("examples", ())
    for each in shape.alternatives:
        yield from _of_one(each, now, depth)
    yield from (example for example in examples if example != now)
    if shape.nullable and now is not None:
        yield None


def _of_one(shape: SchemaNode, now: Any, depth: int) -> Iterator[Any]:
    schema = shape.schema
    if "enum" in schema:
        yield from (each for each in schema["enum"] if each != now)
        return
    match schema.get("type"):
        case "boolean":
            yield now is not True
        case "integer":
            yield from _numbers(schema, now)
        case "string":
            yield from _texts(schema, now)
        case "array":
            yield from _lists(shape, now, depth)
        case "object":
            yield from _sections(shape, now, depth)


def _numbers(schema: Any, now: Any) -> Iterator[int]:
    step = schema.get("multipleOf", 1)
    if isinstance(now, int):
        yield now + step
        yield now - step
    yield from (schema[bound] for bound in ("minimum", "maximum") if bound in schema)
    yield 1


def _texts(schema: Any, now: Any) -> Iterator[str]:
    yield from schema.get("examples", ())
    if not isinstance(now, str):
        yield from _LIKELY
        return
    yield f"{now}2"
    yield f"x{now}"
    for at, char in enumerate(now):
        if char.isdigit():
            yield f"{now[:at]}{(int(char) + 1) % 10}{now[at + 1 :]}"
    yield from _LIKELY


def _lists(shape: SchemaNode, now: Any, depth: int) -> Iterator[list[Any]]:
    known = list(now) if isinstance(now, list) else []
    item = shape.child(0)
    for more in _others(item, None, depth + 1) if item else ():
        yield [*known, more]
        yield [more]
    if known:
        yield known[:-1]


def _sections(shape: SchemaNode, now: Any, depth: int) -> Iterator[dict[str, Any]]:
    """Yield a section with what it must have, or a mapping with another entry."""
    if depth > _DEEPEST:
        return
    if shape.fields:
        if now is None:
            yield _required(shape, depth)
        elif isinstance(now, dict) and isinstance(now.get("secret"), str):
            yield {**now, "secret": f"{now['secret']}2"}
        return
    known = now if isinstance(now, dict) else {}
    if shape.named:
        for value in _others(shape.named, None, depth + 1):
            yield {**known, "other": value}
    yield {**known, "description": "another"}


def _required(shape: SchemaNode, depth: int) -> dict[str, Any]:
    made: dict[str, Any] = {}
    shown = [name for name, field in shape.fields.items() if field.schema.get("examples")]
    for name in shape.schema.get("required", shown[:1]):
        field = shape.fields[name]
        examples = field.schema.get("examples", ())
        made[name] = next(iter((*examples, *_others(field, None, depth + 1))), None)
    return made
