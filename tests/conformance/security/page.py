"""docs/security.md, from the controls that are tested.

`python -m tests.conformance.security.page` writes it.
"""

from __future__ import annotations

from pathlib import Path

from tests.conformance.security.controls import CONTROLS
from tests.conformance.security.not_applicable import ELSEWHERE
from tests.conformance.security.scan import LISTED
from tests.support.sample_stack import ROOT

PAGE = ROOT / "docs" / "security.md"
WORDS = Path(__file__).with_name("security.md")
TEST = "tests/conformance/security/test_controls.py"


def page() -> str:
    held = [
        f"| {each.name} | {each.title} | {each.means} | `{TEST}::test_holds[{each.name}]` |"
        for each in CONTROLS
    ]
    other = [f"| {name} | {why} |" for name, why in ELSEWHERE.items()]
    scanned = [f"| {n} | {each.where} | {each.demand} | {each.why} |" for n, each in LISTED.items()]
    words = WORDS.read_text("utf-8")
    for place, rows in (("held", held), ("elsewhere", other), ("scanned", scanned)):
        words = words.replace(f"{{{place}}}", "\n".join(rows))
    return words


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
