"""Tab in real shells: what is on the line after it, as the shell itself then passes it on."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from tests.integration.terminal.terminal import Size, Terminal
from tests.integration.test_cli import Provision, home, provision  # noqa: F401
from tests.support.sample_stack import ROOT

TAB: Final = "\t"
BEGIN_OF_LINE: Final = "\x01"
END_OF_LINE: Final = "\x05"
NEW_LINE: Final = "\r"
WIDE: Final = Size(columns=200)

_START: Final = {
    "bash": ("bash", "--noprofile", "--rcfile", "rc", "-i"),
    "zsh": ("zsh", "-d", "-i"),
}
_RC: Final = {
    "bash": "PS1='ready> '\nsource ./script\n",
    "zsh": "PS1='ready> '\nautoload -U compinit; compinit -u -D\nsource ./script\n",
}
COMPLETED: Final[Mapping[str, tuple[str, ...]]] = {
    # the value of an option in one word
    "--env=l": ("--env=local",),
    "graph --format=s": ("graph", "--format=svg"),
    "graph --of=table.it": ("graph", "--of=table.items"),
    "check --only=key-m": ("check", "--only=key-missing"),
    "graph --format s": ("graph", "--format", "svg"),
    "invoke --route='GET /i": ("invoke", "--route=GET /items"),
    "invoke --route=GET": ("invoke", "--route=GET /items"),
    "invoke --route 'GET /i": ("invoke", "--route", "GET /items"),
    "--config=conf": ("--config=config.yaml",),
    "--config conf": ("--config", "config.yaml"),
    # nothing is offered: an option without known values, one without a value, one that there is not
    "logs --since=": ("logs", "--since="),
    "outputs --json=": ("outputs", "--json="),
    "push --nothing=i": ("push", "--nothing=i"),
    # such a word, or one with a colon, before the one that is typed
    "--env=dev push i": ("--env=dev", "push", "items"),
    "invoke --header A:B i": ("invoke", "--header", "A:B", "items"),
    "logs --since=5m --last=3 i": ("logs", "--since=5m", "--last=3", "items"),
    # config.yaml elsewhere
    "--config ~/stack.yaml push s": ("--config", "{home}/stack.yaml", "push", "special"),
    '--config "$HOME"/stack.yaml push s': ("--config", "{home}/stack.yaml", "push", "special"),
    "--config ${HOME}/stack.yaml push s": ("--config", "{home}/stack.yaml", "push", "special"),
    "--config=$HOME/stack.yaml push s": ("--config={home}/stack.yaml", "push", "special"),
    "--config=~/stack.yaml push s": ("--config=~/stack.yaml", "push", "s"),
    "--config '$HOME/stack.yaml' push s": ("--config", "$HOME/stack.yaml", "push", "s"),
    "--config '~/stack.yaml' push s": ("--config", "~/stack.yaml", "push", "s"),
    r"--config \$HOME/stack.yaml push s": ("--config", "$HOME/stack.yaml", "push", "s"),
    "--config $(echo config.yaml) push i": ("--config", "config.yaml", "push", "i"),
}
"""The line that is typed after `provision`, and the words of it after Tab. A shell runs a command
substitution only in a finished line, so the file that it names is not known at Tab."""


@pytest.fixture
def variables(home: Path, provision: Provision, tmp_path: Path) -> dict[str, str]:  # noqa: F811
    """Return the variables of a shell, with the program in PATH and a stack in the home folder."""
    program = tmp_path / "bin" / "provision"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m provision "$@"\n')
    program.chmod(0o755)
    place = tmp_path / "elsewhere"
    place.mkdir()
    (place / "stack.yaml").write_text("functions: {special: {}}\n")
    return {
        "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(place),
        "ZDOTDIR": str(place),
        "PYTHONPATH": str(ROOT),
        "LANG": "C.UTF-8",
        "TERM": "xterm",
    }


def _expected(variables: Mapping[str, str], words: tuple[str, ...]) -> list[str]:
    return ["provision", *(word.replace("{home}", variables["HOME"]) for word in words)]


@pytest.mark.parametrize("shell", _START)
def test_the_line_after_tab(
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
    variables: dict[str, str],
    shell: str,
) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell}")
    (home / "script").write_text(provision("completion", shell).out)
    for rc in (home / "rc", Path(variables["ZDOTDIR"]) / ".zshrc"):
        rc.write_text(_RC[shell])
    program = shutil.which(shell) or ""
    command = (program, *_START[shell][1:])
    with Terminal(command, home, variables, WIDE) as terminal:
        terminal.until("ready>")
        found = {line: _after_tab(terminal, f"provision {line}") for line in COMPLETED}
    assert found == {line: _expected(variables, words) for line, words in COMPLETED.items()}


def _after_tab(terminal: Terminal, line: str) -> list[str]:
    """Return the words of the line after Tab: the shell passes them to printf.

    A quote that is still open is closed before.
    """
    before = len(terminal.written)
    terminal.type(f"{line}{TAB}{BEGIN_OF_LINE}printf '<%s>' {END_OF_LINE} END{NEW_LINE}")
    terminal.until(lambda: b"<END>" in terminal.written[before:], 20)
    printed = terminal.written[before:].decode().rpartition("\n")[2]
    words = re.findall(r"<([^<>]*)>", printed.partition("<END>")[0])
    terminal.type(NEW_LINE)
    terminal.until("ready>")
    return words


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_that_splits_no_word_at_an_equals_sign(
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
    variables: dict[str, str],
) -> None:
    (home / "script").write_text(provision("completion", "bash").out)
    (home / "rc").write_text(_RC["bash"] + "COMP_WORDBREAKS=${COMP_WORDBREAKS//[=:]}\n")
    lines = ("--env=l", "invoke --route='GET /i", "invoke --route=GET", '"--env=l', "graph --of")
    with Terminal((shutil.which("bash") or "", *_START["bash"][1:]), home, variables, WIDE) as tab:
        tab.until("ready>")
        found = [_after_tab(tab, f"provision {line}")[1:] for line in lines]
    route = ["invoke", "--route=GET /items"]
    assert found == [["--env=local"], route, route, ["--env=local"], ["graph", "--of"]]


@pytest.mark.skipif(shutil.which("fish") is None, reason="there is no fish")
def test_what_fish_offers(
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
    variables: dict[str, str],
) -> None:
    (home / "script").write_text(provision("completion", "fish").out)
    lines = [line for line in COMPLETED if "${" not in line]  # which fish does not know
    ask = 'source ./script; for line in $argv; complete -C "$line"; echo .; end'
    done = subprocess.run(
        ["fish", "--no-config", "-c", ask, *(f"provision {line}" for line in lines)],
        cwd=home,
        env=variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    offered = [each.splitlines() for each in done.stdout.split(".\n")[:-1]]
    assert (done.stderr, dict(zip(lines, offered, strict=True))) == (
        "",
        {
            line: [] if line.endswith(COMPLETED[line][-1]) else [COMPLETED[line][-1]]
            for line in lines
        },
    )
