"""Reads config.yaml into nodes with lines: YAML 1.2's plain values and nothing else."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from provision.config.problems import ConfigInvalid, Problem
from provision.config.yaml.brackets import not_closed
from provision.config.yaml.nodes import Keys, Position, Scalar, YamlEntry, YamlNode
from provision.files import read_regular

MOST_NODES = 20_000
"""The most values: aliases of aliases grow without bound, and real files are far smaller."""

MOST_BYTES = 1_048_576
"""The largest file: one without end would be read until no memory is left.

PyYAML took 12 seconds for 800 KB, on a busy machine.
"""

MOST_TEXT = 4 * MOST_BYTES
"""The most characters of all values and keys, with aliases written out.

Aliases can repeat one long text a thousand times, a line each.
"""

DEEPEST = 100
"""The most brackets and indentations inside each other; a JSON Schema model has some dozen."""

LONGEST_NUMBER = 100
"""The longest text read as a number: Python refuses thousands of digits, and none is needed."""

_TAG = "tag:yaml.org,2002:"
# `on`, `no`, 1_000, 012345678901 and 1:30 stay text, unlike in YAML 1.1.
SCALARS = (
    ("null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]),
    ("bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")),
    ("int", re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$"), list("-+0123456789")),
    (
        "float",
        re.compile(
            r"^[-+]?(?:(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|\.inf)$"
        ),
        list("-+.0123456789"),
    ),
    ("merge", re.compile(r"^(?:<<)$"), ["<"]),
)


_FEWER = "make several stacks of it, a file each"
_TOO_MANY = f"more than {MOST_NODES} values"
_TOO_DEEP = f"brackets are nested too deeply, more than {DEEPEST} in each other"


def tag_of(kind: str) -> str:
    return _TAG + kind


class _Loader(yaml.SafeLoader):
    """A loader that only composes nodes; its own table of plain values leaves PyYAML's as it is."""

    depth = 0
    values = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        is_key = isinstance(parent, yaml.MappingNode) and index is None
        self.values += not is_key
        if self.depth > DEEPEST:
            raise self._refused(_TOO_DEEP)
        if self.values > MOST_NODES:
            raise self._refused(_TOO_MANY)
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1

    def _refused(self, said: str) -> yaml.MarkedYAMLError:
        mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # as its stubs are
        return yaml.MarkedYAMLError(problem=said, problem_mark=mark)


_Loader.yaml_implicit_resolvers = {}
for _kind, _pattern, _starts in SCALARS:
    _Loader.add_implicit_resolver(tag_of(_kind), _pattern, _starts)


def read(path: Path) -> tuple[YamlNode, list[Problem]]:
    """Return the top mapping and its problems. Raise ConfigInvalid if it cannot be parsed."""
    file = str(path)
    text = _decode(path, file)
    try:
        top = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise ConfigInvalid([_syntax(file, text, error)]) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        said = f"the character {error.character!r} is not allowed in YAML"
        raise ConfigInvalid([Problem(file, line, 1, "", said, "delete it")]) from error
    if top is None or (isinstance(top, yaml.ScalarNode) and not top.value):
        raise ConfigInvalid([Problem(file, 0, 0, "", "the file is empty", _START)])
    reading = _Reading(file)
    root = reading.node(top, ())
    if not isinstance(root.value, dict):
        kind = "a list" if isinstance(root.value, list) else "a single value"
        said = f"expected keys and values at the top, found {kind}"
        place = root.place
        raise ConfigInvalid([Problem(file, place.line, place.column, "", said, _START)])
    return root, reading.problems


def refuse_linked(path: Path) -> None:
    """Raise ConfigInvalid for a link out of its folder.

    Messages would quote a file that the user did not name.
    """
    try:
        linked = path.is_symlink()
        outside = linked and not path.resolve().is_relative_to(path.parent.resolve())
    except (OSError, RuntimeError):  # a loop of links, which reading reports
        return
    if outside:
        said = "this is a symbolic link out of its folder"
        instead = "put the file itself there, or allow it with --allow-outside"
        raise ConfigInvalid([Problem(str(path), 0, 0, "", said, instead)])


_START = 'begin with the lines "name: ...", "environment: ...", "region: ..."'


_HALF = re.compile("[\ud800-\udfff]")
_WHOLE = "write the character itself, or \\U and its eight digits"
_QUOTE = "quote it if it is text"
_SIGNS = {
    "found undefined alias": "undefined alias, which is what begins with *",
    "found duplicate anchor": "duplicate anchor, which is what begins with &",
    "found undefined tag handle": "undefined tag handle, which is what begins with !",
}
"""PyYAML's messages → ours without its quotes, which may be a password written without quotes."""


def _decode(path: Path, file: str) -> str:
    def refused(message: str, suggestion: str) -> ConfigInvalid:
        return ConfigInvalid([Problem(file, 0, 0, "", message, suggestion)])

    try:
        content = read_regular(path, MOST_BYTES)
    except FileNotFoundError:
        said, instead = (
            "there is no such file",
            "go to the folder that holds it, or give --config FILE",
        )
        raise ConfigInvalid([Problem(file, 0, 0, "", said, instead, absent=True)]) from None
    except IsADirectoryError:
        raise refused(
            "this is a folder", f"give --config {shlex.quote(str(path / 'config.yaml'))}"
        ) from None
    except OSError as error:
        said = f"cannot be read: {error.strerror}"
        raise refused(said, "make it a readable file, or give --config FILE") from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigInvalid(
            [Problem(file, line, 1, "", "the file is not UTF-8 text", "save it as UTF-8")]
        ) from error


def _syntax(file: str, text: str, error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    if error.problem == _TOO_DEEP:
        return Problem(file, line, column, "", _TOO_DEEP, "close them earlier")
    if error.problem == _TOO_MANY:
        return Problem(file, line, column, "", _TOO_MANY, _FEWER)
    if opened := not_closed(file, error):
        return opened
    for sign, meant in _SIGNS.items():
        if sign in f"{error.problem} {error.context}":
            return Problem(file, line, column, "", f"not YAML: {meant}", _QUOTE)
    said, suggestion = f"not YAML: {error.problem or error.context}", ""
    lines = text.splitlines()
    here = lines[line - 1] if 0 < line <= len(lines) else ""
    if "\t" in (error.problem or "") or "'\\t'" in (error.problem or ""):
        said, suggestion = "not YAML: a tab in the indentation", "indent with spaces"
    elif "mapping values are not allowed" in said:
        suggestion = "check the indentation, and quote text that contains a colon and a space"
    elif error.context and error.context_mark and error.context_mark.line + 1 != line:
        said += f" ({error.context} in line {error.context_mark.line + 1})"
    if "expected a single document" in (error.context or ""):
        said, suggestion = "a second document begins here", 'delete the line "---"'
    elif re.search(r":\s*[%@`*&{\[]", here) and not suggestion:
        suggestion = "quote text that begins with a special character"
    return Problem(file, line, column, "", said, suggestion or "correct the line")


@dataclass
class _Reading:
    file: str
    problems: list[Problem] = field(default_factory=list)
    made: int = 0
    text: int = 0
    open: set[int] = field(default_factory=set)
    met: set[int] = field(default_factory=set)
    aliased: bool = False
    """Whether any node was met twice."""

    def node(self, raw: yaml.Node, keys: Keys) -> YamlNode:
        place = self._place(raw)
        self.made += 1
        if self.made > MOST_NODES:
            raise ConfigInvalid([self._too_many(place, keys)])
        if len(keys) > DEEPEST:
            raise ConfigInvalid(
                [YamlNode(None, place, keys).problem(_TOO_DEEP, "close them earlier")]
            )
        self.aliased = self.aliased or id(raw) in self.met
        self.met.add(id(raw))
        if isinstance(raw, yaml.ScalarNode):
            self._count(raw, place, keys)
            return YamlNode(self._scalar(raw, place, keys), place, keys, raw.value)
        if id(raw) in self.open:
            self._add(place, keys, "an alias to what it is part of", "write the value out")
            return YamlNode(None, place, keys)
        self.open.add(id(raw))
        try:
            value: dict[str, YamlEntry] | list[YamlNode]
            if isinstance(raw, yaml.SequenceNode):
                self._check_tag(raw, place, keys, "seq")
                value = [self.node(each, (*keys, at)) for at, each in enumerate(raw.value)]
            else:
                self._check_tag(raw, place, keys, "map")
                value = self._mapping(raw, keys)
            return YamlNode(value, place, keys)
        finally:
            self.open.discard(id(raw))

    def _count(self, raw: yaml.ScalarNode, place: Position, keys: Keys) -> None:
        """Count the text, and replace half surrogate pairs (from escapes): none can be written."""
        self.text += len(raw.value)
        if self.text > MOST_TEXT:
            said = f"more than {MOST_TEXT:,} characters, with aliases written out"
            raise ConfigInvalid([YamlNode(None, place, keys).problem(said, "use fewer aliases")])
        if not raw.value.isascii() and _HALF.search(raw.value):
            self._add(place, keys, "half of a pair of surrogates, which is no text", _WHOLE)
            raw.value = _HALF.sub("?", raw.value)

    def _too_many(self, place: Position, keys: Keys) -> Problem:
        said, instead = _TOO_MANY, _FEWER
        if self.aliased:
            said, instead = f"{said}, with aliases written out", "use fewer aliases"
        return YamlNode(None, place, keys).problem(said, instead)

    def _mapping(self, raw: yaml.Node, keys: Keys) -> dict[str, YamlEntry]:
        merged: dict[str, YamlEntry] = {}
        own: dict[str, YamlEntry] = {}
        for raw_key, raw_value in raw.value:
            place = self._place(raw_key)
            if not isinstance(raw_key, yaml.ScalarNode):
                said = "a key is a list or a mapping here"
                self._add(place, keys, said, "quote text that begins with a bracket or brace")
            elif raw_key.tag == f"{_TAG}merge":
                for entries in self._merged(raw_value, keys):
                    merged = entries | merged
            elif raw_key.tag == f"{_TAG}null":
                self._add(place, keys, "a value without a key", "write the key before the colon")
            else:
                self._count(raw_key, place, keys)
                key: str = raw_key.value
                entry = YamlEntry(place, self.node(raw_value, (*keys, key)))
                if key in own:
                    first = own[key].place.line
                    twice = f"given twice; the first is in line {first}"
                    self.problems.append(entry.problem(twice, "keep one of the two"))
                else:
                    own[key] = entry
        return merged | own

    def _merged(self, raw: yaml.Node, keys: Keys) -> Iterator[dict[str, YamlEntry]]:
        for source in raw.value if isinstance(raw, yaml.SequenceNode) else [raw]:
            if isinstance(source, yaml.MappingNode):
                yield self.node(source, keys).entries
            else:
                said = "<< merges another mapping, and this is not one"
                self._add(self._place(source), keys, said, "write: <<: *name")

    def _scalar(self, raw: yaml.ScalarNode, place: Position, keys: Keys) -> Scalar:
        text: str = raw.value
        match raw.tag.removeprefix(_TAG):
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int" if SCALARS[2][1].match(text):
                return int(text) if len(text) <= LONGEST_NUMBER else text
            case "float" if SCALARS[3][1].match(text):
                return float(text.replace(".inf", "inf"))
            case "str" | "merge":
                return text
        self._check_tag(raw, place, keys, "str")
        return text

    def _check_tag(self, raw: yaml.Node, place: Position, keys: Keys, usual: str) -> None:
        if raw.tag != _TAG + usual:
            said = "a YAML tag, which begins with !, that is not known here"
            self._add(place, keys, said, f"{_QUOTE}, else write the plain value")

    def _place(self, raw: yaml.Node) -> Position:
        return Position(self.file, raw.start_mark.line + 1, raw.start_mark.column + 1)

    def _add(self, place: Position, keys: Keys, message: str, suggestion: str) -> None:
        self.problems.append(YamlNode(None, place, keys).problem(message, suggestion))
