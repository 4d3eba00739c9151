"""How fast `provision` is, as a user waits for it: `make bench` writes docs/performance.md.

Every process is timed whole, from outside, against moto behind a proxy that makes each call as long
as one to AWS. Exit 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from bench.figures import FRESH
from bench.home import Home
from bench.machine import ROOT, Emulated, emulated
from bench.others import measure_others
from bench.page import Result, page
from bench.profiling import find_profiles
from bench.programs import record, services_of
from bench.rounds import Tool, find_chains, provision, run_rounds, script
from bench.scale import measure_growth
from bench.small import measure_small, proxy_cost

PAGE = ROOT / "docs" / "performance.md"
SCRIPT = ROOT / "bench" / "peers" / "script.py"
ENOUGH = 64
"""Workers with which nothing waits for a worker."""


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        with emulated(options.latency) as account:
            result = run_all(account, folder, options)
    for target in result.targets:
        verdict = "met" if target.met else "MISSED"
        tell(f"{verdict:6}  {target.what}: {target.value:.2f} (target {target.limit:g})")
    if not options.dry:
        PAGE.write_text(page(result), "utf-8")
        tell(f"written: {PAGE.relative_to(ROOT)}")
    return int(not options.dry and not all(target.met for target in result.targets))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--latency", type=float, default=0.05, help="seconds added to every call")
    parser.add_argument("--scale", action="store_true", help="50 functions against 5")
    parser.add_argument("--peers", action="store_true", help="Ansible and Chalice as well")
    parser.add_argument("--no-chains", action="store_true", help="leave the critical paths out")
    parser.add_argument("--dry", action="store_true", help="write no page, miss no target")
    return parser.parse_args()


def run_all(account: Emulated, folder: Path, options: argparse.Namespace) -> Result:
    output = folder / "output"
    home = Home.shipped(folder / "home")
    account.wait_on_every_call(0)
    tell("recording what the plain script repeats; the layer is built, once")
    programs = record(account, Home.shipped(folder / "recorded"), folder / "programs")
    small = measure_small(account, services_of(programs[FRESH]), output)
    cost = proxy_cost(account, options.latency)
    tools: list[Tool] = [
        provision(home),
        script(folder, programs, sys.executable, SCRIPT),
    ]
    notes: list[str] = []
    book = run_rounds(account, tools, options.rounds, output, tell)
    if options.peers:
        notes = measure_others(account, home, book, folder / "peers", tell)
    if not options.no_chains:
        tell("critical paths, at 200 and 400 ms a call")
        find_chains(account, provision(home, parallel=ENOUGH), book["provision"], output)
    tell("where the seconds go, one profiled run of each command")
    account.wait_on_every_call(options.latency)
    profiles = find_profiles(account, home, options.latency, output)
    growth = measure_growth(account, folder / "scale", tell) if options.scale else None
    return Result(
        book, small, options.latency, options.rounds, cost, tuple(notes), profiles, growth
    )


def tell(words: str) -> None:
    print(words, flush=True)


if __name__ == "__main__":
    sys.exit(main())
