"""Modules that do not compile, and whether that matters, are found from the text alone."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from provision.packaging import compilation, modules
from provision.packaging.handlers import handler_problem
from provision.packaging.imports import imported
from provision.packaging.modules import ModuleFault, faults
from tests.unit.packaging.test_archive import ROOT, write

BAD = "x = 1\n\ndef (:\n"
APP = "def handler(event, context): ...\n"
RUNNING = ".".join(map(str, sys.version_info[:2]))


def judged(folder: Path, files: dict[str, bytes | str], runtime: str = RUNNING) -> dict[str, str]:
    """Return each faulty file with its doubt, which is empty if the function cannot run."""
    write(folder, files)
    found = faults(folder, "app.handler", f"python{runtime}")
    return {each.file.relative_to(folder).as_posix(): each.doubt for each in found}


def test_the_file_and_the_line_are_told(tmp_path: Path) -> None:
    write(tmp_path, {"app.py": "import second\n" + APP, "second.py": BAD, "data.txt": "def ("})
    (fault,) = faults(tmp_path, "app.handler", "python3.11")
    assert fault == ModuleFault(tmp_path / "second.py", 3, "invalid syntax")
    assert str(fault) == f"{(tmp_path / 'second.py').as_posix()}:3: invalid syntax"


def test_nothing_of_it_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marks = f"open({str(tmp_path / 'was-run')!r}, 'w').close()\n"
    monkeypatch.syspath_prepend(tmp_path)
    judged(tmp_path, {"app.py": f"{marks}import second\n{APP}", "second.py": marks, "bad.py": BAD})
    assert not (tmp_path / "was-run").exists()
    assert list(tmp_path.rglob("*.pyc")) == []


@pytest.mark.parametrize(
    "imports",
    [
        "import bad",
        "import bad as good",
        "from bad import x",
        "from . import bad",
        "import package.inner",
        "from package import inner",
        "from package.inner import name",
        "from second import *",
        "def later():\n    import bad",
        "try:\n    import bad\nexcept ImportError:\n    bad = None",
        "try:\n    pass\nfinally:\n    import bad",
        "if later:\n    import bad",
        "with open('x'):\n    import bad",
        "import importlib\nimportlib.import_module('bad')",
        "from importlib import import_module\nimport_module('.bad', __package__)",
        "__import__('bad')",
    ],
)
def test_what_the_handler_imports_is_wrong(tmp_path: Path, imports: str) -> None:
    found = judged(
        tmp_path,
        {
            "app.py": f"{imports}\n{APP}",
            "bad.py": BAD,
            "second.py": "from package import inner\n",
            "package/__init__.py": "from . import deeper\n",
            "package/inner.py": "from ..bad import x\nfrom . import deeper\n",
            "package/deeper.py": "from .. import bad\nimport bad\n",
        },
    )
    assert found == {"bad.py": ""}


@pytest.mark.parametrize(
    "imports",
    [
        "",
        "import sys\nif sys.version_info[0] == 2:\n    import bad\nelse:\n    import json",
        "import six\nif six.PY2:\n    import bad",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import bad",
        "try:\n    import bad\nexcept SyntaxError:\n    bad = None",
        "try:\n    import bad\nexcept (ImportError, Exception):\n    bad = None",
        "try:\n    import bad\nexcept:\n    bad = None",
        "try:\n    import json\nexcept ImportError:\n    import bad",
        "import badly",
    ],
)
def test_what_it_does_not_import_stops_nothing(tmp_path: Path, imports: str) -> None:
    (doubt,) = judged(tmp_path, {"app.py": f"{imports}\n{APP}", "bad.py": BAD}).values()
    assert doubt == "not an error: app.handler does not seem to import it"


def test_a_package_on_the_way_is_run_too(tmp_path: Path) -> None:
    found = judged(
        tmp_path,
        {"app.py": f"import a.b.c\n{APP}", "a/__init__.py": "", "a/b/__init__.py": BAD,
         "a/b/c.py": "", "a/d.py": BAD},
    )  # fmt: skip
    assert {name: bool(doubt) for name, doubt in found.items()} == {
        "a/b/__init__.py": False,
        "a/d.py": True,
    }


def test_the_packages_of_the_handler_itself(tmp_path: Path) -> None:
    write(tmp_path, {"shop/__init__.py": BAD, "shop/app.py": APP})
    (fault,) = faults(tmp_path, "shop/app.handler", "python3.11")
    assert (fault.file.name, fault.doubt) == ("__init__.py", "")


@pytest.mark.parametrize(
    "text",
    [
        b"x = 1\0",
        b"x = '\xff'\n",
        "(" * 300,
        "-" * 100_000 + "1",
        "[" * 90 + "]" * 90 + "".join(f"\nif x{n}:{' ' * n}" for n in range(3)),
        "x = " + "9" * 5000,
        "\tif 1:\n        x = 1\n",
        "return 1\n",
        'print "python 2"\n',
        "{{ a.template }}\n{% if it %}\n",
    ],
)
def test_whatever_it_is_it_is_told(tmp_path: Path, text: bytes | str) -> None:
    assert judged(tmp_path, {"app.py": f"import bad\n{APP}", "bad.py": text}) == {"bad.py": ""}


def test_a_process_that_is_large_itself_tells_the_same(tmp_path: Path) -> None:
    """Linux counts the parent's peak memory as that of a process it starts."""
    large = bytearray(b"\1") * (compilation.BYTES // 3)
    assert judged(tmp_path, {"app.py": f"import bad\n{APP}", "bad.py": "-" * 100_001 + "1"}) == {
        "bad.py": ""
    }
    assert large


def test_escapes_that_only_warn_are_fine(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    assert judged(tmp_path, {"app.py": f"x = '\\d'\n{APP}"}) == {}
    assert not recwarn.list


NEWER = {
    "an alias": "type Name = str\n",
    "a parameter": "def first[T](of: list[T]) -> T: ...\n",
    "a class": "class Box[T]: ...\n",
    "quotes": 'd = {}\nx = f"{d["key"]}"\n',
    "a comma": 'x = f"{", ".join([])}"\n',
    "a backslash": "x = f'{'\\n'.join([])}'\n",
    "a line": 'x = f"{\n  1\n}"\n',
    "three quotes": 'x = f"""{\n {"""a"""}\n}"""\n',
    "nested": 'print(\n  f"{f"{1}"}",\n)\n',
    "a backslash inside": "x = f\"{d['\\n']}\"\n",
    "two exceptions": "try: ...\nexcept KeyError, IndexError: ...\n",
    "a template": 'x = t"{name}"\n',
}


@pytest.mark.parametrize("text", NEWER.values(), ids=NEWER.keys())
def test_an_older_python_does_not_judge_newer_grammar(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """It is simulated if this Python is itself newer: files that it refuses are not checked."""
    monkeypatch.setattr(modules, "RUNNING", (3, 11))
    monkeypatch.setattr(
        modules, "_judged", lambda contents, release: [(1, "refused")] * len(contents)
    )
    found = judged(tmp_path, {"app.py": text + APP}, "3.14")
    assert found == {"app.py": "so says Python 3.11; the function's 3.14 may accept it"}


@pytest.mark.parametrize(
    "text",
    [
        BAD,
        "type(x) = str\ndef (:\n",
        "x = f'{a!r:>{width}} {{b}} {c[\"d\"]}'\ndef (:\n",
        'x = f"""{a} "and" {b}"""\ndef (:\n',
        "try: ...\nexcept (KeyError, IndexError): ...\ndef (:\n",
        "format('x')\nprint 'python 2'\n",
    ],
)
def test_it_does_judge_what_is_wrong_in_any(tmp_path: Path, text: str) -> None:
    assert judged(tmp_path, {"app.py": f"import bad\n{APP}", "bad.py": text}, "3.14") == {
        "bad.py": ""
    }


def test_grammar_it_has_never_heard_of_is_left_alone(tmp_path: Path) -> None:
    (doubt,) = judged(tmp_path, {"app.py": BAD}, "3.99").values()
    assert doubt.endswith("the function's 3.99 may accept it")


@pytest.mark.skipif(sys.version_info < (3, 12), reason="this Python has no newer grammar")
def test_a_newer_python_knows_what_the_runtime_lacks(tmp_path: Path) -> None:
    assert judged(tmp_path, {"app.py": "type Name = str\n" + APP}, "3.11") == {"app.py": ""}
    assert judged(tmp_path, {"app.py": "type Name = str\n" + APP}, "3.12") == {}


def test_what_a_module_imports() -> None:
    text = b"import a.b, c\nfrom .d import e\nfrom .. import f\nfrom g import *\n"
    assert imported("p/q/m.py", text) == {
        "a.b", "c", "p.q.d", "p.q.d.e", "p", "p.f", "g", "g.*",
    }  # fmt: skip
    assert imported("m.py", b"def (:") == set()


def test_the_shipped_function_compiles() -> None:
    assert faults(ROOT / "function", "app.handler", "python3.13") == []


def finally_nested(levels: int, body: str = "pass", last: str = "f(1, 2, 3)\n" * 30) -> str:
    """Return a function of nested `try: body` statements, each in the `finally` of the last."""
    text = "def f():\n while f:\n"
    for depth in range(levels):
        blanks = "  " + " " * depth
        text += f"{blanks}try: {body}\n{blanks}finally:\n"
    blanks = "  " + " " * levels
    return text + "".join(f"{blanks}{line}\n" for line in last.splitlines())


PATHOLOGICAL = {
    "finally in finally": finally_nested(14),
    "finally in finally, with a way out": finally_nested(10, "return f()"),
    "finally with ways out": "def f():\n"
    + "".join(" " * n + " try:\n" for n in range(10))
    + (" " * 11 + "if f: return f()\n") * 50
    + "".join(" " * n + f" finally:\n{' ' * n}  if f: return f()\n" for n in reversed(range(10))),
    "null bytes": "x = 1\0",
    "parentheses": "(" * 100_000,
    "brackets": "x = " + "[" * 150 + "]" * 150,
    "signs": "-" * 5000 + "1",
    "attributes": "a." * 20_000 + "b",
    "sums": "1+" * 20_000 + "1",
    "choices": "x if y else " * 5000 + "z",
    "indentation": "".join(" " * n + "if x:\n" for n in range(150)),
    "a long number": "x = " + "9" * 5000,
    "an unknown encoding": "# coding: nothere\nx",
    "an f-string": "f'{x" * 2000,
}


def test_a_large_module_is_parsed_and_no_code_made_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(compilation, "MOST_COMPILED", 20)
    assert judged_alone(f"{APP}return 5\n") is None  # only making code refuses that
    assert judged_alone(f"{APP}def (") is not None


def test_no_code_is_made_of_what_grows_without_bound() -> None:
    """An error that only code generation raises shows whether code was generated."""
    assert judged_alone(f"{finally_nested(14)}return 5\n") is None
    assert judged_alone(f"{finally_nested(3)}return 5\n") is not None
    assert judged_alone(f"{finally_nested(1, 'return f()')}return 5\n") is not None
    assert judged_alone(f"{finally_nested(14)}def (\n") is not None
    spelled = f"# coding: utf-7\n{finally_nested(14)}return 5\n".replace("fin", "f+AGk-n")
    assert judged_alone(spelled) is None


def judged_alone(text: str) -> tuple[int, str] | None:
    return compilation.compiled(text.encode())


@pytest.mark.parametrize("release", ["3.11", "3.14"])
@pytest.mark.parametrize("code", PATHOLOGICAL.values(), ids=PATHOLOGICAL)
def test_whatever_the_code_is_it_is_judged(tmp_path: Path, code: str, release: str) -> None:
    write(tmp_path, {"app.py": f"{APP}import second\n", "second.py": code})
    began = time.process_time()
    for fault in faults(tmp_path, "app.handler", f"python{release}"):
        assert fault.file.name == "second.py"
        assert fault.message
    handler_problem(tmp_path, "second.other")
    assert time.process_time() - began < 10


def lambdas(bytes_: int) -> str:
    """Return a function with many names and inner functions, each of which reads every name."""
    many = bytes_ // 17
    names = ";".join(f"a{number:x}=0" for number in range(many))
    return f"def f():\n {names}\n x=[{','.join(['lambda:0'] * many)}]\n"


TOO_MUCH = {
    "names asked for by each of many functions": lambdas(230_000),
    "a large tree": "x = [" + "-1," * 650_000 + "]\n",
    "a large file": "x = 1\n" * 400_000,
    "many of a middling size": lambdas(60_000),
}


@pytest.mark.skipif(sys.platform != "linux", reason="where memory can be limited")
@pytest.mark.parametrize("code", TOO_MUCH.values(), ids=TOO_MUCH)
def test_what_takes_too_much_is_told_and_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    monkeypatch.setattr(modules, "PATIENCE", 3)
    many = {f"m{n}.py": f"{code}#{n}" for n in range(20)} if len(code) < 100_000 else {}
    write(tmp_path, {"app.py": f"import m\n{APP}", "m.py": code, **many})
    began = time.monotonic()
    (fault,) = faults(tmp_path, "app.handler", "python3.14")
    assert "too large to check whether it compiles" in fault.message
    assert fault.file.name.startswith("m")
    assert fault.doubt
    assert fault.bound
    assert time.monotonic() - began < 15


def test_words_of_a_newer_grammar_are_looked_for_in_bounded_time(tmp_path: Path) -> None:
    hard = "except " * 30_000 + "\nf'{" + "\\\\" * 60_000 + "'\n"
    began = time.process_time()
    judged(tmp_path, {"app.py": f"import m\n{APP}", "m.py": hard}, "3.14")
    assert modules._newer_words(hard, (3, 14)) in {True, False}
    assert time.process_time() - began < 5
