"""docs/check.md, of the checks and their mutants: `make check-mutants` tries all and writes it."""

from __future__ import annotations

import sys
import tempfile
import threading
from pathlib import Path
from typing import Final

from provision.workflows.checks.descriptions import CHECK_DESCRIPTIONS
from tests.conformance.checks.mutants import MUTANTS, Mutant
from tests.conformance.checks.place import CheckedPlace, checked_place
from tests.support.sample_stack import ROOT

PAGE: Final = ROOT / "docs" / "check.md"
WORDS: Final = Path(__file__).with_name("check.md")
IN_A_ROW: Final = 20
NOT_THERE: Final = frozenset({"trace", "domain", "live-active", "tls"})
"""The checks that no mutant on the emulator can be about."""


def main() -> None:
    """Try every mutant, and what is as it should be; write the page if all is as expected."""
    with tempfile.TemporaryDirectory() as directory, checked_place(Path(directory) / "h") as place:
        wrong = [words for mutant in MUTANTS if (words := tried(place, mutant))]
        wrong += steady(place, IN_A_ROW)
    if wrong:
        sys.exit("\n".join(wrong))
    PAGE.write_text(page(screen_of(PAGE.read_text("utf-8"))), "utf-8")


def tried(place: CheckedPlace, mutant: Mutant) -> str:
    """Return a mutant's mismatch; empty if exactly its checks fail."""
    with mutant.fault(place):
        failing = place.failing(*(["--deep"] if mutant.deep else []))
    sys.stderr.write(f"{mutant.what}: {', '.join(sorted(failing)) or 'survives'}\n")
    if failing == mutant.kills:
        return ""
    return f"{mutant.what}: failed {sorted(failing)}, expected {sorted(mutant.kills)}"


def steady(place: CheckedPlace, times: int) -> list[str]:
    """Return the failures of checks in a row while `up` runs at the same time."""
    ended = threading.Event()

    def keep_up() -> None:
        while not ended.is_set():
            place.home.execute("up", "--local", "--yes")

    beside = threading.Thread(target=keep_up)
    beside.start()
    try:
        failing = [place.failing("--wait", "10") for _ in range(times)]
    finally:
        ended.set()
        beside.join()
    return [f"nothing is wrong, and {sorted(some)} failed" for some in failing if some]


def page(screen: str) -> str:
    text = WORDS.read_text("utf-8")
    for name, value in (("screen", screen), ("checks", checks()), ("mutants", mutants())):
        text = text.replace(f"{{{name}}}", value)
    return text


def screen_of(text: str) -> str:
    """Return the screen of a real run that the page shows."""
    return text.split("```\n")[1].rstrip("\n")


def checks() -> str:
    rows = [
        f"| `{name}` | {each.asks} | {each.passes} | {_killed_by(name)} |"
        for name, each in CHECK_DESCRIPTIONS.items()
    ]
    return "\n".join(["| id | asks | passes when | faults it sees |", "|---|---|---|---|", *rows])


def _killed_by(check: str) -> str:
    return str(sum(check in mutant.kills for mutant in MUTANTS) or "none")


def mutants() -> str:
    rows = [
        f"| {mutant.what} | {', '.join(f'`{check}`' for check in sorted(mutant.kills))} |"
        for mutant in MUTANTS
    ]
    return "\n".join(["| the fault | the checks that fail |", "|---|---|", *rows])


if __name__ == "__main__":
    main()
