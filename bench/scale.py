"""Ten times the stack: its seconds, calls and memory, and what AWS's rates alone force."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from bench.calls import Call
from bench.figures import DOWN, FRESH, ROUTE, STATUS, UNCHANGED, Sample
from bench.home import Home
from bench.machine import Emulated
from bench.process import measure
from bench.rounds import provision, run
from bench.targets import Target
from provision.aws.rate_limits import ACCOUNT_RATE, BURST, RATES

SMALL, LARGE = 5, 50
"""Functions; with each six routes, four alarms, and every 2.5th a table."""
SINGLE = 2
"""A call made no more often than this is one for the whole stack."""
LATENCY = 0.01
"""Seconds: the calls on one API follow each other, and there are nearly a thousand of them."""
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")
UNITS: Mapping[str, Callable[[Sample], float]] = {
    "seconds": lambda sample: sample.wall,
    "calls": lambda sample: sample.read + sample.write,
    "memory": lambda sample: sample.memory,
}
SITUATIONS = (FRESH, UNCHANGED, STATUS, ROUTE, DOWN)


@dataclass(frozen=True)
class Growth:
    """The small stack's sample and the large one's, by situation.

    `paced`: seconds of a fresh `up` of the large one with AWS's rates kept, and the seconds which
    these alone force.
    """

    samples: dict[str, tuple[Sample, Sample]]
    paced: tuple[float, float]

    @property
    def pacing(self) -> float:
        took, forced = self.paced
        return took / forced

    def rows(self) -> Iterator[tuple[str, ...]]:
        yield ("command", "functions", "seconds", "processor", "reads", "writes", "MiB")
        for situation, (small, large) in self.samples.items():
            for functions, each in ((SMALL, small), (LARGE, large)):
                yield (
                    situation,
                    str(functions),
                    f"{each.wall:.1f}",
                    f"{each.cpu:.1f}",
                    str(each.read),
                    str(each.write),
                    f"{each.memory:.0f}",
                )

    def status_rows(self) -> Iterator[tuple[str, ...]]:
        """Yield the calls of `status` on the large stack, the most frequent first."""
        yield ("call", "times")
        asked = Counter(self.samples[STATUS][1].operations)
        yield from ((name, str(times)) for name, times in asked.most_common() if times > SINGLE)
        singles = sum(times for times in asked.values() if times <= SINGLE)
        yield ("all others, which do not grow with the stack", str(singles))

    def targets(self) -> Iterator[Target]:
        for what, unit in UNITS.items():
            ratios = {
                name: unit(large) / unit(small) for name, (small, large) in self.samples.items()
            }
            worst = max(ratios, key=lambda name: ratios[name])
            yield Target(f"{what} of the tenfold stack, at most ({worst})", ratios[worst], 10)
        yield Target("fresh `up` of it ÷ what AWS's rates force", self.pacing, 1.2)


def configuration(functions: int, source: str) -> dict[str, object]:
    """config.yaml of a stack with so many functions, and six routes, four alarms each."""
    tables = [f"t{number}" for number in range(max(1, functions * 2 // 5))]
    names = [f"f{number}" for number in range(functions)]
    return {
        "name": "scale",
        "environment": "dev",
        "region": "us-east-1",
        "tags": {"Environment": "production"},
        "network": {"cidr": "10.20.0.0/20", "zones": 2},
        "tables": {name: {"key": "id"} for name in tables},
        "functions": {
            name: {
                "source": source,
                "handler": "app.handler",
                "runtime": "python3.13",
                "tables": {tables[number % len(tables)]: "write"},
            }
            for number, name in enumerate(names)
        },
        "api": {
            "stage": "v1",
            "routes": {f"{method} /{name}": name for name in names for method in METHODS},
            "models": {"Item": {"type": "object"}},
            "keys": ["default"],
        },
        "monitoring": {
            "alarms": {"api_5xx": None, "api_latency_p95_ms": None, "table_throttles": None}
        },
    }


def generated(functions: int, folder: Path) -> Home:
    """Its directory, with a line of code for all functions."""
    (folder / "function").mkdir(parents=True)
    (folder / "function" / "app.py").write_text("def handler(event, context): return {}\n", "utf-8")
    text = yaml.safe_dump(configuration(functions, "function"), sort_keys=False)
    (folder / "config.yaml").write_text(text, "utf-8")
    return Home(folder)


def measure_growth(account: Emulated, folder: Path, tell: Callable[[str], None]) -> Growth:
    """Both stacks up and down, one after the other, then the large one at AWS's rates."""
    folder.mkdir()
    account.wait_on_every_call(LATENCY)
    sizes = {}
    for functions in (SMALL, LARGE):
        sizes[functions] = _life(account, generated(functions, folder / str(functions)), folder)
        walls = ", ".join(f"{name} {each.wall:.1f}" for name, each in sizes[functions].items())
        tell(f"{functions} functions: {walls}")
    paced = _paced(account, generated(LARGE, folder / "paced"), folder)
    tell(f"{LARGE} functions at AWS's rates: {paced[0]:.1f} s, of which these force {paced[1]:.1f}")
    return Growth({s: (sizes[SMALL][s], sizes[LARGE][s]) for s in SITUATIONS}, paced)


def _life(account: Emulated, home: Home, folder: Path) -> dict[str, Sample]:
    account.reset()
    account.calls()
    tool = provision(home)
    return {
        situation: Sample.of(run(account, tool, situation, folder / "output"), account.calls())
        for situation in SITUATIONS
    }


def _paced(account: Emulated, home: Home, folder: Path) -> tuple[float, float]:
    account.reset()
    account.calls()
    took = measure(
        provision(home).commands[FRESH],
        home=home.folder,
        environment=account.like_aws(),
        output=folder / "output",
    )
    return took.wall, forced(account.calls())


def forced(calls: Sequence[Call]) -> float:
    """Seconds that API Gateway's rates alone force for these calls (A1)."""
    counts = Counter(call.operation for call in calls if call.service == "apigateway")
    each = (
        (counts[name] - max(1.0, rate.calls)) * rate.seconds / rate.calls
        for name, rate in RATES.items()
    )
    together = (sum(counts.values()) - BURST) * ACCOUNT_RATE.seconds / ACCOUNT_RATE.calls
    return max(0.0, together, *each)
