"""A separate program that reports which modules this Python, or an older one, cannot compile.

`modules.py` runs it within limits, because untrusted modules may take any amount of time and
memory. It imports only the standard library, reads the modules as text, and runs none of their
code.
"""

from __future__ import annotations

import ast
import json
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

Release = tuple[int, ...]
"""A release of Python, such as (3, 13)."""
Answer = tuple[int, str] | None
"""Line and message of a module's error, or None if it has none."""

SECONDS: Final = 20
"""CPU seconds for all modules: a hundred times what parsing the largest package takes."""
BYTES: Final = 1_073_741_824
"""Bytes of memory. Python's syntax tree takes about a hundred times as much as the text."""
_LONGEST: Final = 300
"""The most characters of a message, which may quote a name."""
MOST_COMPILED: Final = 256 * 1024
"""The size in bytes up to which a module is compiled. Compiling takes time that grows with the
square of the number of functions: minutes for 2 MB. A larger module is only parsed."""
MOST_REPEATED: Final = 10
"""The most that a module's code may grow by compilation. CPython emits a `finally` block twice, and
once more for every return, break and continue that leaves it, nested ones within each copy: 2 KB
became 1.5 GB. A module that grows more is only parsed."""
_ANY_SIZE: Final = 2_000
"""The number of syntax tree nodes up to which a module is compiled however much it grows."""


def main() -> None:
    """Read a line of JSON and then the modules from stdin; write a line of JSON for each to stdout.

    A line is written as soon as its module is checked. If the process dies, the caller thus knows
    which module was next.
    """
    _limit()
    asked = json.loads(sys.stdin.buffer.readline())
    release = tuple(asked["release"])
    for size in asked["sizes"]:
        answer = judged(sys.stdin.buffer.read(size), release)
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()


def judged(content: bytes, release: Release) -> Answer:
    """Return the module's error in this Python or, if that is older, in the function's."""
    older = release < sys.version_info[:2]
    return compiled(content) or (for_older(content, release) if older else None)


def _limit() -> None:
    """Limit CPU time and memory if the system can. Elsewhere the caller's timeout ends this."""
    with suppress(ImportError):
        import resource  # noqa: PLC0415  (Windows has none)

        for limit, most in ((resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_AS, BYTES)):
            with suppress(OSError, ValueError):  # macOS has no memory limit
                resource.setrlimit(limit, (most, most))


def _ran_out() -> bool:
    """Return whether a MemoryError is real: over a quarter of the limit has been used."""
    with suppress(OSError, ImportError):
        return _most_used() > BYTES // 4
    return False


def _most_used() -> int:
    """Return the peak memory of this process in bytes.

    On Linux, `getrusage` includes the peak of the process that started this one, so it is not used.
    https://man7.org/linux/man-pages/man2/getrusage.2.html
    """
    if sys.platform == "linux":
        status = Path("/proc/self/status").read_text("ascii", "replace")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024
    import resource  # noqa: PLC0415  (Windows has none)

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def compiled(content: bytes) -> Answer:
    """Return the module's error in this Python; see `MOST_COMPILED` and `MOST_REPEATED`."""
    if len(content) > MOST_COMPILED:
        return _refusal(lambda: ast.parse(content))
    # With a `coding` declaration, the bytes may spell `finally` differently.
    named = b"finally" in content or b"coding" in content
    if named and _repeats(content):
        return _refusal(lambda: ast.parse(content))
    return _refusal(lambda: compile(content, "module", "exec", dont_inherit=True))


def _repeats(content: bytes) -> bool:
    """Return whether compiling would multiply the module's code, or it cannot be parsed."""
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError, OverflowError, RecursionError):
        return True
    nodes: list[ast.AST] = [tree]
    for node in nodes:  # grows while it is read: every node follows its parent
        nodes += ast.iter_child_nodes(node)
    most = max(_ANY_SIZE, MOST_REPEATED * len(nodes))
    made: dict[ast.AST, tuple[int, int]] = {}
    for node in reversed(nodes):
        size, exits = _made(node, made)
        made[node] = min(size, most + 1), min(exits, most + 1)
    return made[tree][0] > most


def _made(node: ast.AST, made: Mapping[ast.AST, tuple[int, int]]) -> tuple[int, int]:
    """Return how many nodes are compiled, copies included, and how many of them are exits.

    An upper bound: not every return, break or continue leaves the block that contains it.
    """
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


def for_older(content: bytes, release: Release) -> Answer:
    """Return the module's error under an older grammar, of which the parser knows only a part."""
    return _refusal(lambda: ast.parse(content, feature_version=(release[0], release[1])))


def _refusal(read: Callable[[], object]) -> Answer:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            read()
        except SyntaxError as error:
            return error.lineno or 1, error.msg[:_LONGEST]
        except (ValueError, OverflowError) as error:
            return 1, str(error)[:_LONGEST]
        except RecursionError:
            return 1, "nested too deeply"
        except MemoryError:  # the parser also raises it for code that is nested too deeply
            if _ran_out():
                raise
            return 1, "nested too deeply"
    return None


if __name__ == "__main__":
    main()
