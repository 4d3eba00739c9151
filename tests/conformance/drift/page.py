"""docs/drift.md, from a run of every case by itself on both emulators.

`python -m tests.conformance.drift.page` writes it.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tests.conformance.drift.case import GONE, Case, together
from tests.conformance.drift.cases import CASES, REASONS
from tests.conformance.drift.targets import on_ministack, on_moto
from tests.conformance.drift.unsupported import lacking
from tests.conformance.drift.world import Exam, World
from tests.faults.crashes.report import commit
from tests.support.sample_stack import ROOT

PAGE: Final = ROOT / "docs" / "drift.md"
WORDS: Final = Path(__file__).with_name("drift.md")
HEAD: Final = (
    "| field | how it was changed | seen | named | repaired | on MiniStack |",
    "|---|---|---|---|---|---|",
)
YES: Final = "yes"

Place = Callable[[Path], AbstractContextManager[World]]
PLACES: Final[Mapping[str, Place]] = {"moto": on_moto, "MiniStack": on_ministack}
Kinds = Mapping[str, str]
"""The kind of every node."""
Results = Mapping[Case, Exam]


def main() -> None:
    """Write the page; fail if a change was not seen, named or repaired.

    With the argument `together`, many cases are tried in one round; those of a round in which one
    fails are then tried one by one.
    """
    together_too = sys.argv[1:] == ["together"]
    with tempfile.TemporaryDirectory() as directory, ProcessPoolExecutor() as processes:
        places = ("moto", "MiniStack")
        on_both = processes.map(examined, places, [Path(directory)] * 2, [together_too] * 2)
        (kinds, moto), (_, ministack) = on_both
    way = "many at a time" if together_too else "one at a time"
    PAGE.write_text(page(kinds, moto, ministack).replace("{way}", way), "utf-8")
    failed = [exam.complaints for exam in (*moto.values(), *ministack.values()) if exam.complaints]
    if failed:
        sys.exit("\n".join(failed))


def examined(where: str, directory: Path, together_too: bool) -> tuple[Kinds, Results]:
    """Return the kinds of the nodes, and the result of each case that can be tried there."""
    results: dict[Case, Exam] = {}
    with PLACES[where](directory / where) as world:
        there = [
            case
            for case in CASES
            if not world.limitations.unsupported_kinds or not lacking(case, world.kinds[case.node])
        ]
        for cases in together(there) if together_too else []:
            if not (exam := _tried(where, world, cases)).complaints:
                results |= dict.fromkeys(cases, exam)
        for case in there:
            if case not in results:
                results[case] = _tried(where, world, [case])
        return world.kinds, results


def _tried(where: str, world: World, cases: Sequence[Case]) -> Exam:
    exam = world.examine(cases)
    names = ", ".join(f"{case.place} ({case.how})" for case in cases)
    sys.stderr.write(f"{where}: {names}: {exam.complaints or YES}\n")
    if exam.complaints:
        world.clean()
    return exam


def page(kinds: Kinds, moto: Results, ministack: Results) -> str:
    """Return the whole page."""
    tables: list[str] = []
    for kind in sorted({kinds[case.node] for case in CASES}):
        rows = [row(case, kind, moto, ministack) for case in CASES if kinds[case.node] == kind]
        tables += ["", f"### {kind}", "", *HEAD, *rows]
    reasons = [f"| {kind} | {field} | {why} |" for (kind, field), why in sorted(REASONS.items())]
    said = {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "commit": commit(),
        "gone": GONE,
        "total": _total(moto, ministack),
        "kinds": "\n".join(tables[1:]),
        "reasons": "\n".join(reasons),
    }
    words = WORDS.read_text("utf-8")
    for name, text in said.items():
        words = words.replace(f"{{{name}}}", text)
    return words


def row(case: Case, kind: str, moto: Results, ministack: Results) -> str:
    """Return the row of one case, with the results of both emulators."""
    exam = moto[case]
    cells = (*beginning(case), _told(exam.seen), _named(case, exam), _told(exam.repaired))
    there = lacking(case, kind) or _told(ministack[case].complaints)
    return f"| {' | '.join((*cells, there))} |"


def beginning(case: Case) -> tuple[str, str]:
    """Return the cells that do not depend on the run."""
    return case.field, case.how


def missing_in(text: str, kinds: Kinds) -> list[str]:
    """Return the cases and reasons that a page does not show."""
    parts = {part.partition("\n")[0].strip(): part for part in text.split("\n#")}
    unshown = [
        f"{case.place}, {case.how}"
        for case in CASES
        if f"| {' | '.join(beginning(case))} |" not in parts.get(f"## {kinds[case.node]}", "")
    ]
    reasons = ((kind, field) for kind, field in REASONS if f"| {kind} | {field} |" not in text)
    return unshown + [f"{kind} {field}" for kind, field in reasons]


def _told(complaint: str) -> str:
    return f"**no**: {complaint}" if complaint else YES


def _named(case: Case, exam: Exam) -> str:
    if exam.named:
        return _told(exam.named)
    if case.others:
        return "yes, as foreign"
    return f"{YES}; {', '.join(case.follows)} follow" if case.follows else YES


def _total(moto: Results, ministack: Results) -> str:
    held = {
        name: sum(not exam.complaints for exam in results.values())
        for name, results in (("moto", moto), ("MiniStack", ministack))
    }
    return (
        f"Of {len(CASES)} changes, {held['moto']} were seen, named and repaired on moto, and"
        f" {held['MiniStack']} of the {len(ministack)} that MiniStack supports on MiniStack."
    )


if __name__ == "__main__":
    main()
