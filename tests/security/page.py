"""docs/security.md, from the controls that are tested: `python -m tests.security.page`."""

from __future__ import annotations

from tests.reference import ROOT
from tests.security.controls import CONTROLS
from tests.security.elsewhere import ELSEWHERE
from tests.security.scan import LISTED

PAGE = ROOT / "docs" / "security.md"
WORDS = ROOT / "tests" / "security" / "security.md"
TEST = "tests/security/test_controls.py"


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
