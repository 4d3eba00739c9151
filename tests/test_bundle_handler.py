"""Whether a function's handler exists is known before anything is called in AWS."""

from __future__ import annotations

from pathlib import Path

import pytest

from provision.handlers import handler_file, handler_problem
from tests.test_bundle import ROOT, write

HANDLERS: dict[str, bytes | str] = {
    "app.py": "import os\nTIMEOUT: int = 3\ndef handler(event, context): ...\n",
    "wrapped.py": "def f(): ...\nhandler = print(f)\n",
    "imported.py": "from app import handler\nfrom app import handler as main\n",
    "branch.py": "try:\n    import x\nexcept ImportError:\n    def handler(): ...\n",
    "read.py": "other = print or handler\n",
    "broken.py": "def handler(:\n",
    "method.py": "class App:\n    def handler(self): ...\nother = App().handler\n",
    "package/__init__.py": "def handler(): ...\n",
    "package/inner.py": "async def handler(): ...\n",
}


@pytest.mark.parametrize(
    ("handler", "file"),
    [
        ("app.handler", "app.py"),
        ("package.handler", "package/__init__.py"),
        ("package.inner.handler", "package/inner.py"),
        ("package/inner.handler", "package/inner.py"),
        ("nothing.handler", None),
        ("app", None),
        (".handler", None),
        ("..app.handler", None),
    ],
)
def test_the_file_of_a_handler(tmp_path: Path, handler: str, file: str | None):
    write(tmp_path, HANDLERS)
    assert handler_file(tmp_path, handler) == (None if file is None else tmp_path / file)


@pytest.mark.parametrize(
    "handler",
    [
        "app.handler",
        "wrapped.handler",
        "imported.handler",
        "imported.main",
        "branch.handler",
        "package.handler",
        "package.inner.handler",
    ],
)
def test_a_handler_that_is_there(tmp_path: Path, handler: str):
    assert handler_problem(write(tmp_path, HANDLERS), handler) is None


@pytest.mark.parametrize(
    ("handler", "problem"),
    [
        ("app.main", "app.py defines no main"),
        ("read.handler", "read.py defines no handler"),
        ("method.handler", "method.py defines no handler"),
        ("nothing.handler", "there is no "),
        ("broken.handler", "broken.py, line 1 is not valid Python"),
        ("app", "there is no "),
    ],
)
def test_a_handler_that_is_not(tmp_path: Path, handler: str, problem: str):
    found = handler_problem(write(tmp_path, HANDLERS), handler)
    assert found is not None
    assert problem in found
    assert handler in found


def test_the_shipped_function_has_its_handler():
    assert handler_problem(ROOT / "function", "app.handler") is None
