"""A missing handler of a function is found before the first call to AWS."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from provision.packaging.handlers import handler_problem, in_folder, problem_in_layers
from tests.unit.packaging.test_archive import ROOT, write

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
    "package/up.py": "from . import *\n",
    "star.py": "from app import *\n",
    "two-stars.py": "from star import *\n",
    "circle.py": "from circle import *\n",
    "elsewhere.py": "from a_package_of_a_layer import *\n",
    "hidden.py": "_handler = print\nhandler = 1\n",
    "private.py": "from hidden import *\n",
    "my-app.py": "def handler(event, context): ...\n",
    "v1/2nd-app.py": "def handler(event, context): ...\n",
    "größe.py": "def antwort(event, context): ...\n",
    "with_.py": "with open('x') as handler: ...\n",
    "loop.py": "for name in (1, 2):\n    handler = print\n",
    "walrus.py": "print(handler := print)\n",
    "match_.py": "match print:\n    case handler: ...\n",
    "global_.py": "def make():\n    global handler\n    handler = print\nmake()\n",
    "dynamic.py": "globals()['handler'] = print\n",
    "lazy.py": "def __getattr__(name): return print\n",
    "module.py": "import app as handler\nimport os.path\n",
    "fast.cpython-313-x86_64-linux-gnu.so": b"\x7fELF",
}


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
        "package/inner.handler",
        "package.up.handler",
        "broken.handler",  # reported as a syntax error, with its line
        "star.handler",
        "two-stars.handler",
        "elsewhere.handler",
        "hidden._handler",
        "my-app.handler",
        "v1/2nd-app.handler",
        "größe.antwort",
        "with_.handler",
        "loop.handler",
        "walrus.handler",
        "match_.handler",
        "global_.handler",
        "dynamic.handler",
        "lazy.handler",
        "module.handler",
        "module.os",
        "fast.handler",
    ],
)
def test_a_handler_that_is_there(tmp_path: Path, handler: str) -> None:
    assert handler_problem(write(tmp_path, HANDLERS), handler) is None


@pytest.mark.parametrize(
    ("handler", "problem"),
    [
        ("app.main", "app.py defines no main"),
        ("read.handler", "read.py defines no handler"),
        ("method.handler", "method.py defines no handler"),
        ("star.main", "star.py defines no main"),
        ("two-stars.main", "two-stars.py defines no main"),
        ("circle.handler", "circle.py defines no handler"),
        ("private._handler", "private.py defines no _handler"),
        ("nothing.handler", "there is no "),
        ("package.nothing.handler", "package/nothing.py"),
        ("app", "there is no "),
        (".handler", "there is no "),
        ("..app.handler", "there is no "),
    ],
)
def test_a_handler_that_is_not(tmp_path: Path, handler: str, problem: str) -> None:
    found = handler_problem(write(tmp_path, HANDLERS), handler)
    assert found is not None
    assert problem in found
    assert handler in found


def test_a_handler_in_a_layer(tmp_path: Path) -> None:
    write(tmp_path, HANDLERS)
    layers = [tmp_path / "one.zip", tmp_path / "two.zip"]
    for file, member in zip(layers, ("python/other.py", "python/wrapper/__init__.py"), strict=True):
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr(member, "def handler(event, context): ...\n")
    assert not in_folder(tmp_path, "wrapper.handler")
    assert in_folder(tmp_path, "app.handler")
    assert problem_in_layers(layers, "wrapper.handler") is None
    assert problem_in_layers(layers, "other.main") == (
        "handler other.main: other.py of the layer defines no main"
    )
    assert problem_in_layers(layers, "third.handler") == (
        "handler third.handler: its module is neither in the source nor in a layer"
    )


def test_the_shipped_function_has_its_handler() -> None:
    assert handler_problem(ROOT / "function", "app.handler") is None
