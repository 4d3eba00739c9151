"""The Python modules of a function's folder: which of them do not compile, and which of those the
handler imports. They are read as text; none of their code runs.
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from provision.imports import handler_module, imported, module_file, parsed
from provision.packaging.folder import files_below, read_file

Release = tuple[int, ...]
"""Of Python: (3, 13)."""

RUNNING: Final = sys.version_info[:2]

_NEWER: Final[tuple[tuple[Release, re.Pattern[str]], ...]] = (
    ((3, 12), re.compile(r"(?:^|[;:])[ \t]*type[ \t]+[^\W\d]\w*[ \t]*[=\[]", re.MULTILINE)),
    ((3, 12), re.compile(r"\b(?:def|class)[ \t]+\w+[ \t]*\[")),
    ((3, 14), re.compile(r"\bexcept\b[ \t]*\*?[^:(\n]*,")),
    ((3, 14), re.compile(r"\b(?:tr?|rt)[\"']", re.IGNORECASE)),
)
"""Grammar by the release that brought it. A match need not be that grammar: it only means that an
older Python cannot be sure."""
MOST_COMPILED: Final = 256 * 1024
"""Bytes of a module up to which its code is made as well. That takes Python a time that grows with
the square of how many functions there are: minutes for 2 MB. A larger one is parsed only."""
MOST_REPEATED: Final = 10
"""How many times as much code may be made of a module as is written in it. CPython writes what is
below `finally` twice, and once more for every return, break and continue on the way out, each
nested one within each copy: 2 KB became 1.5 GB. What grows further is parsed only."""
_ANY_SIZE: Final = 2_000
"""Nodes of a syntax tree of which code is made in any case."""
_FREE_FSTRINGS: Final[Release] = (3, 12)
_NEWEST: Final[Release] = (3, 14)
"""The last release whose grammar is in this table."""
_FSTRING: Final = re.compile(
    r"\b(?:f|fr|rf)(?:(\"\"\"|''')(.*?)(?:\1|\Z)|([\"'])((?:\\.|[^\\\n])*?)(?:\3|$))",
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)
"""An f-string as Python before 3.12 delimits it."""
_ESCAPED: Final = re.compile(r"\{[^{}]*\\[^{}]*\}")


@dataclass(frozen=True)
class Fault:
    """What keeps one module from compiling. `doubt` says why it may do no harm; empty where the
    function cannot work."""

    file: Path
    line: int
    message: str
    doubt: str = ""

    def __str__(self) -> str:
        said = f"{self.file.as_posix()}:{self.line}: {self.message}"
        return f"{said}; {self.doubt}" if self.doubt else said


def faults(source: Path, handler: str, runtime: str) -> list[Fault]:
    """Of every module below the folder. Raises `BundleFailed` where the folder cannot be read."""
    release = tuple(int(part) for part in runtime.removeprefix("python").split("."))
    files = {name: path for name, path in files_below(source).items() if name.endswith(".py")}
    contents = {name: read_file(path) for name, path in files.items()}
    found = {name: fault for name, text in contents.items() if (fault := _fault(text, release))}
    if not found:
        return []
    reached = _reached(contents, handler)
    return [
        Fault(files[name], line, message, _doubt(name in reached, contents[name], release, handler))
        for name, (line, message) in sorted(found.items())
    ]


def _fault(content: bytes, release: Release) -> tuple[int, str] | None:
    """The line and the message of what this Python refuses, or the function's would."""
    return _compiled(content) or (_for_older(content, release) if release < RUNNING else None)


@lru_cache(maxsize=4096)
def _compiled(content: bytes) -> tuple[int, str] | None:
    if len(content) > MOST_COMPILED:
        return _refusal(lambda: ast.parse(content))
    if b"finally" in content or b"coding" in content:  # one that spells the word otherwise
        tree = parsed(content)
        if tree is None or _repeats(tree):
            return _refusal(lambda: ast.parse(content))
    return _refusal(lambda: compile(content, "module", "exec", dont_inherit=True))


def _repeats(tree: ast.Module) -> bool:
    """Whether far more code would be made of the module than is written in it."""
    nodes: list[ast.AST] = [tree]
    for node in nodes:  # which grows meanwhile: every node after the one that holds it
        nodes += ast.iter_child_nodes(node)
    most = max(_ANY_SIZE, MOST_REPEATED * len(nodes))
    made: dict[ast.AST, tuple[int, int]] = {}
    for node in reversed(nodes):
        size, exits = _made(node, made)
        made[node] = min(size, most + 1), min(exits, most + 1)
    return made[tree][0] > most


def _made(node: ast.AST, made: Mapping[ast.AST, tuple[int, int]]) -> tuple[int, int]:
    """The nodes that code is made of, copies included, and the exits among them; too many rather
    than too few, for not every exit leaves what it stands in."""
    size, exits = _sum(ast.iter_child_nodes(node), made)
    if isinstance(node, ast.Try | ast.TryStar):
        once, ways = _sum(node.finalbody, made)
        copies = 2 + exits - ways
        size, exits = size + once * (copies - 1), exits + ways * (copies - 1)
    leaves = isinstance(node, ast.Return | ast.Break | ast.Continue)
    return size + 1, exits + leaves


def _sum(nodes: Iterable[ast.AST], made: Mapping[ast.AST, tuple[int, int]]) -> tuple[int, int]:
    each = [made[node] for node in nodes]
    return sum(size for size, _ in each), sum(exits for _, exits in each)


@lru_cache(maxsize=4096)
def _for_older(content: bytes, release: Release) -> tuple[int, str] | None:
    """What the parser knows of an older release's grammar; it does not know all of it."""
    return _refusal(lambda: ast.parse(content, feature_version=(release[0], release[1])))


def _refusal(read: Callable[[], object]) -> tuple[int, str] | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            read()
        except SyntaxError as error:
            return error.lineno or 1, error.msg
        except (ValueError, OverflowError) as error:
            return 1, str(error)
        except (RecursionError, MemoryError):
            return 1, "nested too deeply"
    return None


def _doubt(reached: bool, content: bytes, release: Release, handler: str) -> str:  # noqa: FBT001
    if not reached:
        return f"it stops nothing: {handler} does not import it, as far as can be seen"
    if release > RUNNING and _newer_words(content.decode("utf-8", "replace"), release):
        running, wanted = (".".join(map(str, each)) for each in (RUNNING, release))
        return f"so says Python {running}; the function's {wanted} may take it"
    return ""


def _newer_words(text: str, release: Release) -> bool:
    """Whether the text may use grammar newer than the running Python's, up to that release."""
    if release > _NEWEST:
        return True
    if RUNNING < _FREE_FSTRINGS and any(map(_is_cut, _FSTRING.finditer(text))):
        return True
    return any(
        RUNNING < since <= release and pattern.search(text) is not None for since, pattern in _NEWER
    )


def _is_cut(found: re.Match[str]) -> bool:
    """Whether the f-string, delimited by the old rule, ends within an expression or has a
    backslash in one: then it is written for the new rule, or is wrong."""
    body, depth, at = found[2] or found[4] or "", 0, 0
    while at < len(body):
        if not depth and body[at : at + 2] in {"{{", "}}"}:
            at += 1
        elif body[at] == "{":
            depth += 1
        elif body[at] == "}":
            depth = max(depth - 1, 0)
        at += 1
    return depth > 0 or _ESCAPED.search(body) is not None


def _reached(contents: Mapping[str, bytes], handler: str) -> set[str]:
    """The modules, by name in the zip, that importing the handler's module certainly runs, its
    functions' imports included."""
    reached: set[str] = set()
    left = list(_run_by(contents, handler_module(handler)))
    while left:
        name = left.pop()
        if name not in reached:
            reached.add(name)
            for wanted in imported(name, contents[name]):
                left += _run_by(contents, wanted)
    return reached


def _run_by(contents: Mapping[str, bytes], dotted: str) -> Iterator[str]:
    """Importing a.b.c runs a and a.b first."""
    parts = dotted.split(".")
    for end in range(1, len(parts) + 1):
        if file := module_file(contents, ".".join(parts[:end])):
            yield file
