"""The examples of `config explain`: pasted where they say, they make a valid file."""

from __future__ import annotations

from pathlib import Path

import pytest

from provision.config import examples, load
from provision.config.checks import check_values
from provision.config.yaml.reader import read
from tests.support.sample_stack import ROOT

TEMPLATES = {
    "minimal": ROOT / "provision" / "templates" / "minimal" / "config.yaml",
    "items": ROOT / "config.yaml",
}
KEYS = [each.replace(examples.FUNCTION, "{function}") for each in examples.EXAMPLES]


def pasted(path: Path, fragment: examples.Fragment) -> None:
    """Write the lines into the file where the fragment says."""
    lines = path.read_text("utf-8").splitlines()
    place = fragment.place.removesuffix(":")
    if place == "In config.yaml":
        lines += fragment.lines
    elif place.startswith("After the brace of "):
        at = read(path)[0].get(*place.removeprefix("After the brace of ").split("."))
        assert at is not None
        number = at.place.line - 1
        lines[number] = lines[number].replace("{", "{" + f"{fragment.lines[0]} ", 1)
    elif place.startswith("Instead of "):
        at = read(path)[0].get(*place.removeprefix("Instead of ").split("."))
        assert at is not None
        lines[at.place.line - 1 : at.place.line] = fragment.lines
    else:
        where, _, empty = place.removeprefix("Below ").partition(", instead of the empty ")
        root = read(path)[0]
        keys = [] if where.startswith("In ") else where.split(".")
        if empty:
            old = root.get(*keys, empty)
            assert old is not None
            del lines[old.place.line - 1]
        node = root.get(*keys)
        assert node is not None
        first = next(iter(node.entries.values())).place.line - 1
        lines[first:first] = fragment.lines
    path.write_text("\n".join(lines) + "\n", "utf-8")


@pytest.fixture(params=list(TEMPLATES))
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(TEMPLATES[request.param].read_text("utf-8").replace("{name}", "shop", 1))
    return path


@pytest.mark.parametrize("key", KEYS)
def test_what_is_shown_can_be_pasted(file: Path, key: str) -> None:
    (function,) = read(file)[0].get("functions").entries  # type: ignore[union-attr]
    typed = key.format(function=function)
    shown = examples.example_of(typed, read(file)[0])
    assert shown
    text = file.read_text("utf-8")
    before = load(file, environment=None, check=check_values)
    for fragment in shown:
        pasted(file, fragment)
    after = load(file, environment=None, check=check_values)
    assert after != before, text
    assert max(len(line) for fragment in shown for line in fragment.lines) <= 80


def test_an_empty_section_is_replaced(file: Path) -> None:
    text = file.read_text("utf-8")
    if "tables: {}" not in text and "\ntables:" not in text:
        file.write_text(text + "tables: {}\n")
        first, _ = examples.example_of("tables", read(file)[0])
        assert first.place == "In config.yaml, instead of the empty tables:"
        assert first.lines == ["tables:", "  orders: {key: id}"]


def test_no_other_key_has_an_example(file: Path) -> None:
    for key in ("", "name", "tables.items", "functions.x.memory", "api"):
        assert examples.example_of(key, read(file)[0]) == []
