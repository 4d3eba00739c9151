"""Reads the templates of `provision init`, and makes the files of a project of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

import yaml

from provision.config.schema.types import NAME
from provision.config.schema_file import EDITOR_LINE
from provision.config.yaml.reader import SCALARS
from provision.files import LARGEST, read_regular
from provision.workflows.existing_files import ATTRIBUTES, IGNORED, README

TEMPLATES: Final = {
    "items": "create, read, list, update and delete of items in a table",
    "minimal": "one function behind one route",
}
"""Each template, and its description."""
CONFIG: Final = "config.yaml"
LONGEST_NAME: Final = 32
"""The most characters of a name: with them, names in every region keep to AWS's limits."""
_COMMON: Final = "common"
"""The folder of files that every template has."""
_RENAMED: Final = {"gitignore": IGNORED, "gitattributes": ATTRIBUTES}
"""Files that would mean something in our own repository under their name."""
_NO_LETTERS: Final = "app"
"""The name for a folder whose own name has no letter that a stack's name can have."""


@dataclass(frozen=True)
class Project:
    """The project that `provision init` writes: a stack's name and region, and the template."""

    name: str
    region: str | None
    """The region, or None for the template's own."""
    template: str

    def files(self) -> dict[str, bytes]:
        """Return the content of each file by its path in the project, config.yaml last.

        A folder without config.yaml is no project, so one that is cut short is recognised.
        """
        found: dict[str, bytes] = {}
        for folder in (_COMMON, self.template):
            found |= dict(_read(resources.files("provision") / "templates" / folder))
        found[README] = found[README].replace(b"{name}", self.name.encode())
        config = found.pop(CONFIG).decode()
        return {**dict(sorted(found.items())), CONFIG: self._config(config).encode()}

    def files_of_others(self, folder: Path) -> list[str]:
        """Return the files in the folder that only other templates have, by their path."""
        own = self.files().keys()
        others = {
            path
            for template in TEMPLATES
            for path in Project(self.name, None, template).files()
            if path not in own and (folder / path).is_file()
        }
        return sorted(others)

    def _config(self, text: str) -> str:
        text = _with_value(text, "name", self.name)
        if self.region:
            text = _with_value(text, "region", self.region)
        return f"{EDITOR_LINE}\n{text}"


def name_in(config: Path) -> str | None:
    """Return the name of the stack in a config.yaml, None if it has none that can be read."""
    try:
        text = read_regular(config, LARGEST).decode(errors="replace")
    except OSError:
        return None
    found = re.search(r"^name: *[\"']?([a-z][a-z0-9-]*)", text, re.MULTILINE)
    return found[1] if found and re.fullmatch(NAME, found[1]) else None


def same_name(folder: str) -> str | None:
    """Return the name of a folder as that of a stack, or None if more would have to change.

    It may change to lower case, spaces and underscores to hyphens, and letters to those of ASCII
    that Unicode decomposes them into.
    """
    plain = re.sub("[ _]", "-", _lower(folder))
    return plain if re.fullmatch(NAME, plain) and len(plain) <= LONGEST_NAME else None


def name_from(folder: str) -> str:
    """Return the valid name of a stack that is most like the name of a folder."""
    if same := same_name(folder):
        return same
    words = re.sub(r"[^a-z0-9]+", "-", _lower(folder).encode("ascii", "ignore").decode())
    begun = re.sub(r"^[^a-z]+", "", words)
    return begun[:LONGEST_NAME].rstrip("-") or _NO_LETTERS


def _lower(folder: str) -> str:
    """Return the name in lower case, its letters without their marks; ß becomes ss."""
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", folder).casefold())
    return "".join(each for each in parts if not unicodedata.combining(each))


def _read(folder: Traversable, path: str = "") -> Iterator[tuple[str, bytes]]:
    for each in folder.iterdir():
        if each.name == "__pycache__":  # installers compile what they install
            continue
        if each.is_dir():
            yield from _read(each, f"{path}{each.name}/")
        else:
            yield path + _RENAMED.get(each.name, each.name), each.read_bytes()


def _with_value(text: str, key: str, value: str) -> str:
    """Return the file with another value of a key at its top; a comment keeps its column."""
    found = re.search(rf"^{key}: (\S+ *)", text, re.MULTILINE)
    assert found, f"the template has no {key}"
    padded = f"{_quoted(value)} ".ljust(len(found[1]))
    return f"{text[: found.start(1)]}{padded}{text[found.end(1) :]}"


def _quoted(value: str) -> str:
    """Return the text as YAML has it: in quotes if a reader of 1.1 or 1.2 would see no text."""
    as_other = any(pattern.match(value) for _, pattern, _ in SCALARS)
    return f'"{value}"' if as_other or yaml.safe_load(value) != value else value
