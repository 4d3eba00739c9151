"""A user's first commands, also without streams: the help, and the emulator's port."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from provision.cli import cli
from provision.packaging.folder import list_files
from tests.integration.test_cli import Provision, home, provision
from tests.support.sample_stack import ROOT

__all__ = ["home", "provision"]


@pytest.mark.parametrize("words", [(), ("keys",), ("config",), ("local",), ("policy",)])
def test_a_group_with_nothing_after_it_prints_its_help(
    provision: Provision, words: tuple[str, ...]
) -> None:
    answer = provision(*words)
    helped = CliRunner().invoke(cli, [*words, "--help"], prog_name="provision").output
    first = helped.split("Options")[0]  # further down, lines are cut by the window's width
    assert answer.code == 2
    assert answer.err.split("Options")[0].split() == first.split()
    assert len(answer.err.splitlines()) > 5
    assert "\\n" not in answer.err


def without(streams: str, *words: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Return the result of the command with a stream closed, as a shell's `>&-` does."""
    command = shlex.join([sys.executable, "-m", "provision", *words])
    return subprocess.run(
        ["/bin/sh", "-c", f"exec {command} {streams}"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("streams", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--help",), 0),
        (("--version",), 0),
        (("config", "check"), 0),
        (("config", "chek"), 2),
        (("config", "explain"), 0),
        (("config", "explain", "api"), 0),
        (("explain", "locked"), 0),
        (("explain", "drift"), 0),
    ],
)
def test_a_stream_that_is_closed_changes_no_exit_code(
    streams: str, words: tuple[str, ...], code: int
) -> None:
    ended = without(streams, *words)
    assert (ended.returncode, "Traceback" in ended.stderr) == (code, False), ended.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device")
@pytest.mark.parametrize(
    "words",
    ["--help", "config explain", "config explain --json", "graph", "explain locked", "skill"],
)
def test_a_full_disk_behind_stdout_is_an_error_and_behind_stderr_none(words: str) -> None:
    told = without(">/dev/full", *words.split())
    assert told.returncode == 1
    message, hint = told.stderr.splitlines()
    assert message == (
        "Error: the output could not be written: No space left on device [output-lost]"
    )
    assert "send stdout elsewhere" in hint
    assert without("2>/dev/full", *words.split()).returncode == 0


@pytest.mark.parametrize("words", [("plan",), ("up",), ("down",), ("push",)])
def test_where_there_is_no_keyboard_nobody_answers(home: Path, words: tuple[str, ...]) -> None:
    ended = without("<&-", *words, folder=home)
    assert "unexpected" not in ended.stderr
    assert ended.returncode in {1, 2}


def test_a_port_of_the_emulator_wants_the_emulator(
    home: Path, provision: Provision, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user who types it means the emulator, so nothing in AWS is read or removed."""
    for words in (("status",), ("down", "--yes"), ("up", "--yes"), ("outputs",)):
        refused = provision(*words, "--local-port", "4722")
        assert refused.code == 2
        assert "add --local, or leave it out" in refused.err
    monkeypatch.setenv("PROVISION_LOCAL_PORT", "4722")
    assert "add --local" not in provision("config", "check").err


def test_without_a_config_there_is_nothing_to_correct(home: Path, provision: Provision) -> None:
    (home / "config.yaml").unlink()
    told = provision("plan")
    assert told.code == 3
    assert "there is no such file" in told.err
    assert "Correct" not in told.err


def test_another_name_is_told_how_to_go_on(account: None, home: Path, provision: Provision) -> None:
    assert provision("up", "--yes").code == 0
    config = home / "config.yaml"
    config.write_text(config.read_text().replace("name: tap\n", "name: shop\n"))
    told = provision("plan")
    assert "belongs to the stack tap-dev, not shop-dev" in told.err
    assert "put name and environment back as they were, and `provision down` removes" in told.err


def test_what_editors_leave_beside_a_file_is_no_code(tmp_path: Path) -> None:
    for name in ("app.py", "app.py~", "#app.py#", ".app.py.swp", ".#app.py", "4913"):
        (tmp_path / name).write_text("x = 1\n")
    assert set(list_files(tmp_path)) == {"app.py"}
