"""Checks that a function's handler exists, from the text of its module; no code is run."""

from __future__ import annotations

import ast
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from provision.packaging.exclusion import packed_files
from provision.packaging.folder import read_file
from provision.packaging.imports import absolute, handler_module, module_file, package_of, parsed

_DYNAMIC: Final = frozenset({"__dict__", "exec", "globals", "locals", "setattr", "vars"})
"""Names with which a module may define other names that its text does not show."""
_MOST_FOLLOWED: Final = 50
"""The most modules that are followed through `from … import *`."""
_LAYERED: Final = "python/"
"""The folder of a layer's zip that modules are imported from."""
_COMPILED: Final = (".so", ".pyd")


@dataclass(frozen=True)
class _Place:
    """A folder or a layer in which modules are searched. `names` are paths relative to it."""

    names: Collection[str]
    read: Callable[[str], bytes]

    def file_of(self, dotted: str) -> str | None:
        return module_file(self.names, dotted)

    def compiled(self, dotted: str) -> bool:
        """Return whether the module exists as a compiled extension, which cannot be inspected."""
        start = f"{dotted.replace('.', '/')}."
        return any(name.startswith(start) and name.endswith(_COMPILED) for name in self.names)


def handler_problem(source: Path, handler: str, exclude: Sequence[str] = ()) -> str | None:
    """Return why Lambda would not find the handler in the function's folder, or None.

    Raise `PackagingFailed` if the folder cannot be read.
    """
    files = packed_files(source, exclude)
    place = _Place(files, lambda name: read_file(files[name]))
    if not _has_module(place, handler):
        module = handler_module(handler).replace(".", "/") or handler
        return f"handler {handler}: there is no {(source / module).as_posix()}.py"
    return _undefined(place, handler, lambda name: files[name].as_posix())


def in_folder(source: Path, handler: str, exclude: Sequence[str] = ()) -> bool:
    """Return whether the function's folder contains the handler's module."""
    return _has_module(_Place(packed_files(source, exclude), lambda _: b""), handler)


def problem_in_layers(zips: Iterable[Path], handler: str) -> str | None:
    """Return why Lambda would not find the handler in the layers, or None.

    The first layer that contains its module decides.
    """
    for file in zips:
        with zipfile.ZipFile(file) as archive:
            names = [n.removeprefix(_LAYERED) for n in archive.namelist() if n.startswith(_LAYERED)]
            place = _Place(names, _reader(archive))
            if _has_module(place, handler):
                return _undefined(place, handler, lambda name: f"{name} of the layer")
    return f"handler {handler}: its module is neither in the source nor in a layer"


def _reader(archive: zipfile.ZipFile) -> Callable[[str], bytes]:
    return lambda name: archive.read(_LAYERED + name)


def _has_module(place: _Place, handler: str) -> bool:
    module = handler_module(handler)
    return bool(module) and (place.file_of(module) is not None or place.compiled(module))


def _undefined(place: _Place, handler: str, shown: Callable[[str], str]) -> str | None:
    file, function = place.file_of(handler_module(handler)), handler.rpartition(".")[2]
    if file is None or _Names(place).may_define(file, function):
        return None
    return f"handler {handler}: {shown(file)} defines no {function}"


@dataclass
class _Names:
    """The names that importing a module of `place` may define. `seen` has the inspected files."""

    place: _Place
    seen: set[str] = field(default_factory=set)

    def may_define(self, file: str, name: str) -> bool:
        """Return whether the module may define the name; True if that cannot be determined.

        A module that does not compile also counts; its errors are reported by `modules.py`.
        """
        if len(self.seen) > _MOST_FOLLOWED:
            return True
        tree = parsed(self.place.read(file))
        if tree is None or _is_dynamic(tree) or name in set(_bound(tree.body)):
            return True
        self.seen.add(file)
        return any(self._from_all(file, star, name) for star in _stars(tree))

    def _from_all(self, file: str, star: ast.ImportFrom, name: str) -> bool:
        """Return whether `from module import *` may import the name."""
        module = absolute(package_of(file), star.level, star.module or "")
        other = self.place.file_of(module)
        if other is None:
            return True
        private = name.startswith("_") and not self.may_define(other, "__all__")
        return other not in self.seen and not private and self.may_define(other, name)


def _stars(tree: ast.Module) -> Iterator[ast.ImportFrom]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            yield node


def _is_dynamic(tree: ast.Module) -> bool:
    for node in ast.walk(tree):
        match node:
            case ast.Name(name) | ast.Attribute(attr=name) if name in _DYNAMIC:
                return True
    return "__getattr__" in set(_bound(tree.body))


def _bound(body: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the names that these statements may bind in the module, in any branch."""
    left = list(body)
    while left:
        node = left.pop()
        match node:
            case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
                yield name
                for inner in ast.walk(node):
                    yield from inner.names if isinstance(inner, ast.Global) else ()
                continue
            case ast.Name(name, ast.Store()):
                yield name
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield name
            case ast.MatchMapping(rest=str(name)):
                yield name
            case ast.Import(names):
                yield from (alias.asname or alias.name.partition(".")[0] for alias in names)
            case ast.ImportFrom(names=names):
                yield from (alias.asname or alias.name for alias in names)
            case _:
                pass
        left += ast.iter_child_nodes(node)
