"""Every command in the documentation, the Makefile and config.yaml is accepted by the program."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from provision.cli import cli
from tests.conformance.hints.line import refusals
from tests.support.sample_stack import ROOT

PAGES = [
    *(ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "provision" / "templates").glob("*/README.md")),
    ROOT / "config.yaml",
    ROOT / "Makefile",
]
INNER = {name: getattr(group, "commands", {}) for name, group in cli.commands.items()}
BEGUN = re.compile(
    "|".join(
        rf"{verb} (?:--?[a-z]|\[?[A-Z]+\b|(?:{'|'.join(inner) or '-'})\b)"
        for verb, inner in INNER.items()
    )
)
"""A command without the program's name: `plan --check`, `up FILE`, `keys list`."""
UNFINISHED = {"provision lo"}
"""Commands of which the reader types only a part."""


def commands(page: Path) -> Iterator[str]:
    """Yield the commands as they are written, in backticks and in blocks."""
    text = page.read_text("utf-8")
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    for span in re.findall(r"`([^`]+)`", prose):
        found = " ".join(span.split())
        if found.startswith("provision ") and found not in UNFINISHED:
            yield found
        elif BEGUN.match(found):
            yield f"provision {found}"
    for line in text.splitlines():
        for words in re.findall(r"(?<![\w`.-])(?:\$\(BIN\)/|\S*/)?provision (?=[a-z-])(.*)", line):
            if re.match(r"\s*(\S+=\S+ )*(\$\(BIN\)/)?(\S*/)?provision ", line) or "$(" in line:
                plain = words.replace("$(ON)", "--local --local-port 4570")
                yield "provision " + re.split(r"  +|[)|;>&#]", plain)[0].strip()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_in_the_documentation(page: Path) -> None:
    wrong = [why for command in commands(page) for why in refusals(command)]
    assert wrong == []


def test_the_pages_are_read() -> None:
    """Known commands in blocks, spans and the Makefile are found."""
    readme = list(commands(ROOT / "README.md"))
    assert "provision push [FUNCTION]" in readme
    assert "provision plan --check" in readme
    make = list(commands(ROOT / "Makefile"))
    assert "provision down --local --local-port 4570 --yes --destroy-data" in make
    assert "provision config schema" in list(commands(ROOT / "config.yaml"))
