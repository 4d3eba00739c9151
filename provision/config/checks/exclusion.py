"""Checks the patterns of files that a function leaves out: none may take what its handler needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from provision.config.problems import Problem
from provision.config.yaml.nodes import YamlNode
from provision.packaging.exclusion import excluded_by, matches, packed_files
from provision.packaging.folder import list_files, read_file
from provision.packaging.imports import handler_module, module_file
from provision.packaging.modules import reached


def patterns_of(function: YamlNode) -> tuple[str, ...]:
    """Return the function's patterns; those that are no text are left to validation."""
    node = function.get("exclude")
    elements = node.elements if node else []
    return tuple(one.value for one in elements if isinstance(one.value, str) and one.value)


def check_patterns(function: YamlNode, path: Path, handler: str) -> Iterator[Problem]:
    """Yield an error if the handler's module is left out, and warnings of what may be a mistake.

    Raise `PackagingFailed` if the folder cannot be read.
    """
    node, patterns = function.get("exclude"), patterns_of(function)
    files = list_files(path)
    own = module_file(files, handler_module(handler))
    packed = packed_files(path, patterns)
    if own and own not in packed and not excluded_by(own, patterns):
        yield function.at(["handler"]).problem(
            f"the default list of `exclude` leaves out {own}, its module",
            f'write exclude: ["!/{own}"], or give it another name',
        )
    if node is None or not patterns:
        return
    modules = {name: read_file(one) for name, one in files.items() if name.endswith(".py")}
    needed = sorted(reached(modules, handler) - packed.keys())
    for element in node.elements:
        pattern = str(element.value)
        lost = [name for name in needed if excluded_by(name, patterns) == pattern]
        if own in lost:
            yield element.problem(
                f"it leaves out {own}, the module of the handler {handler}", "name other files"
            )
        elif lost:
            said = f"it leaves out {lost[0]}, which {handler} seems to import"
            yield replace(element.problem(said, "name other files"), warning=True)
        elif not matches(pattern, files):
            said = f"there is no file in {path.as_posix()} that it fits"
            yield replace(element.problem(said, "correct it, or remove it"), warning=True)
