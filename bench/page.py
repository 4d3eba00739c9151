"""The figures as a page for readers: docs/performance.md. The words are in performance.md here."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from bench.figures import DOWN, FRESH, Book, Figures
from bench.machine import ROOT
from bench.profiling import Profile, chains, rows
from bench.scale import Growth
from bench.targets import ELSEWHERE, Small, Target, targets

TEMPLATE: Final = Path(__file__).with_name("performance.md")


@dataclass(frozen=True)
class Result:
    """All results of one run of the bench. `notes`: why a tool is not in the table."""

    book: Book
    small: Small
    latency: float
    rounds: int
    proxy_cost: float
    notes: tuple[str, ...]
    profiles: Mapping[str, Profile]
    growth: Growth | None

    @property
    def targets(self) -> tuple[Target, ...]:
        found = targets(self.book, self.small, self.latency)
        return (*found, *(self.growth.targets() if self.growth else ()))


def page(result: Result) -> str:
    return TEMPLATE.read_text("utf-8").format(
        made=_made(result),
        latency=f"{result.latency * 1000:.0f}",
        rounds=result.rounds,
        cost=f"{result.proxy_cost * 1000:.1f}",
        commands=table(_commands(result)),
        targets=table(_targets(result.targets)),
        peers=table(_peers(result)),
        notes="\n".join(f"- {note}" for note in result.notes),
        missed=_missed(result),
        profile=table(rows(result.profiles)),
        chains="\n".join(chains(result.profiles)),
        small=table(_small(result.small)),
        scale=_scale(result.growth) if result.growth else "Not run.",
        status=table(result.growth.status_rows()) if result.growth else "Not run.",
    )


def table(rows: Iterable[Iterable[object]]) -> str:
    """Return a table in Markdown; the first row is its head."""
    lines = [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]
    lines.insert(1, "|" + "---|" * (lines[0].count(" | ") + 1))
    return "\n".join(lines)


def _commands(result: Result) -> Iterator[tuple[str, ...]]:
    yield (
        "command", "seconds", "min-max", "processor", "MiB", "reads", "writes", "most in flight",
        "critical path", "seconds ÷ critical path",
    )  # fmt: skip
    for situation, each in result.book["provision"].items():
        yield (*_row(situation, each), *_critical(each, result.latency))


def _row(situation: str, each: Figures) -> tuple[str, ...]:
    return (
        situation,
        f"{each.wall:.2f}",
        each.spread,
        f"{each.cpu:.2f}",
        f"{each.memory:.0f}",
        str(each.read),
        str(each.write),
        str(each.in_flight),
    )


def _critical(each: Figures, latency: float) -> tuple[str, str]:
    if not each.chain:
        return "-", "-"
    seconds = each.chain * latency
    return f"{each.chain:.0f} calls, {seconds:.2f} s", f"{each.wall / seconds:.1f}"


def _targets(found: Iterable[Target]) -> Iterator[tuple[str, ...]]:
    yield ("what", "measured", "target", "met")
    for target in found:
        sign = "≥" if target.least else "≤"
        yield (
            target.what,
            f"{target.value:.2f}",
            f"{sign} {target.limit:g}",
            "yes" if target.met else "**no**",
        )


def _missed(result: Result) -> str:
    """Return the targets that were not met; their costs are further down on the page."""
    missed = [target.what for target in result.targets if not target.met]
    return "\n".join(f"- {what}" for what in missed) or "None was missed."


def _peers(result: Result) -> Iterator[tuple[str, ...]]:
    situations = [FRESH, "unchanged", "code changed", DOWN]
    yield ("tool", *situations, "where")
    for name, figures in result.book.items():
        walls = (f"{figures[s].wall:.2f}" if s in figures else "-" for s in situations)
        yield (name, *walls, "here")
    for name, seconds in ELSEWHERE.items():
        yield (name, *(f"{seconds[s]:.1f}" for s in situations), "another machine")


def _scale(growth: Growth) -> str:
    took, force = growth.paced
    return (
        f"{table(growth.rows())}\n\n"
        f"At AWS's rates a fresh `up` of the large one takes {took:.1f} s, of which these alone"
        f" force {force:.1f} s."
    )


def _small(small: Small) -> Iterator[tuple[str, str]]:
    yield ("compared value", "measured")
    yield ("start-up: `import boto3` and one client", f"{small.start_up:.2f} s")
    yield ("`import click`, processor", f"{small.click_cpu:.3f} s")
    yield ("`provision --help`, processor", f"{small.help_cpu:.3f} s")
    yield (f"boto3 and the same {small.clients} clients", f"{small.clients_memory:.0f} MiB")


def _made(result: Result) -> str:
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs"
    software: Mapping[str, str] = {name: version(name) for name in ("boto3", "moto")}
    names = ", ".join(f"{name} {number}" for name, number in software.items())
    return (
        f"{datetime.now(UTC).date().isoformat()}, commit {_commit()}, {machine}, Python"
        f" {platform.python_version()}, {names}, {result.rounds} rounds"
    )


def _commit() -> str:
    """Return the commit of the tool, with + if its own code differs from that."""
    changed = _git("status", "--porcelain", "provision")
    return _git("rev-parse", "--short", "HEAD") + ("+" if changed else "")


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()
