"""`provision completion`: one script for each shell, and no error at Tab."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from provision.cli import main
from provision.cli.completion import SHELLS
from tests.integration.test_cli import Provision, home, provision  # noqa: F401
from tests.support.sample_stack import ROOT


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("ci", [False, True])
def test_a_script_names_the_program_and_has_no_escapes(
    provision: Provision,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    shell: str,
    *,
    ci: bool,
) -> None:
    plain = provision("completion", shell)
    if ci:  # text that a log would take for a command is escaped there, and a script must not be
        monkeypatch.setenv("GITHUB_ACTIONS", "true")
        assert provision("completion", shell).out == plain.out
    assert (plain.code, plain.err) == (0, "")
    assert "_PROVISION_COMPLETE" in plain.out
    assert "%(" not in plain.out
    assert "\\u00" not in plain.out


def test_another_shell_is_a_usage_error(provision: Provision) -> None:  # noqa: F811
    told = provision("completion", "tcsh")
    assert told.code == 2
    assert "'bash', 'zsh', 'fish', 'powershell'" in told.err


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("provision up --env dev --local --destroy t", ["table.items"]),  # not finished
        ("provision --env dev --env prod push ", ["items"]),
        ("provision --config . push ", []),
        ("provision --config nowhere push ", []),
        ("provision push it", ["items"]),
        ("provision logs a", ["api"]),
        ("provision dlq peek ", ["items"]),
        ("provision graph --of function.", ["function.items"]),
        ("provision explain not-p", ["not-permitted", "not-pushed"]),
        ("provision explain table.", ["table.items"]),
        ("provision explain dynamodb.", ["dynamodb.table"]),
        ("provision explain key-m", ["key-missing"]),
        ("provision check --only key-r", ["key-right"]),
        ("provision check --skip dead", ["dead-letters"]),
        ("provision config explain functions.items.mem", ["functions.items.memory"]),
        ("provision config explain api.cors.o", ["api.cors.origins"]),
        ("provision outputs table_name", ["table_name", "table_names.items"]),
        ("provision outputs api_e", ["api_endpoint"]),
        ("provision keys disable d", ["default"]),
        ("provision keys rotate ", ["default"]),
        ("provision dlq p", ["peek", "purge"]),
        ("provision dlq ", ["list", "peek", "redrive", "save", "purge"]),
        ("provision invoke --route G", ["GET\\ /items"]),
    ],
)
def test_names_of_the_project_and_never_an_error(
    home: object,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    line: str,
    expected: list[str],
) -> None:
    monkeypatch.setenv("_PROVISION_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", line)
    with pytest.raises(SystemExit):
        main([])
    told = capsys.readouterr()
    assert told.err == ""
    assert [each.removeprefix("plain,") for each in told.out.splitlines() if each] == expected


def test_powershell_is_answered_with_the_option_and_its_value(
    home: object,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("_PROVISION_COMPLETE", "powershell_complete")
    monkeypatch.setenv("COMP_WORDS", "provision\ngraph")
    monkeypatch.setenv("COMP_WORD", "--format=s")
    with pytest.raises(SystemExit):
        main([])
    assert capsys.readouterr().out == "--format=svg\n"


@pytest.mark.parametrize("name", ["nothing_complete", "bash_nothing", "x", "powershell_complete"])
def test_a_request_that_is_not_understood_prints_no_error(
    home: object,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    monkeypatch.setenv("_PROVISION_COMPLETE", name)
    for variable in ("COMP_WORDS", "COMP_CWORD"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(SystemExit):
        main([])
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
@pytest.mark.parametrize("typed", ["provision", "./provision", "$(touch planted)"])
def test_bash_never_runs_what_was_typed(
    provision: Provision,  # noqa: F811
    tmp_path: Path,
    typed: str,
) -> None:
    """A folder may have a program of the name, which Tab after `./provision` would run."""
    script = tmp_path / "script"
    script.write_text(provision("completion", "bash").out)
    found, here = tmp_path / "bin", tmp_path / "checkout"
    for folder, word in ((found, "echo plain,good"), (here, "touch planted")):
        folder.mkdir()
        program = folder / "provision"
        program.write_text(f"#!/bin/sh\n{word}\n")
        program.chmod(0o755)
    tab = (
        'source "$1"; COMP_LINE="$2 "; COMP_POINT=${#COMP_LINE}; COMPREPLY=();'
        ' _provision_completion "$2" "" "$2"; echo "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", tab, "bash", str(script), typed],
        cwd=here,
        env={**os.environ, "PATH": f"{found}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == ("good", "")
    assert not (here / "planted").exists()


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
@pytest.mark.parametrize(
    ("word", "completed"),
    [("G", r"GET\ /items"), (r"GET\ /i", r"GET\ /items"), ("'G", "GET /items")],
)
def test_bash_takes_a_route_as_one_word(
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
    tmp_path: Path,
    word: str,
    completed: str,
) -> None:
    script = tmp_path / "script"
    script.write_text(provision("completion", "bash").out)
    program = tmp_path / "bin" / "provision"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m provision "$@"\n')
    program.chmod(0o755)
    tab = (
        'source "$1"; COMP_LINE="provision invoke --route $2"; COMP_POINT=${#COMP_LINE};'
        ' _provision_completion provision "$2" --route; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", tab, "bash", str(script), word],
        cwd=home,
        env={
            **os.environ,
            "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == (f"{completed}\n", "")


def test_no_code_of_a_checkout_runs_and_a_broken_file_is_silent(
    home: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("_PROVISION_COMPLETE", "bash_complete")
    hostile = "api: {routes: {'GET /$(touch planted)': x, 'GET /`id`': x, GET /fine: x}}"
    for text, expected in (
        (hostile, "plain,GET\\ /fine\n"),
        ("a: [", ""),
        ("\x00", ""),
        ("- a", ""),
    ):
        (home / "config.yaml").write_text(text)
        monkeypatch.setenv("COMP_WORDS", "provision invoke --route ")
        with pytest.raises(SystemExit):
            main([])
        told = capsys.readouterr()
        assert (told.out.lstrip("\n"), told.err) == (expected, "")
