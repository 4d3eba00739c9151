"""Describes the configuration: JSON Schema, the reference page, and the values in effect."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from provision.config.overlays import MOST, SAME_EVERYWHERE
from provision.config.schema.json_schema import OVERLAYS, SchemaNode, config_shape
from provision.config.schema.root import Config
from provision.config.schema.types import NAME
from provision.config.yaml.reader import SCALARS, tag_of
from provision.sanitizing.masking import MASKED, plain_secrets

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ONE_LINE = 1_000_000
"""A width at which nothing is wrapped."""
OVERLAY_WORDS = (
    "Changes of each environment. Mappings are merged over the above; single values and lists "
    "replace. null removes a named thing (a table, a route, a tag), makes a setting null that may "
    f"be, and gives any other its default. At most {MOST}."
)


def schema() -> dict[str, Any]:
    """Return the JSON Schema of config.yaml, overlays included, for editors and other programs."""
    whole = Config.model_json_schema()
    definitions = whole.pop("$defs")
    overlay = {
        **whole,
        "properties": {
            key: each for key, each in whole["properties"].items() if key not in SAME_EVERYWHERE
        },
    }
    partial = {f"{name}Overlay": _partial(each) for name, each in definitions.items()}
    environments = {
        "description": OVERLAY_WORDS,
        "type": ["object", "null"],
        "maxProperties": MOST,
        "propertyNames": {"pattern": NAME},
        "additionalProperties": {"anyOf": [{"$ref": "#/$defs/Overlay"}, {"type": "null"}]},
    }
    return {
        "$schema": DIALECT,
        **_closed(whole),
        "title": "config.yaml",
        "properties": {**_closed(whole["properties"]), OVERLAYS: environments},
        "$defs": _closed(
            {
                **definitions,
                **partial,
                "Overlay": _partial(overlay) | {"title": "Overlay"},
            }
        ),
    }


def _closed(schema: Any) -> Any:
    """Refuse names that do not match their pattern, which pydantic's schema permits."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(each) for key, each in schema.items()}
    return closed | {"additionalProperties": False} if "patternProperties" in closed else closed


def _partial(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema for an overlay: nothing required, null allowed, any number of entries."""
    left = {key: each for key, each in schema.items() if key not in {"required", "title"}}
    if "anyOf" in left:
        left["anyOf"] = [_partial(each) for each in left["anyOf"]]
    if "$ref" in left:
        left["$ref"] += "Overlay"
    for section in ("properties", "patternProperties"):
        if section in left:
            left[section] = {key: _or_null(_partial(each)) for key, each in left[section].items()}
    if left.get("type") == "object":
        left.pop("minProperties", None)
        left.pop("maxProperties", None)  # an overlay may remove some of them
    if isinstance(left.get("additionalProperties"), dict):
        left["additionalProperties"] = _or_null(_partial(left["additionalProperties"]))
    return left


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    said = {key: schema[key] for key in ("description",) if key in schema}
    bare = {key: each for key, each in schema.items() if key not in {"description", "default"}}
    return said | {"anyOf": [bare, {"type": "null"}]}


def reference() -> str:
    """Return docs/config.md: every key with its accepted values, default and meaning."""
    lines = [
        "# config.yaml",
        "",
        "Made from the model by `provision.config.reference()`; a test keeps it up to date.",
        "",
        "YAML 1.2 values: `on`, `no`, `012345678901` and `1_000` are text, `true` and `false` are",
        "the only truth values. Unknown and duplicate keys are errors. Paths are relative to the",
        "file. The same as JSON Schema: `provision config schema`.",
    ]
    for title, shape in _sections(config_shape(), ""):
        lines += ["", f"## {title or 'Top level'}", ""]
        lines += [shape.section_words, ""] if title else []
        lines += ["| key | takes | default | |", "|---|---|---|---|"]
        required = {each for one in shape.alternatives for each in one.schema.get("required", ())}
        for key, field in shape.fields.items():
            default = "required" if key in required else _default(field)
            takes = _cell(_takes(field))
            lines.append(f"| `{key}` | {takes} | {default} | {_cell(field.description)} |")
    lines += ["", f"## {OVERLAYS}", "", OVERLAY_WORDS]
    lines += [f"`{key}` cannot be changed there." for key in SAME_EVERYWHERE[:1]]
    return "\n".join(lines) + "\n"


def _sections(shape: SchemaNode, title: str) -> Iterator[tuple[str, SchemaNode]]:
    """Yield every mapping with known keys, from the top; those in a list too."""
    if shape.fields:
        yield title, shape
    elif shape.named:
        yield from _sections(shape.named, f"{title}.\\<name\\>")
    elif element := shape.child(0):
        yield from _sections(element, f"{title}[]")
    for key, field in shape.fields.items():
        yield from _sections(field, f"{title}.{key}" if title else key)


def _takes(field: SchemaNode) -> str:
    if field.named and not field.fields and len(field.alternatives) == 1:
        return "names and values"
    said = field.describe()
    item = field.child(0)
    return f"{said} of {item.describe()}" if item else said


def _default(field: SchemaNode) -> str:
    if "default" not in field.schema:
        return ""
    default = field.schema["default"]
    if isinstance(default, dict):
        return "see below" if default else "none"
    return f"`{json.dumps(default)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "\\<")


class _Dumper(yaml.SafeDumper):
    """A YAML dumper that quotes text which YAML 1.1 or 1.2 would read as another type."""


for _kind, _pattern, _starts in SCALARS:
    _Dumper.add_implicit_resolver(tag_of(_kind), _pattern, _starts)


def effective(config: Config) -> str:
    """Return the values in effect as YAML, defaults included; it is itself a valid config.yaml."""
    return _as_yaml(config.model_dump(mode="json"))


def shown(config: Config) -> str:
    """Return the values in effect for people and the logs of CI, with secret values masked."""
    return _as_yaml(shown_values(config))


def shown_values(config: Config) -> dict[str, Any]:
    """Return the values in effect, with secret values masked."""
    document = config.model_dump(mode="json")
    for function in document["functions"].values():
        secret = dict.fromkeys(plain_secrets(function["environment"]), MASKED)
        function["environment"] |= secret
    return document


def as_flow(value: Any) -> str:
    """Return a value as YAML in one line, as it can be pasted into config.yaml."""
    text: str = yaml.dump(
        value,
        Dumper=_Dumper,
        default_flow_style=True,
        sort_keys=False,
        allow_unicode=True,
        width=_ONE_LINE,
    )
    return text.removesuffix("\n").removesuffix("\n...")


def _as_yaml(document: Mapping[str, Any]) -> str:
    text: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return text
