"""A secret drawn on a screen is found in its picture, and the README's pictures hold none."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tests.support.sample_stack import ROOT
from tests.support.svg_screens import betrays, console, drawn, shown

PICTURES = sorted((ROOT / "docs" / "pictures").glob("*.svg"))
SECRET = "pä55/<&\"w0rd'>+two  blanks=="
VALUE = re.compile(r"[A-Za-z0-9]{20}|[A-Za-z0-9/+]{40}")
"""An API key's value is 20 to 128 letters and digits, an access key's id 20 and its secret 40."""
SOME_VALUES = (
    "AKIAIOSFODNN7EXAMPLE",
    "ASIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "d41d8cd98f00b204e9800998ecf8427e4b2a1c0f",
)


def plain(screen: Console) -> None:
    screen.print("the key is", SECRET)


def in_two_styles(screen: Console) -> None:
    middle = len(SECRET) // 2
    screen.print(Text(SECRET[:middle], "bold red"), Text(SECRET[middle:], "green"), sep="")


def over_the_edge(screen: Console) -> None:
    screen.print("x" * (screen.width - 5) + SECRET, soft_wrap=False)


def in_a_narrow_column(screen: Console) -> None:
    table = Table("node", "value", "why")
    table.add_row("table.items", Text(SECRET, overflow="fold"), "because of what is wanted " * 9)
    table.columns[1].width = 10
    screen.print(table)


@pytest.mark.parametrize("draw", [plain, in_two_styles, over_the_edge, in_a_narrow_column])
def test_what_is_drawn_is_found(draw: Callable[[Console], None]) -> None:
    screen, bare = console(), console()
    draw(screen)
    picture = screen.export_svg()
    assert SECRET not in picture
    assert betrays(picture, SECRET)
    assert not betrays(picture, "another-secret-of-somebody")
    bare.print("nothing of it")
    assert not betrays(bare.export_svg(), SECRET)


def test_what_a_terminal_showed_is_found() -> None:
    terminal = f"\x1b[1;31m✗ it: \x1b[0m{SECRET[:6]}\x1b[32m{SECRET[6:]}\x1b[0m\n"
    assert betrays(drawn(terminal), SECRET)
    assert betrays(drawn("nothing", title=f"provision {SECRET}"), SECRET)


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.name)
def test_a_picture_of_the_readme_holds_no_value(path: Path) -> None:
    texts = shown(path.read_text("utf-8"))
    assert any("provision" in text or text == "API Gateway" for text in texts), "it is read at all"
    assert [text for text in texts if VALUE.search(text)] == []


@pytest.mark.parametrize("value", SOME_VALUES)
def test_a_value_would_be_seen(value: str) -> None:
    (text,) = (text for text in shown(drawn(f"the key is {value}, keep it")) if "key is" in text)
    assert VALUE.search(text)


def test_there_are_pictures() -> None:
    assert {path.name for path in PICTURES} == {"stack.svg", "status.svg", "up.svg"}
