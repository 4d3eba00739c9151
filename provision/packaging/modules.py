"""Finds modules of a function's folder that do not compile, and whether the handler imports them.

A separate program with limits reads them as text (`compilation.py`); none of their code runs.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from provision.packaging import compilation
from provision.packaging.compilation import Answer, Release
from provision.packaging.exclusion import packed_files
from provision.packaging.folder import read_file
from provision.packaging.imports import handler_module, imported, module_file
from provision.packaging.own_modules import OWN, own_modules

RUNNING: Final = sys.version_info[:2]

MOST_CHECKED: Final = 2 * 1_048_576
"""The most bytes of a module that is checked; also applies if the system cannot limit memory."""
MOST_TOGETHER: Final = 32 * 1_048_576
"""The most bytes of all modules of a folder."""
PATIENCE: Final = 60
"""Seconds for all modules of a folder; also applies if the system cannot limit CPU time."""
_BOUNDS: Final = f"{compilation.SECONDS} s of a processor or {compilation.BYTES // 1_048_576:,} MiB"
_TO_START: Final = ("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""Environment variables that Python may need to start."""

_NEWER: Final[tuple[tuple[Release, re.Pattern[str]], ...]] = (
    ((3, 12), re.compile(r"(?:^|[;:])[ \t]*type[ \t]+[^\W\d]\w*[ \t]*[=\[]", re.MULTILINE)),
    ((3, 12), re.compile(r"\b(?:def|class)[ \t]+\w+[ \t]*\[")),
    ((3, 14), re.compile(r"\bexcept\b[ \t]*\*?[^:(\n]{0,200},")),
    ((3, 14), re.compile(r"\b(?:tr?|rt)[\"']", re.IGNORECASE)),
)
"""Patterns of new grammar with the release that introduced it. A match need not be that grammar:
it only means that an older Python cannot be sure of an error."""
_FREE_FSTRINGS: Final[Release] = (3, 12)
_NEWEST: Final[Release] = (3, 14)
"""The newest release whose grammar is in this table."""
_FSTRING: Final = re.compile(
    r"\b(?:f|fr|rf)(?:(\"\"\"|''')(.*?)(?:\1|\Z)|([\"'])((?:\\.|[^\\\n])*?)(?:\3|$))",
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)
"""An f-string as Python before 3.12 delimits it."""
_ESCAPED: Final = re.compile(r"\{[^{}\\]*\\[^{}]*\}")


@dataclass(frozen=True)
class ModuleFault:
    """A reason why a module does not compile.

    `doubt` says why it may do no harm; it is empty if the function cannot work.
    """

    file: Path
    line: int
    message: str
    doubt: str = ""
    bound: bool = False
    """True if no error was found, but checking exceeds the limits, as any reading of it would."""

    def __str__(self) -> str:
        said = f"{self.file.as_posix()}:{self.line}: {self.message}"
        return f"{said}; {self.doubt}" if self.doubt else said


def faults(
    source: Path, handler: str, runtime: str, exclude: Sequence[str] = ()
) -> list[ModuleFault]:
    """Return the faults of all modules below the folder, for a runtime such as `python3.13`.

    Raise `PackagingFailed` if the folder cannot be read.
    """
    files = _modules(packed_files(source, exclude))
    return _faults(source, files, runtime, [(files, handler)])


def layer_faults(
    source: Path, runtime: str, users: Sequence[tuple[Path, str]]
) -> list[ModuleFault]:
    """Return the faults of a layer's own modules, by the folders and handlers of its functions.

    Raise `PackagingFailed` if a folder cannot be read.
    """
    own = _modules(own_modules(source))
    # A function's own folder is searched before its layers.
    together = [(own | _modules(packed_files(folder)), handler) for folder, handler in users]
    return _faults(source / OWN, own, runtime, together)


def _modules(files: Mapping[str, Path]) -> dict[str, Path]:
    return {name: path for name, path in files.items() if name.endswith(".py")}


def _faults(
    source: Path,
    files: Mapping[str, Path],
    runtime: str,
    users: Sequence[tuple[Mapping[str, Path], str]],
) -> list[ModuleFault]:
    """Return the faults of the files; `users` are all modules that a handler finds, and it."""
    release = tuple(int(part) for part in runtime.removeprefix("python").split("."))
    sizes = {name: path.stat().st_size for name, path in files.items()}
    large = [name for name, size in sizes.items() if size > MOST_CHECKED]
    if sum(sizes.values()) > MOST_TOGETHER:
        return [_unchecked(source, f"{MOST_TOGETHER:,} bytes of modules")]
    if large:
        return [_unchecked(files[name], f"{MOST_CHECKED:,} bytes") for name in sorted(large)[:1]]
    contents = {name: read_file(files[name]) for name in sorted(files, key=sizes.__getitem__)}
    answers = _judged(tuple(contents.values()), release)
    if len(answers) < len(contents):
        return [_unchecked(files[[*contents][len(answers)]], _BOUNDS)]
    found = {name: fault for name, fault in zip(contents, answers, strict=True) if fault}
    if not found:
        return []
    imports = {
        each[name]
        for each, handler in users
        for name in reached({name: read_file(path) for name, path in each.items()}, handler)
    }
    handlers = " and ".join(dict.fromkeys(handler for _, handler in users)) or "a handler"
    return [
        ModuleFault(
            files[name],
            line,
            message,
            _doubt(files[name] in imports, contents[name], release, handlers),
        )
        for name, (line, message) in sorted(found.items())
    ]


def _unchecked(file: Path, bounds: str) -> ModuleFault:
    said = f"too large to check whether it compiles: more than {bounds}"
    return ModuleFault(file, 1, said, "not an error, but no other module was checked", bound=True)


@lru_cache(maxsize=8)
def _judged(contents: tuple[bytes, ...], release: Release) -> list[Answer]:
    """Return the modules' errors in order, in this Python or the function's.

    The list is shorter than `contents` if a module exceeds the limits: it ends before that one.
    """
    if not contents:
        return []
    asked = json.dumps({"release": release, "sizes": [*map(len, contents)]}).encode() + b"\n"
    # Python in isolation: no environment settings, no packages, no modules of a folder.
    command = [sys.executable, "-I", "-S", "-B", compilation.__file__]
    try:
        done = subprocess.run(
            command,
            input=asked + b"".join(contents),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in _TO_START if name in os.environ},
            timeout=PATIENCE,
            check=False,
        ).stdout
    except subprocess.TimeoutExpired as late:
        done = late.stdout or b""
    return [answer and (answer[0], answer[1]) for answer in map(json.loads, _whole_lines(done))]


def _whole_lines(text: bytes) -> list[bytes]:
    return text.split(b"\n")[:-1]


def _doubt(reached: bool, content: bytes, release: Release, handler: str) -> str:  # noqa: FBT001
    if not reached:
        return f"not an error: {handler} does not seem to import it"
    if release > RUNNING and _newer_words(content.decode("utf-8", "replace"), release):
        running, wanted = (".".join(map(str, each)) for each in (RUNNING, release))
        return f"so says Python {running}; the function's {wanted} may accept it"
    return ""


def _newer_words(text: str, release: Release) -> bool:
    """Return whether the text may use grammar newer than the running Python's, up to `release`."""
    if release > _NEWEST:
        return True
    if RUNNING < _FREE_FSTRINGS and any(map(_is_cut, _FSTRING.finditer(text))):
        return True
    return any(
        RUNNING < since <= release and pattern.search(text) is not None for since, pattern in _NEWER
    )


def _is_cut(found: re.Match[str]) -> bool:
    """Return whether an f-string, delimited by the old rule, may be written for the new one.

    It then ends inside an expression or has a backslash in one; it may also be wrong.
    """
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


def reached(contents: Mapping[str, bytes], handler: str) -> set[str]:
    """Return the names in the zip of all modules that the handler's module certainly imports.

    Imports inside functions count too.
    """
    found: set[str] = set()
    left = list(_run_by(contents, handler_module(handler)))
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            for wanted in imported(name, contents[name]):
                left += _run_by(contents, wanted)
    return found


def _run_by(contents: Container[str], dotted: str) -> Iterator[str]:
    """Yield the files that `import dotted` runs: importing a.b.c runs a and a.b first."""
    parts = dotted.split(".")
    for end in range(1, len(parts) + 1):
        if file := module_file(contents, ".".join(parts[:end])):
            yield file
