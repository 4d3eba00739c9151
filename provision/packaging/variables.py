"""Finds the variables of tables that a function's code reads, from its text; no code is run."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from provision.packaging.exclusion import packed_files
from provision.packaging.folder import read_file
from provision.packaging.imports import parsed
from provision.packaging.modules import MOST_TOGETHER, reached

PREFIX: Final = "TABLE_"
"""The beginning of the variables that have a table's name in AWS (`provision/stack`)."""
_NAME: Final = re.compile(rb"[\"'](TABLE_[A-Z0-9_]{1,200})[\"']")


@dataclass(frozen=True)
class VariableRead:
    """A place that fails with a KeyError if the variable is not set."""

    file: Path
    line: int
    name: str


def variable_of(table: str) -> str:
    """Return the variable that has the name in AWS of a table of config.yaml."""
    return PREFIX + table.upper().replace("-", "_")


def unset_reads(
    source: Path, handler: str, given: Collection[str], exclude: Sequence[str] = ()
) -> list[VariableRead]:
    """Return the reads of variables that are not given, in the modules that the handler imports.

    Of each variable the first read of a module. Raise `PackagingFailed` if the folder cannot be
    read.
    """
    files = {
        name: path for name, path in packed_files(source, exclude).items() if name.endswith(".py")
    }
    if sum(path.stat().st_size for path in files.values()) > MOST_TOGETHER:
        return []
    contents = {name: read_file(path) for name, path in sorted(files.items())}
    suspects = {name for name, content in contents.items() if _may_read(content, given)}
    if not suspects:
        return []
    return [
        VariableRead(files[name], line, variable)
        for name in sorted(suspects & reached(contents, handler))
        for variable, line in _reads(contents[name])
        if variable not in given
    ]


def _may_read(content: bytes, given: Collection[str]) -> bool:
    return any(found.decode() not in given for found in _NAME.findall(content))


def _reads(content: bytes) -> Iterator[tuple[str, int]]:
    """Yield `…["TABLE_X"]` with its line, if the module has the name in no other form.

    Another form, such as `"TABLE_X" in os.environ` or an assignment, shows that the module does
    without the variable.
    """
    tree = parsed(content)
    nodes = list(ast.walk(tree)) if tree else []
    named = Counter(node.value for node in nodes if isinstance(node, ast.Constant))
    read: dict[str, list[int]] = {}
    for node in nodes:
        match node:
            case ast.Subscript(slice=ast.Constant(str(name)), ctx=ast.Load()):
                read.setdefault(name, []).append(node.lineno)
    for name, lines in read.items():
        if name.startswith(PREFIX) and named[name] == len(lines):
            yield name, min(lines)
