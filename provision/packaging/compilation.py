"""Which of some modules this Python refuses, or an older one would: a program of its own, which
`modules.py` runs within limits, for what somebody else has written may take any time and memory.

It imports the standard library alone, reads the modules as text, and runs none of their code.
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
"""Of Python: (3, 13)."""
Answer = tuple[int, str] | None
"""The line and the message of what is refused."""

SECONDS: Final = 20
"""Of a processor, for all modules: a hundred times what the largest package takes to parse."""
BYTES: Final = 1_073_741_824
"""Of memory. Python takes some hundred times as much for a syntax tree as its text has."""
_LONGEST: Final = 300
"""Characters of a message, which may quote a name."""
MOST_COMPILED: Final = 256 * 1024
"""Bytes of a module up to which its code is made as well. That takes Python a time that grows with
the square of how many functions there are: minutes for 2 MB. A larger one is parsed only."""
MOST_REPEATED: Final = 10
"""How many times as much code may be made of a module as is written in it. CPython writes what is
below `finally` twice, and once more for every return, break and continue on the way out, each
nested one within each copy: 2 KB became 1.5 GB. What grows further is parsed only."""
_ANY_SIZE: Final = 2_000
"""Nodes of a syntax tree of which code is made in any case."""


def main() -> None:
    """Standard input: a line of JSON, and the modules one after the other. Standard output: a line
    of JSON for each as soon as it is judged, so that what ends this is known to be the next."""
    _limit()
    asked = json.loads(sys.stdin.buffer.readline())
    release = tuple(asked["release"])
    for size in asked["sizes"]:
        answer = judged(sys.stdin.buffer.read(size), release)
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()


def judged(content: bytes, release: Release) -> Answer:
    """What this Python refuses of a module, or the function's would."""
    older = release < sys.version_info[:2]
    return compiled(content) or (for_older(content, release) if older else None)


def _limit() -> None:
    """Where the system has such limits. Elsewhere the one who waits ends it."""
    with suppress(ImportError):
        import resource  # noqa: PLC0415  (Windows has none)

        for limit, most in ((resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_AS, BYTES)):
            with suppress(OSError, ValueError):  # macOS knows no limit of memory
                resource.setrlimit(limit, (most, most))


def _ran_out() -> bool:
    """Whether memory is used up."""
    with suppress(OSError, ImportError):
        return _most_used() > BYTES // 4
    return False


def _most_used() -> int:
    """Bytes of memory that this process has had at most. What Linux tells by `getrusage` begins
    with what the process had that started it.

    https://man7.org/linux/man-pages/man2/getrusage.2.html
    """
    if sys.platform == "linux":
        status = Path("/proc/self/status").read_text("ascii", "replace")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024
    import resource  # noqa: PLC0415  (Windows has none)

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def compiled(content: bytes) -> Answer:
    """What this Python refuses."""
    if len(content) > MOST_COMPILED:
        return _refusal(lambda: ast.parse(content))
    named = b"finally" in content or b"coding" in content  # one that spells the word otherwise
    if named and _repeats(content):
        return _refusal(lambda: ast.parse(content))
    return _refusal(lambda: compile(content, "module", "exec", dont_inherit=True))


def _repeats(content: bytes) -> bool:
    """Whether far more code would be made of the module than is written in it; also where it has no
    syntax tree."""
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError, OverflowError, RecursionError):
        return True
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


def for_older(content: bytes, release: Release) -> Answer:
    """What the parser knows of an older release's grammar; it does not know all of it."""
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
        except MemoryError:  # which the parser also says of what is nested too deeply
            if _ran_out():
                raise
            return 1, "nested too deeply"
    return None


if __name__ == "__main__":
    main()
