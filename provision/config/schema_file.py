"""Writes the JSON Schema of config.yaml where the file's first line leads editors to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from provision.config.reference import schema
from provision.files import HOME, make_home, refuse_links_below, replace_private

SCHEMA_FILE: Final = f"{HOME}/config.schema.json"
"""The path of the schema, relative to the folder of config.yaml."""
EDITOR_LINE: Final = f"# yaml-language-server: $schema={SCHEMA_FILE}"
"""The comment by which the YAML language server finds the schema."""


def write_schema(folder: Path) -> Path:
    """Write the schema of this version for the config.yaml in the folder, and return its path.

    Raises `Planted` if a link leads to its directory: it came with the checkout.
    """
    path = folder / SCHEMA_FILE
    refuse_links_below(folder, path.parent)
    make_home(path.parent)
    replace_private(path, f"{json.dumps(schema(), indent=2)}\n".encode())
    return path
