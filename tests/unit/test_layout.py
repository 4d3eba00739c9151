"""Size and shape as tests: short modules and functions, a first line that says why."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(
    path for folder in ("provision", "function", "bench") for path in (ROOT / folder).rglob("*.py")
)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_short_and_says_why_it_exists(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 320
    assert ast.get_docstring(ast.parse(text)), "the first line says why the file exists"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_function_fits_a_screen(path: Path) -> None:
    long = {
        function.name: lines
        for function in functions(ast.parse(path.read_text("utf-8")))
        if (lines := (function.end_lineno or 0) - function.lineno + 1) > 45
    }
    assert long == {}


def test_the_architecture_has_a_place_for_every_module() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    modules = [path.name for path in (ROOT / "provision").glob("*.py") if path.stem[0] != "_"]
    assert [name for name in modules if f"{name}`" not in text] == []


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
