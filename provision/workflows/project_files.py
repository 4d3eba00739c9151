"""Reads the templates of `provision init`, and makes the files of a project of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

from provision.config.schema_file import EDITOR_LINE

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
_RENAMED: Final = {"gitignore": ".gitignore"}
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
        found["README.md"] = found["README.md"].replace(b"{name}", self.name.encode())
        config = found.pop(CONFIG).decode()
        return {**dict(sorted(found.items())), CONFIG: self._config(config).encode()}

    def _config(self, text: str) -> str:
        text = _with_value(text, "name", self.name)
        if self.region:
            text = _with_value(text, "region", self.region)
        return f"{EDITOR_LINE}\n{text}"


def name_from(folder: str) -> str:
    """Return the valid name of a stack that is most like the name of a folder."""
    plain = unicodedata.normalize("NFKD", folder).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain)
    begun = re.sub(r"^[^a-z]+", "", words)
    return begun[:LONGEST_NAME].rstrip("-") or _NO_LETTERS


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
    padded = f"{value} ".ljust(len(found[1]))
    return f"{text[: found.start(1)]}{padded}{text[found.end(1) :]}"
