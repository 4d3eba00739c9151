"""docs/aws-behaviours.md: every id that is cited is a row of it, and every row is cited."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "aws-behaviours.md"
PAGES = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")} - {PAGE})
ID = r"[ACDEGIKLNQRSVWX]\d{1,2}"
IN_PARENTHESES = re.compile(rf"\(({ID}(?:, {ID})*(?:,? and {ID})?)\)")
ANYWHERE = re.compile(rf"(?<![\w'\"`-]){ID}(?![\w'\"`])")
LINK = re.compile(rf"\[({ID})\]\((?:\.\./|docs/)?aws-behaviours\.md#(\w+)\)")
OF_LAWS = re.compile(rf"{ID}(?: {ID})*")
CODE = sorted(
    path
    for folder in ("provision", "tests", "bench", "function")
    for path in (ROOT / folder).rglob("*.py")
    if re.search(rf"\b{ID}\b", path.read_text("utf-8"))
)
SERVICES = {"S3"}
"""Names of AWS's own that look like an id."""
UNCONFIRMED = "observed by others, not confirmed"


@cache
def rows() -> dict[str, str]:
    """Return the text below the heading of each id."""
    parts = re.split(r"^##+ (.*)$", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    named = zip(parts[1::2], parts[2::2], strict=True)
    return {name: text for name, text in named if re.fullmatch(ID, name)}


def comments(path: Path) -> Iterator[str]:
    """Yield the comments, each on one line; those on adjacent lines are joined."""
    said, last = "", -1
    for token in tokenize.generate_tokens(io.StringIO(path.read_text("utf-8")).readline):
        if token.type == tokenize.COMMENT:
            line = token.start[0]
            if line != last + 1:
                yield said
                said = ""
            said, last = f"{said} {token.string.lstrip('# ')}", line
    yield said


def docstrings(tree: ast.Module) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant(value=str()) as said):
                yield said


@cache
def strings(path: Path, *, docs: bool) -> list[str]:
    """Return the docstrings, each on one line; or all other strings."""
    tree = ast.parse(path.read_text("utf-8"))
    ours = {id(said) for said in docstrings(tree)}
    return [
        " ".join(node.value.split())
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and (id(node) in ours) is docs
    ]


@cache
def words_of(path: Path) -> list[str]:
    return [*comments(path), *strings(path, docs=True)]


@cache
def cited_in_code() -> dict[str, str]:
    """Return one of the files that cite it, by id."""
    found: dict[str, str] = {}
    for path in CODE:
        others = strings(path, docs=False)
        ids = [
            each
            for said in (*words_of(path), *others)
            for group in IN_PARENTHESES.findall(said)
            for each in re.findall(ID, group)
        ]
        if "aws_behaviours" in path.parts:  # the rows that a law enforces
            ids += [each for said in others if OF_LAWS.fullmatch(said) for each in said.split()]
        found |= dict.fromkeys(ids, str(path.relative_to(ROOT)))
    return found


def test_every_id_that_is_cited_is_a_row() -> None:
    assert {each: path for each, path in cited_in_code().items() if each not in rows()} == {}


def test_every_row_is_cited() -> None:
    links = {each for path in PAGES for each, _ in LINK.findall(path.read_text("utf-8"))}
    assert rows().keys() - cited_in_code().keys() - links == set()
    assert len(rows()) > 150, "the headings were found"


def test_the_fact_comes_first_and_the_id_last() -> None:
    """A reader could not understand a sentence with an id outside parentheses."""
    bare = {
        path: said
        for path in CODE
        for said in words_of(path)
        if set(ANYWHERE.findall(IN_PARENTHESES.sub("", said))) - SERVICES
    }
    assert bare == {}


def test_no_id_is_shown_to_people() -> None:
    shown = {
        path: said
        for path in CODE
        if path.parts[len(ROOT.parts)] != "tests"
        for said in strings(path, docs=False)
        if IN_PARENTHESES.search(said)
    }
    assert shown == {}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_page_cites_by_a_link_to_the_row(path: Path) -> None:
    text = re.sub(r"```.*?```|`[^`\n]*`", "", path.read_text("utf-8"), flags=re.DOTALL)
    links = LINK.findall(text)
    assert [each for each, anchor in links if each not in rows() or anchor != each.lower()] == []
    assert IN_PARENTHESES.findall(text) == []


def test_every_row_says_what_we_do_and_where_it_is_known_from() -> None:
    lacking = [
        name
        for name, text in rows().items()
        if not re.search(r"^\*\*.+\.\*\* \S", text, re.MULTILINE)
        or "\n*Here:* " not in text
        or not re.search(rf"^\*Source:\* .*(\]\(https://|{UNCONFIRMED})", text, re.MULTILINE)
    ]
    assert lacking == []


def test_every_module_that_a_row_names_is_there() -> None:
    named = set(re.findall(r"`((?:provision|tests)/[\w/.]+)`", PAGE.read_text("utf-8")))
    assert sorted(name for name in named if not (ROOT / name).exists()) == []
    assert len(named) > 50
