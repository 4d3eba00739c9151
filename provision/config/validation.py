"""Turns pydantic's errors into problems: the line, what was expected and found, a suggestion."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from provision.config.problems import Problem, suggest
from provision.config.schema.json_schema import OVERLAYS, SchemaNode, config_shape, known_places
from provision.config.schema.root import Config
from provision.config.schema.types import NAME, PATTERN_DESCRIPTIONS, InvalidValue
from provision.config.yaml.nodes import YamlEntry, YamlNode, format_path
from provision.config.yaml.reader import LONGEST_NUMBER
from provision.sanitizing.masking import MASKED, assigns_secret, holds_password, says_secret

LONGEST_SHOWN = 200
"""The most characters of a value that a problem quotes."""
KEY = "[key]"  # pydantic's mark of an error in the name of an entry


def validate(tree: YamlNode, folder: Path) -> tuple[Config | None, list[Problem]]:
    """Return the configuration, or None and the problems of the file."""
    try:
        return Config.model_validate(tree.to_python(), context={"folder": folder}), []
    except ValidationError as error:
        details = error.errors(include_url=False)
    meant = {
        (*detail["loc"][:-1], known)
        for detail in details
        if detail["type"] == "extra_forbidden" and (known := _meant(detail))
    }
    # A misspelt key is not reported as missing as well.
    return None, [_explain(tree, each) for each in details if each["loc"] not in meant]


def _meant(detail: ErrorDetails) -> str:
    """Return the known key that resembles the unknown one, or an empty text."""
    *way, key = detail["loc"]
    shape = config_shape().at(way)
    found = re.search('"(.+)"', suggest(str(key), shape.fields if shape else ()))
    return found[1] if found else ""


def _explain(tree: YamlNode, detail: ErrorDetails) -> Problem:
    *way, last = detail["loc"] or ("",)
    kind = detail["type"]
    if kind == "extra_forbidden":
        return _unknown(tree, way, str(last))
    if kind == "missing":
        return _missing(tree, way, str(last))
    if last == KEY:
        return _bad_name(tree.at(way[:-1]).entries[str(way[-1])], str(way[-1]), detail)
    node = tree.at(detail["loc"])
    if kind == "value_error":
        reason = detail["ctx"]["error"]
        return node.problem(
            str(reason), reason.suggestion if isinstance(reason, InvalidValue) else ""
        )
    shape = config_shape().at(detail["loc"])
    return _mismatch(node, shape, detail)


def _unknown(tree: YamlNode, way: list[int | str], key: str) -> Problem:
    entry = tree.at(way).entries[key]
    shape = config_shape().at(way)
    known = [*(shape.fields if shape else ()), *(() if way else (OVERLAYS,))]
    suggestion = suggest(key, known)
    if not suggestion:
        elsewhere = known_places().get(key, ())
        suggestion = f"it belongs to {' or '.join(elsewhere)}" if elsewhere else ""
    return entry.problem("unknown key", suggestion or f"known here: {', '.join(known)}")


def _missing(tree: YamlNode, way: list[int | str], key: str) -> Problem:
    section = tree.at(way)
    shape = config_shape().at([*way, key])
    expected = shape.describe() if shape else "a value"
    examples = shape.schema.get("examples", ["..."]) if shape else ["..."]
    example = examples[0] if isinstance(examples[0], str) else "..."
    said = f"missing: expected {expected}"
    add = f'add "{key}: {example}"'
    return Problem(
        section.place.file,
        section.place.line,
        section.place.column,
        format_path((*section.keys, key)),
        said,
        to_complete(tree, way, add),
    )


def to_complete(tree: YamlNode, way: list[int | str], add: str) -> str:
    """Return what to do about an incomplete section: `add`, or what an overlay may have meant."""
    meant = _overlaid(tree, way)
    return f"{meant} If not, {add}" if meant else add + _removed(tree, way)


def _overlaid(tree: YamlNode, way: list[int | str]) -> str:
    """Suggest the existing name that an overlay may have meant, or return an empty text.

    A misspelt name in an overlay is a new entry, which lacks everything but the change.
    """
    if not way or tree.at(way).keys[:1] != (OVERLAYS,):
        return ""
    *above, name = way
    shape = config_shape().at(above)
    if shape is None or not shape.named or name in shape.fields:
        return ""
    others = [key for key, e in tree.at(above).entries.items() if e.node.keys[:1] != (OVERLAYS,)]
    return suggest(str(name), others)


def _removed(tree: YamlNode, way: list[int | str]) -> str:
    """Return how to correct an overlay of an entry that was removed above; empty for others."""
    keys = tree.at(way).keys
    shape = config_shape().at(way[:-1]) if len(way) > 1 else None
    if keys[:1] != (OVERLAYS,) or shape is None or not shape.named or way[-1] in shape.fields:
        return ""
    section = format_path(tuple(way[:-1]))
    return f", or remove {format_path(keys)} if it was removed from {section} itself"


def _bad_name(entry: YamlEntry, name: str, detail: ErrorDetails) -> Problem:
    shape = config_shape().at(detail["loc"][:-2])
    pattern = next(iter(shape.name_patterns if shape else ()), "")
    if detail["type"] == "string_too_long":
        return entry.problem(_too_long(name, detail), "choose a shorter name")
    shown = MASKED if assigns_secret(name) or holds_password(name) else f'"{name}"'
    return entry.problem(
        f"the name {shown} is refused: expected {PATTERN_DESCRIPTIONS[pattern]}",
        _respelt(name) if pattern == NAME else "",
    )


def _mismatch(node: YamlNode, shape: SchemaNode | None, detail: ErrorDetails) -> Problem:
    expected = shape.describe() if shape else "another value"
    match detail["type"]:
        case "string_too_long":
            return node.problem(_too_long(node.text, detail), "shorten it")
        case "string_too_short":
            return node.problem("expected text, found empty text", "write a value")
        case "too_short":
            return node.problem(f"expected at least {detail['ctx']['min_length']}, found none")
        case "too_long":
            most, found = detail["ctx"]["max_length"], len(node.elements) or len(node.entries)
            return node.problem(f"expected at most {most}, found {found}", "remove some")
        case _ if _is_secret(node):
            return _mismatch_masked(node, expected)
        case _:
            return node.problem(
                f"expected {expected}, found {found_in_words(node)}",
                next(_suggestions(node, shape), ""),
            )


def _mismatch_masked(node: YamlNode, expected: str) -> Problem:
    if isinstance(node.value, bool | int | float):
        return node.problem(f"expected {expected}, found a number {MASKED}", "write it in quotes")
    found = f"text {MASKED}" if isinstance(node.value, str) else found_in_words(node)
    return node.problem(f"expected {expected}, found {found}")


def _is_secret(node: YamlNode) -> bool:
    """Return whether the value must not be shown: a secret, even one written there by mistake."""
    if holds_password(node.text):
        return True
    if assigns_secret(node.text):
        return True
    ways = zip(node.keys, node.keys[1:], strict=False)
    return any(where == "environment" and says_secret(str(name)) for where, name in ways)


def _too_long(text: str, detail: ErrorDetails) -> str:
    most = detail["ctx"]["max_length"]
    return f"{len(text)} characters, {len(text) - most} more than the {most} allowed"


def found_in_words(node: YamlNode) -> str:
    """Describe the value that was found: `text "abc"`, `the number 5`, `a list`."""
    match node.value:
        case None:
            return "null" if node.written else "nothing"
        case bool():
            return node.text
        case int() | float():
            return f"the number {_cut(node.text)}"
        case str():
            return f'text "{_cut(node.value)}"'
        case list():
            return "a list"
        case _:
            return "keys and values"


def _cut(text: str) -> str:
    """Shorten a value that was found: it may be as long as a file."""
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def _suggestions(node: YamlNode, shape: SchemaNode | None) -> Iterator[str]:
    """Yield suggestions of what to write instead, the best first."""
    if shape is None:
        return
    kinds = {each.schema.get("type") for each in shape.alternatives}
    text = node.text
    if isinstance(node.value, str) and shape.choices:
        yield suggest(text, shape.choices)
    number = node.value if isinstance(node.value, int) else 0
    numbers = [int(each) for each in shape.choices if each.isdecimal()]
    if "integer" in kinds and numbers and node.text == str(number):
        yield f"write {min(numbers, key=lambda each: abs(each - number))}"
    if node.value is None:
        yield "write a value, or remove the line"
    if "string" in kinds and isinstance(node.value, (bool, int, float)):
        yield f'write "{node.text}", with the quotes'
    if "array" in kinds and isinstance(node.value, str):
        yield f"write [{node.text}]"
    if "integer" in kinds and isinstance(node.value, str):
        bare = text.replace("_", "").replace(",", "")
        if bare.isdecimal() and len(bare) <= LONGEST_NUMBER:
            yield f"write {int(bare)}, without quotes"
    if "integer" in kinds and isinstance(node.value, float) and node.value.is_integer():
        yield f"write {int(node.value)}"
    if "boolean" in kinds and text.lower() in {"yes", "on", "1", "true", "y"}:
        yield "write true"
    if "boolean" in kinds and text.lower() in {"no", "off", "0", "false", "n"}:
        yield "write false"
    if any(each.schema.get("pattern") == NAME for each in shape.alternatives):
        yield _respelt(text)


def _respelt(name: str) -> str:
    """Suggest the name with the usual mistakes corrected, or return an empty text."""
    better = re.sub(r"[^a-z0-9]+", "-", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower())
    better = better.strip("-").lstrip("0123456789-")
    return f'for example "{better}"' if better and better != name else ""
