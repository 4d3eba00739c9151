"""docs/permissions.md: every action with its resource, reason and user; by `make permissions`.

The part above the mark is written by hand.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from provision.model.iam import Condition
from provision.permissions.requirements import Asked
from provision.stack import StackInputs, build_stack
from provision.workflows.deployer_policy import Purpose, deployer_asks
from tests.conformance.permissions.lifecycle import FULL
from tests.conformance.permissions.place import BOUNDARY, HERE
from tests.conformance.permissions.ways import table
from tests.support.sample_stack import ROOT, TinySources, configured

PAGE: Final = ROOT / "docs" / "permissions.md"
MARK: Final = "<!-- below: make permissions -->"
WAYS: Final = """\
## Known privilege escalations

Known ways in AWS to gain more permissions than were granted, each tried with the printed policies
by `test_escalation.py`, with a boundary and without."""


def full_page() -> str:
    above = PAGE.read_text(encoding="utf-8").partition(MARK)[0]
    return f"{above}{MARK}\n\n{WAYS}\n\n{table()}\n\n{tables(full_asks())}"


def full_asks(boundary: str | None = BOUNDARY) -> list[Asked]:
    with tempfile.TemporaryDirectory() as folder:
        inputs = StackInputs(
            configured(Path(folder), {**FULL, "boundary": boundary}),
            HERE,
            ("us-east-1a", "us-east-1b"),
            TinySources(Path(folder) / "zips"),
            lambda api, stage: f"https://{api}/{stage}",
        )
        return deployer_asks(build_stack(inputs), {}, HERE, Purpose.ALL)


def tables(asked: Iterable[Asked]) -> str:
    """Return a table for each service."""
    lines = []
    for service, rows in _by_service(asked).items():
        lines += [
            f"## {service}",
            "",
            "| action | on | only where | for | by |",
            "|---|---|---|---|---|",
        ]
        lines += rows
        lines.append("")
    return "\n".join(lines)


def _by_service(asked: Iterable[Asked]) -> Mapping[str, list[str]]:
    reasons: dict[tuple[str, str, tuple[Condition, ...]], list[Asked]] = {}
    for each in sorted(asked, key=lambda one: (one.action, one.resource, one.tests, one.by)):
        reasons.setdefault((each.action, each.resource, each.tests), []).append(each)
    services: dict[str, list[str]] = {}
    for (action, resource, tests), why in reasons.items():
        row = (
            f"`{action}`",
            f"`{resource}`",
            "<br>".join(f"{t.key} {t.operator} `{t.value}`" for t in tests),
            ", ".join(sorted({each.operation.partition(".")[2] for each in why})),
            ", ".join(dict.fromkeys(each.by for each in why)),
        )
        services.setdefault(action.partition(":")[0], []).append(f"| {' | '.join(row)} |")
    return services


if __name__ == "__main__":
    PAGE.write_text(full_page(), encoding="utf-8")
