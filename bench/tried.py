"""The cost of invoking a new version once before callers reach it: `python -m bench.tried`.

The same two commands with `import_check` on and off, in turns, so that a noisy minute hits both.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.figures import CODE, FRESH, PUSH
from bench.home import Home
from bench.machine import Emulated, emulated
from bench.rounds import provision, run

ROUNDS = 9
LATENCY = 0.05
COMMANDS = (CODE, PUSH)


@dataclass(frozen=True)
class One:
    """One run: whole seconds, the calls by name, and the seconds of the invocation alone."""

    wall: float
    calls: tuple[str, ...]
    invoked: float


def main() -> int:
    found: dict[tuple[str, bool], list[One]] = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as name, emulated(LATENCY) as account:
        home = Home.shipped(Path(name) / "home")
        _run(account, home, FRESH, Path(name))
        for _ in range(ROUNDS):
            for tried in (True, False):
                for command in COMMANDS:
                    with _config(home, tried=tried):
                        one = _run(account, home, command, Path(name))
                    found.setdefault((command, tried), []).append(one)
    for command in COMMANDS:
        on, off = found[command, True], found[command, False]
        more = set(on[-1].calls) - set(off[-1].calls)
        print(
            f"{command}: {median(o.wall for o in on):.2f} s and {len(on[-1].calls)} calls, without"
            f" {median(o.wall for o in off):.2f} s and {len(off[-1].calls)} calls; medians of"
            f" {ROUNDS}; {', '.join(more)} alone {median(o.invoked for o in on):.3f} s"
        )
    return 0


@contextmanager
def _config(home: Home, *, tried: bool) -> Iterator[None]:
    """config.yaml as it comes, or with the check switched off."""
    file = home.folder / "config.yaml"
    text = file.read_text("utf-8")
    if not tried:
        changed = text.replace("    handler: app.handler\n", _OFF)
        assert changed != text
        file.write_text(changed, "utf-8")
    try:
        yield
    finally:
        file.write_text(text, "utf-8")


_OFF = "    handler: app.handler\n    import_check: false\n"


def _run(account: Emulated, home: Home, command: str, folder: Path) -> One:
    account.calls()
    measured = run(account, provision(home), command, folder / "output")
    calls = account.calls()
    invoked = sum(call.end - call.begin for call in calls if call.operation == "Invoke")
    return One(measured.wall, tuple(call.operation for call in calls), invoked)


if __name__ == "__main__":
    sys.exit(main())
