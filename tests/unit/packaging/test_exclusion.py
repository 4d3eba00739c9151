"""Patterns leave files out of a zip, and the default list takes nothing that code imports."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from provision.packaging.exclusion import DEFAULT, excluded_by, packed_files
from tests.unit.packaging.test_archive import write


@pytest.mark.parametrize(
    ("pattern", "fits", "does_not"),
    [
        ("notes.md", "notes.md a/notes.md a/b/notes.md notes.md/x", "notes.mdx anotes.md"),
        ("/notes.md", "notes.md notes.md/x", "a/notes.md"),
        ("drafts/", "drafts/a a/drafts/b/c", "drafts a/drafts"),
        ("/drafts/", "drafts/a", "drafts a/drafts/b"),
        ("tests/**", "tests/a tests/a/b", "a/tests/b tests"),
        ("*.md", "a.md b/c.md", "a.mdx md"),
        ("/*.md", "a.md", "b/c.md"),
        ("a/*.md", "a/x.md a/.md", "b/a/x.md a/b/x.md"),
        ("a/**/x.md", "a/x.md a/b/x.md a/b/c/x.md", "x.md b/a/x.md"),
        ("**/x", "x a/x a/b/x x/y", "ax"),
        ("a*b*c", "abc axbxc abbc abcbc x/abc", "ab acb abcd a/bc"),
        ("*key.pem", "key.pem my-key.pem keykey.pem", "key.pem2"),
        ("?.md", "a.md b/c.md", "ab.md .md"),
        ("a.b", "a.b", "axb"),
        ("data/**/big", "data/big data/a/big/b", "data/bigger"),
    ],
)
def test_a_pattern_fits_as_in_gitignore(pattern: str, fits: str, does_not: str) -> None:
    assert [name for name in fits.split() if not excluded_by(name, [pattern])] == []
    assert [name for name in does_not.split() if excluded_by(name, [pattern])] == []


def test_the_last_pattern_that_fits_decides() -> None:
    assert excluded_by("a.md", ["*.md", "!a.md"]) == ""
    assert excluded_by("b.md", ["*.md", "!a.md"]) == "*.md"
    assert excluded_by("a.md", ["!a.md", "*.md"]) == "*.md"


def test_a_pattern_of_many_stars_ends() -> None:
    began = time.monotonic()
    for pattern in ("*a" * 20 + "b", "**/" * 2 + "*a" * 20 + "/b", "a*" * 30 + "b"):
        assert not excluded_by("/".join(["a" * 100] * 50), [pattern])
    assert time.monotonic() - began < 20


FILES: dict[str, bytes | str] = {
    "app.py": "import store\n",
    "store.py": "def f():\n    from tests.fixtures import rows\n",
    "tests/__init__.py": "",
    "tests/fixtures.py": "from .more import x\n",
    "tests/more.py": "",
    "tests/test_app.py": "",
    "test_app.py": "import store\n",
    "conftest.py": "",
    "vendored/tests/needed.py": "",
    "prod.env": "",
    "server.key": "",
    "ca.pem": "",
    "private-key.pem": "",
    "notes.md": "",
    "node_modules/x/index.js": "",
    "venv/pyvenv.cfg": "",
    "venv/lib/python3.13/site-packages/x.py": "",
    ".env": "",
}
PACKED = {
    *("app.py", "store.py", "vendored/tests/needed.py", "ca.pem", "notes.md"),
    *("tests/__init__.py", "tests/fixtures.py", "tests/more.py"),
}


def test_the_default_list_spares_what_is_imported(tmp_path: Path) -> None:
    assert packed_files(write(tmp_path, FILES)).keys() == PACKED


def test_patterns_are_over_the_default_list(tmp_path: Path) -> None:
    source = write(tmp_path, FILES)
    assert packed_files(source, ("*.md",)).keys() == PACKED - {"notes.md"}
    assert packed_files(source, ("!prod.env",)).keys() == PACKED | {"prod.env"}
    without = {"tests/__init__.py", "tests/fixtures.py", "tests/more.py"}
    assert packed_files(source, ("/tests/",)).keys() == PACKED - without


def test_without_such_files_all_are_packed(tmp_path: Path) -> None:
    source = write(tmp_path, {"app.py": "import tests\n", "a/b.txt": ""})
    assert packed_files(source).keys() == {"app.py", "a/b.txt"}


def test_the_default_list_is_on_the_page() -> None:
    page = Path(__file__).parents[3].joinpath("docs", "config.md").read_text("utf-8")
    assert [pattern for pattern in DEFAULT if f"`{pattern}`" not in page] == []
