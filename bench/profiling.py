"""The seconds that a command spends, and on what; one run of each command.

The sources are the interpreter's own table of imports (`-X importtime`), the trace that `--trace`
writes, and the calls that the proxy saw.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.calls import Call
from bench.figures import CODE, DOWN, FRESH, PUSH, UNCHANGED
from bench.home import PROVISION, WORDS, Home
from bench.machine import Emulated
from bench.process import measure

PROFILED = (FRESH, UNCHANGED, CODE, PUSH, DOWN)
PACKAGES = 6
"""As many packages are listed, those that take longest to import."""
_IMPORT = re.compile(r"import time: +(\d+) \| +\d+ \| +(\w+)")
_LONGEST = re.compile(r"longest: (.*)")


@dataclass(frozen=True)
class Profile:
    """Seconds of one command. `spans`: by kind, added up over all threads, which overlap."""

    imports: Mapping[str, float]
    spans: Mapping[str, float]
    emulator: float
    """Seconds that the emulator itself worked on the calls, without the latency."""
    longest: str
    """The critical path, as the command prints it."""


def find_profiles(
    account: Emulated, home: Home, latency: float, output: Path
) -> dict[str, Profile]:
    """Of a whole life, one run a command. An interpreter that notes imports is slower."""
    account.reset()
    home.begin()
    return {situation: _profile(account, home, situation, latency, output) for situation in WORDS}


def _profile(
    account: Emulated, home: Home, situation: str, latency: float, output: Path
) -> Profile:
    home.edit(situation)
    trace = output.with_name("trace.json")
    words = WORDS[situation]
    traced = ("--trace", str(trace)) if situation in PROFILED else ()
    account.calls()
    measure(
        (sys.executable, "-X", "importtime", *PROVISION[1:], *words, *traced),
        home=home.folder,
        environment=account.environment(),
        output=output,
    )
    told = output.read_text("utf-8", "replace")
    found = _LONGEST.search(told)
    return Profile(
        imports_of(told),
        spans_of(json.loads(trace.read_text("utf-8"))["traceEvents"]) if traced else {},
        worked(account.calls(), latency),
        found[1] if found else "",
    )


def imports_of(told: str) -> dict[str, float]:
    """Seconds by package, the longest first."""
    seconds: defaultdict[str, float] = defaultdict(float)
    for micro, package in _IMPORT.findall(told):
        seconds[package] += int(micro) / 1_000_000
    return dict(sorted(seconds.items(), key=lambda each: -each[1]))


def spans_of(events: Sequence[Mapping[str, object]]) -> dict[str, float]:
    """Seconds by kind of span. Spans of one thread end in the order of a stack."""
    seconds: defaultdict[str, float] = defaultdict(float)
    open_spans: dict[object, list[tuple[str, float]]] = {}
    for event in events:
        stack, at = open_spans.setdefault(event["tid"], []), event.get("ts")
        if event["ph"] == "B":
            assert isinstance(at, int)
            stack.append((str(event["cat"]), at))
        elif event["ph"] == "E":
            assert isinstance(at, int)
            kind, began = stack.pop()
            seconds[kind] += (at - began) / 1_000_000
    return dict(seconds)


def worked(calls: Sequence[Call], latency: float) -> float:
    return sum(call.end - call.begin - latency for call in calls)


def rows(profiles: Mapping[str, Profile]) -> Iterator[tuple[str, ...]]:
    """Yield the rows of a table with a column for each command."""
    shown = {name: profiles[name] for name in PROFILED}
    yield ("seconds", *shown)
    most = list(profiles[UNCHANGED].imports)[:PACKAGES]
    for name in most:
        yield (f"import: {name}", *(f"{p.imports.get(name, 0):.2f}" for p in shown.values()))
    others = (
        sum(seconds for name, seconds in profile.imports.items() if name not in most)
        for profile in shown.values()
    )
    yield ("import: all others", *(f"{seconds:.2f}" for seconds in others))
    yield ("import: together", *(f"{sum(p.imports.values()):.2f}" for p in shown.values()))
    for kind, words in (("client", "clients made"), ("wait", "waits, over all threads")):
        yield (words, *(f"{p.spans.get(kind, 0):.2f}" for p in shown.values()))
    yield ("the emulator's own work", *(f"{p.emulator:.2f}" for p in shown.values()))


def chains(profiles: Mapping[str, Profile]) -> Iterator[str]:
    """Yield the critical path of each command, as it prints it."""
    for name in PROFILED:
        if profiles[name].longest:
            yield f"- {name}: {profiles[name].longest}"
