"""docs/limits.md: AWS's limits, checked before the first call; `make limits` writes it.

The part above the mark is written by hand.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from provision.preflight.check import NAMING
from provision.preflight.limits import NAMES, PACKED, SUMS, Limit
from provision.preflight.requests import Foreseen, rehearse
from tests.conformance.permissions.lifecycle import FULL
from tests.support.sample_stack import ROOT, configured

PAGE: Final = ROOT / "docs" / "limits.md"
MARK: Final = "<!-- below: make limits -->"


def whole_page() -> str:
    above = PAGE.read_text(encoding="utf-8").partition(MARK)[0]
    with tempfile.TemporaryDirectory() as folder:
        foreseen = rehearse(configured(Path(folder), FULL))
    return f"{above}{MARK}\n\n{''.join(_lines(foreseen))}"


def _lines(foreseen: Foreseen) -> Iterator[str]:
    yield "## Sums\n\n| what | at most | where it can be raised |\n|---|---|---|\n"
    for limit in SUMS + PACKED:
        yield f"| {limit.what} | {_most(limit)} | {_quota(limit)} |\n"
    yield "\n## Names\n\n| of what | every section on | at most |\n|---|---|---|\n"
    for row in sorted(set(_names(foreseen))):
        yield f"| {' | '.join(row)} |\n"


def _most(limit: Limit) -> str:
    return f"[{limit.most:,} {limit.unit}]({limit.source})"


def _quota(limit: Limit) -> str:
    return f"Service Quotas, “{limit.quota}”; only a warning" if limit.quota else "nowhere"


def _names(foreseen: Foreseen) -> Iterator[tuple[str, str, str]]:
    for limit in NAMES:
        for measured in limit.measure(foreseen.requests):
            what = limit.what.removeprefix("the ").removesuffix("'s name")
            yield what, f"`{measured.value}`", _most(limit)
    for request in foreseen.requests:
        shape = request.operation.input_shape
        for member, what in NAMING.items():
            if member in request.parameters and shape and not request.name.endswith("Permission"):
                most = shape.members[member].metadata.get("max")
                if most and what != "function":
                    yield what, f"`{request.parameters[member]}`", f"{most} characters"


if __name__ == "__main__":
    PAGE.write_text(whole_page(), encoding="utf-8")
