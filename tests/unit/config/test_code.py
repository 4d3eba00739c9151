"""Every module named in config.yaml that does not compile is reported with its line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from provision.cli import main
from provision.config import ConfigInvalid
from tests.unit.config.sample import SAMPLE, changed, line_of, load_text, problems_of

BAD = "x = 1\n\ndef (:\n"
APP = "def handler(event, context): ...\n"


@dataclass
class Told:
    exit_code: int
    stderr: str


@pytest.fixture
def check(path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[str], Told]:
    """Run `provision config check` on this text."""

    def run(text: str) -> Told:
        path.write_text(text, "utf-8")
        with pytest.raises(SystemExit) as ended:
            main(["--config", str(path), "config", "check"])
        return Told(int(ended.value.code or 0), capsys.readouterr().err)

    return run


def put(path: Path, **modules: str) -> None:
    for name, text in modules.items():
        (path.parent / "function" / f"{name}.py").write_text(text, "utf-8")


def test_a_second_module_is_told_with_file_and_line_and_what_else_is_wrong(
    path: Path, check: Callable[[str], Told]
) -> None:
    put(path, app="import second, third\n" + APP, second=BAD, third="print 'python 2'\n")
    told = check(changed("memory: 512", "memory: 5"))
    function = path.parent / "function"
    assert told.exit_code == 3
    memory, second, third, code, hint = told.stderr.strip().splitlines()
    assert code.strip() == "[config-invalid]"
    assert memory.startswith(f"{path}:{line_of(SAMPLE, 'memory: 512')}: functions.items.memory: ")
    assert second == f"{function / 'second.py'}:3: invalid syntax"
    assert third.startswith(f"{function / 'third.py'}:1: Missing parentheses in call to 'print'")
    assert (
        f"Correct {path} and {function / 'second.py'} and {function / 'third.py'}, then: " in hint
    )


def test_the_hint_names_the_file_to_correct_not_config_yaml(path: Path) -> None:
    put(path, app=BAD)
    with pytest.raises(ConfigInvalid) as told:
        load_text(path, SAMPLE)
    assert told.value.hint.startswith(f"Correct {path.parent / 'function' / 'app.py'}, then: ")
    put(path, app="import a, b, c\n" + APP, a=BAD, b=BAD, c=BAD)
    with pytest.raises(ConfigInvalid) as told:
        load_text(path, changed("memory: 512", "memory: 5"))
    assert told.value.hint.startswith("Correct these files, then: ")


def test_what_nobody_imports_is_a_warning_and_stops_nothing(
    path: Path, check: Callable[[str], Told]
) -> None:
    put(path, vendored=BAD)
    told = check(SAMPLE)
    assert told.exit_code == 0
    warning, valid = told.stderr.strip().splitlines()
    assert warning == (
        f"warning: {path.parent / 'function' / 'vendored.py'}:3: invalid syntax; not an error:"
        " app.handler does not seem to import it"
    )
    assert "is valid" in valid


def test_a_module_that_one_of_two_functions_imports_is_wrong_once(path: Path) -> None:
    put(path, other="import bad\n" + APP, bad=BAD)
    text = changed("functions:\n", "functions:\n  other: {source: function, handler: "
                   "other.handler, layers: [], tables: {}}\n")  # fmt: skip
    (problem,) = problems_of(path, text)
    assert (Path(problem.file).name, problem.line, problem.suggestion) == ("bad.py", 3, "")


def test_what_only_another_environment_runs_names_it(path: Path) -> None:
    put(path, other="import bad\n" + APP, bad=BAD)
    text = changed("items: {memory: 1024}", "items: {handler: other.handler}")
    (problem,) = problems_of(path, text)
    assert problem.message == "invalid syntax (in environment prod)"


def test_a_hyphenated_module_and_a_star_import(path: Path) -> None:
    put(path, **{"my-app": "from app import *\n"})
    assert load_text(path, changed("app.handler", "my-app.handler"))
    (problem,) = problems_of(path, changed("app.handler", "my-app.main"))
    assert "my-app.py defines no main" in problem.message


def test_a_handler_may_be_in_a_layer(path: Path, check: Callable[[str], Told]) -> None:
    told = check(changed("app.handler", "wrapper.handler"))
    assert told.exit_code == 0
    assert "functions.items: wrapper.handler is not in its source, so it must be" in told.stderr
    without = changed("layers: [dependencies]", "layers: []")
    told = check(changed("app.handler", "wrapper.handler", without))
    assert told.exit_code == 3
    assert "there is no " in told.stderr


def test_a_folder_that_cannot_be_zipped_is_a_problem_of_its_source(path: Path) -> None:
    (path.parent / "function" / "linked").symlink_to(path.parent / "layer")
    for problem in problems_of(path, SAMPLE):  # or none, where links inside are followed
        assert problem.key == "functions.items.source"


@pytest.mark.parametrize(
    ("code", "warned"),
    [
        ('import os\nT = os.environ["TABLE_ORDERS"]\n', True),
        ("def read(environment):\n    return environment['TABLE_OLD_ORDERS']\n", True),
        ('import os\nT = os.environ["TABLE_ITEMS"]\n', False),  # the function has that table
        ('import os\nT = os.environ.get("TABLE_ORDERS", "")\n', False),
        ('import os\nT = os.getenv("TABLE_ORDERS")\n', False),
        ('import os\nif "TABLE_X" in os.environ:\n    T = os.environ["TABLE_X"]\n', False),
        ('import os\nos.environ["TABLE_X"] = "t"\nT = os.environ["TABLE_X"]\n', False),
        ("T = {}['table_x']\n", False),
        ('raise SystemExit("never run")\n', False),
    ],
)
def test_a_table_s_variable_that_the_function_lacks_is_a_warning(
    path: Path, check: Callable[[str], Told], code: str, *, warned: bool
) -> None:
    put(path, app="import second\n" + APP, second=code)
    told = check(SAMPLE)
    assert told.exit_code == 0
    assert ("functions.items gives no such variable" in told.stderr) is warned, told.stderr
    put(path, app=APP)
    assert "no such variable" not in check(SAMPLE).stderr, "the handler does not import it"


def test_the_advice_names_the_table_or_says_where_one_is_shown(
    path: Path, check: Callable[[str], Told]
) -> None:
    put(path, app='import os\nT = os.environ["TABLE_ITEMS"]\n' + APP)
    told = check(changed("tables: {items: write}", "tables: {}"))
    assert "app.py:2: TABLE_ITEMS is read here, and functions.items gives" in told.stderr
    assert "write functions.items.tables: {items: read}, or {items: write}" in told.stderr
    put(path, app='import os\nT = os.environ["TABLE_OLD_ORDERS"]\n' + APP)
    told = check(SAMPLE)
    assert 'add a table such as "old-orders" and name it in functions.items.tables' in told.stderr
    assert "config explain tables" in told.stderr


def excluding(patterns: str) -> str:
    return changed("    handler: app.", f"    exclude: {patterns}\n    handler: app.")


def test_a_pattern_that_takes_an_imported_module_or_nothing_is_warned_of(
    path: Path, check: Callable[[str], Told]
) -> None:
    put(path, app="import store\n" + APP, store="")
    told = check(excluding("[store.py, none.txt]"))
    assert told.exit_code == 0
    assert "exclude[0]: it leaves out store.py, which app.handler seems to import" in told.stderr
    assert "exclude[1]: there is no file in" in told.stderr


def test_a_handler_that_the_default_list_leaves_out_is_told_what_to_write(path: Path) -> None:
    put(path, test_app=APP)
    text = changed("handler: app.handler", "handler: test_app.handler")
    (problem,) = problems_of(path, text)
    assert problem.key == "functions.items.handler"
    assert 'write exclude: ["!/test_app.py"]' in problem.suggestion
    mended = changed("    handler:", '    exclude: ["!/test_app.py"]\n    handler:', text)
    assert problems_of(path, mended) == ()


def test_a_module_that_is_not_packed_need_not_compile(
    path: Path, check: Callable[[str], Told]
) -> None:
    put(path, test_app=BAD, drafted=BAD)
    assert "warning" not in check(excluding("[/drafted.py]")).stderr
