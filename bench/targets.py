"""Targets for the figures, as ratios of the measurements of one run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bench.figures import CODE, DOWN, FRESH, PUSH, STATUS, UNCHANGED, Book, Figures

ELSEWHERE: Mapping[str, Mapping[str, float]] = {
    "Ansible": {FRESH: 33.5, UNCHANGED: 22.0, CODE: 22.5, DOWN: 21.8},
    "CDK's client": {FRESH: 10.8, UNCHANGED: 4.7, CODE: 6.3, DOWN: 4.9},
    "osls": {FRESH: 10.7, UNCHANGED: 8.1, CODE: 8.1, DOWN: 6.4},
    "script": {FRESH: 1.1, UNCHANGED: 1.1, CODE: 0.5, DOWN: 1.0},
}
"""Seconds on the machine of the issue that set the targets, 50 ms a call. CDK and osls talk to
moto's CloudFormation there, which is instant; the real one adds minutes."""
FASTER = {"Ansible": 8.0, "CDK's client": 3.0, "osls": 3.0}


@dataclass(frozen=True)
class Small:
    """Measured next to the commands: seconds of processor for help and click, MiB for the rest."""

    start_up: float
    """Seconds of `import boto3` and one client."""
    help_cpu: float
    click_cpu: float
    clients: int
    clients_memory: float
    """MiB of a process with boto3 and the same clients."""


@dataclass(frozen=True)
class Target:
    """`value` must be at most `limit`, or at least when `least`."""

    what: str
    value: float
    limit: float
    least: bool = False

    @property
    def met(self) -> bool:
        return self.value >= self.limit if self.least else self.value <= self.limit


def targets(book: Book, small: Small, latency: float) -> Iterator[Target]:
    ours = book["provision"]
    fresh = ours[FRESH]
    floor = fresh.chain * latency + small.start_up
    yield Target("fresh `up` ÷ (critical path + start-up)", fresh.wall / floor, 1.3)
    if plain := book.get("script"):
        yield from _beside_the_script(ours, plain)
    yield Target("writes of `up`, unchanged", ours[UNCHANGED].write, 0)
    pushed = ours[PUSH].samples[-1].beyond_waiting
    yield Target(f"calls of `push` beyond waiting ({', '.join(pushed)})", len(pushed), 6)
    yield Target("`status` ÷ `up` unchanged", ours[STATUS].wall / ours[UNCHANGED].wall, 1)
    for name in FASTER:
        if name in book:
            theirs = {s: figures.wall for s, figures in book[name].items()}
            yield _beside(name, ours, theirs, "")
        elif plain:
            yield _beside(name, ours, _scaled(name, plain), ", by the script")
    yield Target(
        "`provision --help` ÷ `import click`, processor", small.help_cpu / small.click_cpu, 3
    )
    memory = max(figures.memory for figures in ours.values())
    yield Target(
        f"most memory ÷ boto3 with {small.clients} clients", memory / small.clients_memory, 2
    )


def _beside_the_script(
    ours: Mapping[str, Figures], plain: Mapping[str, Figures]
) -> Iterator[Target]:
    yield Target("fresh `up` ÷ script", ours[FRESH].wall / plain[FRESH].wall, 2)
    yield Target(
        "`up` unchanged ÷ script that reads the same",
        ours[UNCHANGED].wall / plain[UNCHANGED].wall,
        1.3,
    )
    yield Target("`up` with changed code ÷ script", ours[CODE].wall / plain[CODE].wall, 2)
    yield Target("`push` ÷ script", ours[PUSH].wall / plain[CODE].wall, 2)
    yield Target("`down` ÷ script", ours[DOWN].wall / plain[DOWN].wall, 2)


def _scaled(name: str, plain: Mapping[str, Figures]) -> dict[str, float]:
    """Its seconds on a machine as fast as this one: the script ran on both."""
    return {
        situation: seconds * plain[situation].wall / ELSEWHERE["script"][situation]
        for situation, seconds in ELSEWHERE[name].items()
    }


def _beside(
    name: str, ours: Mapping[str, Figures], theirs: Mapping[str, float], where: str
) -> Target:
    """Return the target for the situation in which the other tool is nearest."""
    ratios = {s: seconds / ours[s].wall for s, seconds in theirs.items() if s in ours}
    nearest = min(ratios, key=lambda situation: ratios[situation])
    what = f"{name} ÷ `provision`, where it comes nearest ({nearest}{where})"
    return Target(what, ratios[nearest], FASTER[name], least=True)
