"""`provision init` as a user types it: in any folder, without a terminal, without AWS's SDK."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.terminal.terminal import CTRL_C, Size, Terminal
from tests.integration.test_cli import Provision, home, provision
from tests.support.sample_stack import ROOT

__all__ = ["home", "provision"]

PARTS = [
    *(".gitattributes", ".gitignore", ".provision", "README.md", "config.yaml", "events"),
    *("function", "tests"),
]


@pytest.fixture
def empty(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = home / "my shop"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_in_this_folder(empty: Path, provision: Provision) -> None:
    made = provision("init", "--template", "minimal")
    assert made.code == 0
    assert names(empty) == PARTS
    assert made.out.splitlines()[-3:] == [
        "stack my-shop-dev, us-east-1",
        "Type next:",
        "  provision up --local",
    ]
    checked = provision("config", "check")
    assert "valid: stack my-shop-dev, us-east-1" in checked.err
    editors = (empty / "config.yaml").read_text().splitlines()[0].partition("$schema=")[2]
    assert json.loads((empty / editors).read_text())["properties"]["functions"]


def test_in_another_folder(empty: Path, provision: Provision) -> None:
    made = provision("init", "it's a/new", "--name", "shop", "--region", "eu-west-1")
    assert made.code == 0
    assert made.out.splitlines()[-1] == """  cd 'it'"'"'s a/new' && provision up --local"""
    assert sorted([*PARTS, "layer"]) == names(empty / "it's a" / "new")
    assert (
        "shop-dev, eu-west-1"
        in provision("config", "check", "--config", "it's a/new/config.yaml").err
    )


@pytest.mark.parametrize("program", ["./bin/provision", "../it's/provision"])
@pytest.mark.parametrize(
    ("directory", "way"), [("new", "new"), ("-new", "./-new"), ("~", "'~'"), ("../b", "../b")]
)
def test_the_next_command_works_after_cd(
    empty: Path,
    provision: Provision,
    monkeypatch: pytest.MonkeyPatch,
    program: str,
    directory: str,
    way: str,
) -> None:
    """It works from any folder; a leading hyphen is no option, and a tilde is no home."""
    monkeypatch.setattr(sys, "argv", [program])
    made = provision("init", "--name", "shop", "--", directory)
    assert made.code == 0
    called = shlex.quote(f"{empty}/{program.removeprefix('./')}")
    assert made.out.splitlines()[-1] == f"  cd {way} && {called} up --local"


def test_the_document(empty: Path, provision: Provision) -> None:
    made = provision("init", "shop", "--json", "--template", "minimal").json
    assert list(made) == [
        *("schema", "stack", "environment", "region", "account", "directory", "template"),
        *("files", "overwritten", "extended", "kept", "of_other_templates", "next"),
        *("calls", "seconds", "error"),
    ]
    assert (made["stack"], made["region"], made["error"]) == ("shop-dev", "us-east-1", None)
    assert made["directory"] == str(empty / "shop")
    assert made["next"] == "cd shop && provision up --local"
    for path in made["files"]:
        assert (empty / "shop" / path).is_file()
    again = provision("init", "shop", "--json", "--template", "minimal")
    assert (again.code, again.json["error"]["exit_code"]) == (1, 1)
    kept = {".gitattributes", ".gitignore", "README.md"}
    told = again.json["error"]["message"].splitlines()
    assert sorted(told[1:]) == sorted(f"  {path}" for path in {*made["files"]} - kept)
    forced = provision("init", "shop", "--json", "--template", "minimal", "--force").json
    assert {*forced["overwritten"]} == {*made["files"]} - {".gitattributes", ".gitignore"}
    assert sorted(forced["kept"]) == [".gitattributes", ".gitignore"]
    assert forced["of_other_templates"] == []
    assert forced["stack"] == made["stack"]


def test_a_change_of_template_keeps_the_name_and_tells_what_is_left(
    empty: Path, provision: Provision
) -> None:
    provision("init", "shop", "--template", "items", "--name", "tea-house")
    (empty / "shop" / "own.txt").write_text("x")
    changed = provision("init", "shop", "--template", "minimal", "--force")
    assert changed.code == 0
    assert "stack tea-house-dev" in changed.out
    (told,) = [line for line in changed.out.splitlines() if "another template" in line]
    assert "function/store.py" in told
    assert "layer/requirements.txt" in told
    assert "own.txt" not in told
    assert (empty / "shop" / "function" / "store.py").is_file()
    (empty / "shop" / "config.yaml").write_text("name: [")
    assert "stack shop-dev" in provision("init", "shop", "--force", "--template", "items").out


def test_the_user_s_own_files_are_named(empty: Path, provision: Provision) -> None:
    (empty / ".gitignore").write_text("mine\n")
    (empty / "README.md").write_text("# Mine\n")
    made = provision("init", "--template", "minimal")
    assert made.code == 0
    assert "Yours, with further lines: .gitignore\nYours, kept as it is: README.md\n" in made.out
    assert (empty / "README.md").read_text() == "# Mine\n"
    assert (empty / ".gitignore").read_text().startswith("mine\n.provision/\n")


@pytest.mark.parametrize("words", [(), ("--json",)])
@pytest.mark.parametrize(
    ("folder", "other"), [("2026-shop", "shop"), ("店", "app"), ("shop-店", "shop"), ("a.b", "a-b")]
)
def test_a_folder_s_name_is_not_guessed(
    empty: Path, provision: Provision, folder: str, other: str, words: tuple[str, ...]
) -> None:
    """Otherwise two folders could be one stack."""
    refused = provision("init", folder, *words)
    assert refused.code == 2
    assert f"--name {other}" in refused.err
    assert names(empty) == []
    assert provision("init", folder, "--name", "shop", *words).code == 0


def test_an_invalid_config_is_not_placed(
    empty: Path, provision: Provision, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provision.workflows.project_files._quoted", lambda value: value)
    refused = provision("init", "--name", "null")
    assert refused.code == 3
    assert f"{empty / 'config.yaml'}:5" in refused.err
    assert "Nothing was written" in refused.err
    assert names(empty) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--name", "Shop"],
            'not ending in a hyphen; "shop" would be one',
        ),
        (["--name", ""], '"app" would be one'),
        (["--name", "a" * 33], "has 33 characters"),
        (["--name", "x\x1b[31m\ny"], r"x\x1b[31m\ny"),
        (["--region", "us-esat-1"], 'did you mean "us-east-1"?'),
        (["--template", "large"], "'large' is not one of 'items', 'minimal'"),
        (["--config", "other.yaml"], "leave --config out"),
        ([""], "DIR is empty"),
        (["a", "b"], "unexpected extra argument"),
        (["--forse"], "No such option"),
    ],
)
def test_words_that_make_no_sense(
    empty: Path, provision: Provision, words: list[str], said: str
) -> None:
    refused = provision("init", *words)
    assert refused.code == 2
    assert said in refused.err
    assert "--force" not in refused.err
    assert names(empty) == []


def test_a_config_that_is_there_stays(home: Path, provision: Provision) -> None:
    before = (home / "config.yaml").read_bytes()
    refused = provision("init")
    assert refused.code == 1
    assert "these files exist" in refused.err
    assert "  config.yaml\n" in refused.err
    assert (home / "config.yaml").read_bytes() == before
    assert names(home) == ["code", "config.yaml"]


def test_a_folder_that_was_deleted(empty: Path, provision: Provision) -> None:
    empty.rmdir()
    refused = provision("init")
    assert refused.code == 1
    assert "Nothing was written" in refused.err or "No such file" in refused.err
    assert not empty.exists()


def test_the_schema_alone_may_fail(empty: Path, provision: Provision) -> None:
    """A file has the name of our folder."""
    state = empty / ".provision"
    state.write_text("")
    made = provision("init", "--template", "minimal")
    assert made.code == 0
    assert "the schema for editors could not be written" in made.err
    assert "`provision config schema --write` does it" in made.err
    state.unlink()
    assert provision("config", "schema", "--write").code == 0
    assert (state / "config.schema.json").is_file()


@pytest.mark.parametrize("words", ["plan", "up --yes", "status", "config check", "push"])
def test_where_there_is_no_config_init_is_named(
    empty: Path, provision: Provision, words: str
) -> None:
    refused = provision("--env", "prod", *words.split())
    assert refused.code == 3
    assert "`provision init` begins a project here" in refused.err


def test_it_imports_no_sdk(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from provision.cli import main\n"
        "try: main(['init', 'shop'])\n"
        "except SystemExit as e: assert not e.code\n"
        "assert 'boto3' not in sys.modules\n"
        "assert 'botocore.session' not in sys.modules\n"
    )
    variables = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "shop" in done.stdout


def asked(folder: Path, *words: str, **variables: str) -> Terminal:
    """Return a terminal in which the command runs."""
    given = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"} | variables
    command = [sys.executable, "-m", "provision", "init", *words]
    return Terminal(command, folder, given | {"TERM": "xterm-256color"}, Size())


def test_on_a_terminal_it_asks(empty: Path) -> None:
    with asked(empty) as terminal:
        terminal.until("Name of the stack [my-shop]:")
        terminal.type("My Shop\r")
        terminal.until('"my-shop" would be one')
        terminal.type("shop\r")
        terminal.until("Template [items]:")
        assert terminal.shows("minimal one function behind one route")
        terminal.type("large\r")
        terminal.until("answer items or minimal")
        terminal.type("minimal\r")
        assert terminal.end() == 0
    assert terminal.changed == []
    assert terminal.shows("provision up --local")
    assert "\nname: shop " in (empty / "config.yaml").read_text()
    assert not (empty / "layer").exists()


def test_enter_takes_what_is_suggested_and_options_are_not_asked(empty: Path) -> None:
    with asked(empty, "--template", "minimal") as terminal:
        terminal.until("Name of the stack [my-shop]:")
        terminal.type("\r")
        assert terminal.end() == 0
    assert not terminal.shows("Template [")
    assert "\nname: my-shop " in (empty / "config.yaml").read_text()


@pytest.mark.parametrize(
    ("keys", "code", "said"), [(CTRL_C, 130, "Interrupted."), (b"\x04", 1, "Nothing was written.")]
)
@pytest.mark.parametrize("question", ["Name of the stack", "Template ["])
def test_without_an_answer_nothing_is_written(
    empty: Path, keys: bytes, code: int, said: str, question: str
) -> None:
    with asked(empty) as terminal:
        terminal.until("Name of the stack")
        if question == "Template [":
            terminal.type("\r")
            terminal.until("Template [items]:")
        terminal.type(keys)
        assert terminal.end() == code
    assert terminal.changed == []
    assert terminal.shows(said)
    assert names(empty) == []


def test_nobody_is_asked_for_nothing(empty: Path) -> None:
    """Existing files are reported before any question, and under CI no question is asked."""
    with asked(empty, CI="1") as terminal:
        assert terminal.end() == 0
    with asked(empty) as terminal:
        assert terminal.end() == 1
    assert terminal.shows("these files exist")
    assert not terminal.shows("Name of the stack")
