"""What the configuration refers to on disk: folders, requirements, handlers."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from pathlib import Path

from provision.config.node import Node
from provision.config.problem import Problem
from provision.config.section import HANDLER
from provision.handlers import handler_problem


def check_sources(tree: Node, folder: Path) -> Iterator[Problem]:
    """Folders, requirements and handlers that are not there."""
    for _, layer in tree.children("layers"):
        if source := _written(layer.node, "source"):
            yield from _in_folder(source, folder) or _requirements(source, folder)
    for _, function in tree.children("functions"):
        if source := _written(function.node, "source"):
            yield from _in_folder(source, folder) or _handler(function.node, source, folder)


def _written(node: Node, key: str) -> Node | None:
    """The text that is there, unless the model has refused it."""
    text = node.string(key)
    return node.get(key) if text and text.strip() else None


def _in_folder(source: Node, folder: Path) -> list[Problem]:
    path = folder / str(source.value)
    try:
        if path.is_dir():
            return []
        if path.exists():
            return [source.problem(f"{path.as_posix()} is a file", "name the folder it is in")]
        above = path.parent
        there = [each.name for each in above.iterdir() if each.is_dir()] if above.is_dir() else []
    except OSError as error:
        return [source.problem(f"cannot be read: {error.strerror}", "correct the path")]
    like = difflib.get_close_matches(path.name, there, n=1)
    suggestion = f'did you mean "{like[0]}"?' if like else "make the folder, or correct the path"
    return [source.problem(f"there is no folder {path.as_posix()}", suggestion)]


def _requirements(source: Node, folder: Path) -> list[Problem]:
    path = folder / str(source.value)
    if (path / "requirements.txt").is_file():
        return []
    return [
        source.problem(
            f"{path.as_posix()} holds no requirements.txt",
            "write the packages of the layer there, one a line, with their versions",
        )
    ]


def _handler(function: Node, source: Node, folder: Path) -> list[Problem]:
    handler = _written(function, "handler")
    if handler is None or not re.fullmatch(HANDLER, str(handler.value)):
        return []
    try:
        said = handler_problem(folder / str(source.value), str(handler.value))
    except OSError as error:
        said = f"the module cannot be read: {error.strerror}"
    suggestion = "write module.function as the files in the source have it"
    return [handler.problem(said, suggestion)] if said else []
