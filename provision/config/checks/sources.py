"""Checks the files that the configuration refers to: folders, requirements, handlers, modules."""

from __future__ import annotations

import difflib
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from provision.config.checks.exclusion import check_patterns, patterns_of
from provision.config.problems import Problem
from provision.config.schema.functions import Function
from provision.config.schema.types import HANDLER
from provision.config.yaml.nodes import YamlNode, format_path
from provision.packaging.exclusion import packed_files
from provision.packaging.folder import PackagingFailed, check_sizes
from provision.packaging.handlers import handler_problem, in_folder
from provision.packaging.modules import PATIENCE, ModuleFault, faults, layer_faults
from provision.packaging.own_modules import OWN, own_modules
from provision.packaging.requirements import FILE, compile_command, read_requirements
from provision.packaging.variables import PREFIX, unset_reads, variable_of


def check_sources(tree: YamlNode, folder: Path) -> Iterator[Problem]:
    """Check that folders, requirements and handlers exist, and that modules compile."""
    for name, layer in tree.children("layers"):
        if source := _written(layer.node, "source"):
            yield from _in_folder(source, folder) or _requirements(source, folder)
            yield from _own_modules(tree, name, source, folder)
    found: list[Problem] = []
    began = time.monotonic()
    for _, function in tree.children("functions"):
        if source := _written(function.node, "source"):
            late = time.monotonic() - began > PATIENCE
            found += (
                _in_folder(source, folder)
                or _contents(function.node, source, folder)
                or ([_late(source)] if late else _code(tree, function.node, source, folder))
            )
    yield from _once(found)


def _late(source: YamlNode) -> Problem:
    said = f"its modules are not checked: those before took more than {PATIENCE} s"
    return replace(source.problem(said), warning=True)


def check_inside(tree: YamlNode, folder: Path) -> Iterator[Problem]:
    """Check that every source is below `folder`, by its path and with links followed."""
    for _, part in (*tree.children("layers"), *tree.children("functions")):
        if source := _written(part.node, "source"):
            path = folder / str(source.value)
            try:
                inside = path.resolve().is_relative_to(folder.resolve())
            except (OSError, RuntimeError, ValueError):  # a loop of links, or no path at all
                continue  # the other checks report it
            if not inside:
                yield source.problem(
                    f"{path.as_posix()} is outside of the folder of the configuration",
                    "move it there, or allow it with --allow-outside",
                )


def _once(found: Iterable[Problem]) -> Iterator[Problem]:
    """Yield one problem for each position, preferring errors to warnings.

    Functions may share modules, and one of them may import a module that another does not.
    """
    by_place: dict[object, Problem] = {}
    for problem in found:
        known = by_place.setdefault(problem.place, problem)
        if known.warning and not problem.warning:
            by_place[problem.place] = problem
    yield from by_place.values()


def _written(node: YamlNode, key: str) -> YamlNode | None:
    """Return the node of the text at `key`, or None if validation has refused it."""
    text = node.string(key)
    return node.get(key) if text and text.strip() else None


def _in_folder(source: YamlNode, folder: Path) -> list[Problem]:
    path = folder / str(source.value)
    try:
        if path.is_dir():
            return _hidden(source, path, folder)
        if path.exists():
            return [source.problem(f"{path.as_posix()} is a file", "name the folder it is in")]
        above = path.parent
        there = [each.name for each in above.iterdir() if each.is_dir()] if above.is_dir() else []
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, or no path at all
        why = error.strerror if isinstance(error, OSError) else error
        return [source.problem(f"cannot be read: {why}", "correct the path")]
    like = difflib.get_close_matches(path.name, there, n=1)
    suggestion = f'did you mean "{like[0]}"?' if like else "make the folder, or correct the path"
    return [source.problem(f"there is no folder {path.as_posix()}", suggestion)]


def _hidden(source: YamlNode, path: Path, folder: Path) -> list[Problem]:
    """Refuse hidden folders: `.git` holds a pipeline's checkout token, `.provision` the state."""
    real, top = path.resolve(), folder.resolve()
    inside = real.relative_to(top) if real.is_relative_to(top) else Path()
    if not any(part.startswith(".") for part in inside.parts):
        return []
    said = f"{path.as_posix()} is hidden, or leads to something hidden: {inside.as_posix()}"
    return [source.problem(said, "give the folder a name without a dot")]


def _contents(function: YamlNode, source: YamlNode, folder: Path) -> list[Problem]:
    """Refuse files that no zip can hold: links that lead out, pipes, more than Lambda takes."""
    path = folder / str(source.value)
    try:
        check_sizes(packed_files(path, patterns_of(function)), str(path))
    except PackagingFailed as error:
        return [source.problem(error.message, error.hint)]
    return []


def _requirements(source: YamlNode, folder: Path) -> list[Problem]:
    """Check that requirements.txt has pinned packages only; problems name its own lines.

    With modules of one's own, a layer needs none.
    """
    path = folder / str(source.value)
    file = path / FILE
    if _has_own(path) and not file.exists():
        return []
    try:
        _, wrong = read_requirements(path)
    except FileNotFoundError:
        said = f"{path.as_posix()} holds no {FILE}, and no modules of your own below {OWN}/"
        instead = f"write the packages that the code imports there, then: `{compile_command(path)}`"
        return [source.problem(said, instead)]
    except OSError as error:
        return [source.problem(f"{FILE} cannot be read: {error.strerror}", "make it a plain file")]
    return [Problem(file.as_posix(), one.line, 1, "", one.message, one.instead) for one in wrong]


def _has_own(path: Path) -> bool:
    try:
        return bool(own_modules(path))
    except PackagingFailed:  # `_own_modules` reports it
        return True


def _own_modules(tree: YamlNode, layer: str, source: YamlNode, folder: Path) -> Iterator[Problem]:
    """Check that a layer's own modules can be packed, and compile for the functions using it."""
    usual, path = Function.model_construct(), folder / str(source.value)
    using = [
        function.node
        for _, function in tree.children("functions")
        if (used := function.node.get("layers")) and layer in [one.value for one in used.elements]
    ]
    runtime = (using[0].string("runtime") if using else None) or usual.runtime
    users = [
        (folder / one, handler)
        for node in using
        if (one := node.string("source")) and (handler := node.string("handler"))
        if (folder / one).is_dir() and re.fullmatch(HANDLER, handler)
    ]
    try:
        own = own_modules(path)
        check_sizes(own, str(path / OWN))
    except PackagingFailed as error:
        yield source.problem(error.message, error.hint)
        return
    if own and _PYTHON.fullmatch(runtime):
        with suppress(PackagingFailed):  # of a function's folder, where it is reported
            yield from map(_fault, layer_faults(path, runtime, users))


_PYTHON: Final = re.compile(r"python3\.\d+")


def _code(tree: YamlNode, function: YamlNode, source: YamlNode, folder: Path) -> list[Problem]:
    handler = _written(function, "handler")
    if handler is None or not re.fullmatch(HANDLER, str(handler.value)):
        return []
    path, name = folder / str(source.value), str(handler.value)
    runtime = function.string("runtime") or Function.model_construct().runtime
    exclude = patterns_of(function)
    try:
        excluded = list(check_patterns(function, path, name))
        if any(not problem.warning for problem in excluded):
            return excluded
        wrong = faults(path, name, runtime, exclude) if _PYTHON.fullmatch(runtime) else []
        if any(fault.bound for fault in wrong):
            return [*excluded, *map(_fault, wrong)]
        known = _handler(function, handler, path) or _tables(tree, function, path, name)
        return [*excluded, *known, *map(_fault, wrong)]
    except PackagingFailed as error:
        return [source.problem(error.message, error.hint)]


def _handler(function: YamlNode, handler: YamlNode, path: Path) -> list[Problem]:
    name, exclude = str(handler.value), patterns_of(function)
    layers = function.get("layers")
    if layers and layers.elements and not in_folder(path, name, exclude):
        return []  # it must be in a layer, and is looked up there once the layers are built
    said = handler_problem(path, name, exclude) or ""
    suggestion = "write module.function as the files in the source have it"
    return [handler.problem(said, suggestion)] if said else []


def _tables(tree: YamlNode, function: YamlNode, path: Path, handler: str) -> Iterable[Problem]:
    """Warn of reads of `TABLE_X` if the function has neither that table nor that variable."""
    own = {variable_of(name) for name, _ in function.children("tables")}
    own.update(name for name, _ in function.children("environment"))
    others = {variable_of(name): name for name, _ in tree.children("tables")}
    reader = format_path(function.keys)
    for read in unset_reads(path, handler, own, patterns_of(function)):
        table = others.get(read.name)
        if table:
            do = f"write {reader}.tables: {{{table}: read}}, or {{{table}: write}}"
        else:
            missing = read.name.removeprefix(PREFIX).lower().replace("_", "-")
            do = f'add a table such as "{missing}" and name it in {reader}.tables'
            do += ": `provision config explain tables` shows both"
        said = f"{read.name} is read here, and {reader} gives no such variable"
        problem = Problem(read.file.as_posix(), read.line, 0, "", said, do)
        yield replace(problem, warning=True)


def _fault(fault: ModuleFault) -> Problem:
    return Problem(
        fault.file.as_posix(),
        fault.line,
        0,
        "",
        fault.message,
        fault.doubt,
        warning=bool(fault.doubt),
    )
