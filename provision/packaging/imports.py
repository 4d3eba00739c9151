"""Reads a module's imports from its text, and finds the file that an import loads."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Container, Iterable, Iterator
from typing import Final

_OF_THE_VERSION: Final = frozenset(
    {"PY2", "PY3", "hexversion", "python_version", "version_info", "TYPE_CHECKING"}
)
_CATCHES_ALL: Final = frozenset({"BaseException", "Exception", "SyntaxError"})
MOST_PARSED: Final = 2 * 1_048_576
"""The most bytes of a module that is parsed: a syntax tree takes about a hundred times as much."""
_IMPORTERS: Final = frozenset({"__import__", "import_module"})


def handler_module(handler: str) -> str:
    """Return the dotted name of the module in `package/module.function`."""
    return handler.rpartition(".")[0].replace("/", ".")


def module_file(names: Container[str], dotted: str) -> str | None:
    """Return the one of `names` that `import dotted` runs, or None if it runs none of them."""
    base = dotted.replace(".", "/")
    candidates = (f"{base}/__init__.py", f"{base}.py")
    return next((name for name in candidates if name in names), None)


def parsed(content: bytes) -> ast.Module | None:
    """Return the module's syntax tree, or None if it has none or would be too large."""
    if len(content) > MOST_PARSED:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(content)
        except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
            return None


def imported(name: str, content: bytes) -> set[str]:
    """Return the dotted names that the module in file `name` imports, also inside functions.

    `from a import b` gives `a` and `a.b`, as b may be a module. Left out are imports that depend on
    the version of Python, that run only after a failed one, or whose SyntaxError is caught.
    """
    tree, package = parsed(content), package_of(name)
    found: set[str] = set()
    for node in _nodes(tree.body if tree else ()):
        match node:
            case ast.Import(names):
                found.update(alias.name for alias in names)
            case ast.ImportFrom(module, names, level):
                base = absolute(package, level or 0, module or "")
                found.add(base)
                found.update(f"{base}.{alias.name}".lstrip(".") for alias in names)
            case ast.Call(
                ast.Name(called) | ast.Attribute(attr=called), [ast.Constant(str(text)), *_]
            ) if called in _IMPORTERS:
                plain = text.lstrip(".")
                found.add(absolute(package, len(text) - len(plain), plain))
            case _:
                pass
    return found - {""}


def package_of(name: str) -> list[str]:
    """Return the parts of the package that the module in file `name` belongs to or is."""
    return name.split("/")[:-1]


def absolute(package: list[str], level: int, module: str) -> str:
    """Return the absolute name of a module imported with `level` dots; one means `package`."""
    base = package[: len(package) - level + 1] if level else []
    return ".".join([*base, *([module] if module else [])])


def _nodes(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield all nodes below, except for code that may never run or may fail without harm."""
    left = list(body)
    while left:
        node = left.pop()
        yield node
        match node:
            case ast.If(test, _, orelse) if named := _OF_THE_VERSION & _names(test):
                left += orelse if named == {"TYPE_CHECKING"} else ()
            case ast.Try(body, handlers, orelse, finalbody):
                left += [*orelse, *finalbody]
                left += () if any(map(_catches_all, handlers)) else body
            case _:
                left += ast.iter_child_nodes(node)


def _names(node: ast.AST) -> set[str]:
    names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    return names | {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}


def _catches_all(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or bool(_CATCHES_ALL & _names(handler.type))
