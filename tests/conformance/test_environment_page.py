"""docs/environment.md has the command line's variables, and its blocks run in a shell."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from provision.cli import cli, main
from provision.cli.global_options import WHOLE_TOOL, Value
from tests.integration.test_cli import Provision, home, provision
from tests.integration.test_options import VERBS
from tests.support.sample_stack import ROOT

__all__ = ["home", "provision"]

PAGE = (ROOT / "docs" / "environment.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
VALUES = {"--adopt": "a.b c.d", "--destroy": "a.b c.d", "--parallel": "3", "--for": "up"}


def own_options() -> Iterator[tuple[tuple[str, ...], click.Command, click.Option]]:
    """Yield the options of the commands themselves, without those of the whole tool and --help.

    An eager option ends the command, as --help does: set for all runs it would disable it.
    """
    for words, command in VERBS.items():
        for option in command.params:
            if isinstance(option, click.Option) and not option.is_eager:
                yield words, command, option


def variable(words: tuple[str, ...], option: click.Option) -> str:
    """Return the name for an option: PROVISION_KEYS_LIST_JSON for `keys list --json`."""
    long = max(option.opts, key=len).removeprefix("--")
    return "_".join(("provision", *words, long)).replace("-", "_").upper()


OWN = [
    pytest.param(words, command, option, id=variable(words, option))
    for words, command, option in own_options()
]


@pytest.mark.parametrize(("words", "command", "option"), OWN)
def test_a_variable_is_called_as_the_option_and_sets_it(
    words: tuple[str, ...],
    command: click.Command,
    option: click.Option,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    context = click.Context(cli, info_name="provision", auto_envvar_prefix="PROVISION")
    for word in words:
        context = click.Context(command, info_name=word, parent=context)
    value = VALUES.get(option.opts[0], "1")
    monkeypatch.setenv(variable(words, option), value)
    found = option.value_from_envvar(context)
    assert found is not None
    assert list(found) == value.split() if option.multiple else found == value


def test_the_page_has_every_variable_and_no_other() -> None:
    written = set(re.findall(r"`(PROVISION_[A-Z_]+)`", PAGE))
    whole = {str(option.envvar) for option in WHOLE_TOOL}
    assert written == whole | {variable(words, option) for words, _, option in own_options()}


@pytest.mark.parametrize("option", WHOLE_TOOL, ids=lambda option: option.opts[0])
def test_the_page_names_the_option_of_each(option: click.Option) -> None:
    assert f"| `{option.envvar}` | `{option.opts[0]}` |" in PAGE
    assert variable((), option) == option.envvar
    assert isinstance(option, Value) or option.count or option.is_flag


def test_the_variables_of_a_command_stand_in_its_row() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (`PROVISION_.*`) \|$", PAGE, re.MULTILINE))
    for words, _, option in own_options():
        assert f"`{variable(words, option)}`" in rows[words[0]]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Return a copy of the sample in a home without any settings, and `provision` on PATH."""
    shutil.copy(ROOT / "config.yaml", tmp_path)
    for name in ("function", "layer"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "provision"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m provision "$@"\n')
    program.chmod(0o755)
    return tmp_path


def shell(shop: Path, program: str, text: str) -> str:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PROVISION_"))}
    path = f"{shop / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [program, "-c", text],
        cwd=shop,
        env=kept | {"HOME": str(shop), "PATH": path, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def block(language: str) -> str:
    found: str = next(text for name, text in BLOCKS if name == language)
    return found


def installed(name: str) -> str:
    found = shutil.which(name)
    if not found:
        pytest.skip(f"{name} is not installed")
    return found


@pytest.mark.skipif(sys.platform == "win32", reason="shells of another kind")
def test_the_blocks_without_a_language_run_as_they_stand(shop: Path) -> None:
    first, second = (text for name, text in BLOCKS if not name)
    told = shell(shop, "sh", f"set -e\n{first}")
    assert [line.split("stack ")[1].split(",")[0] for line in told.splitlines()] == [
        "tap-prod",
        "tap-dev",
    ]
    assert "is valid" in shell(shop, "sh", f"set -e\n{second}")
    lines = (shop / "config.yaml").read_text().splitlines()
    named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", lines[0])
    assert named
    assert '"$schema"' in (shop / named[1]).read_text()
    assert lines[1:] == (ROOT / "config.yaml").read_text().splitlines()


BASH = "COMP_LINE='{}'; COMP_POINT=${{#COMP_LINE}}; _provision_completion provision"
ZSH = """\
_describe() {{ print -rl -- ${{(P)3}} }}
compadd() {{ print -rl -- $completions }}
words=({}) CURRENT={}
_provision_completion
"""
"""As zsh's completion calls it; what it would show is printed."""
LINES = {
    "provision loc": ["local"],
    "provision up --env p": ["prod"],
    "provision invoke --event s": ["small"],
    "provision push ": ["items"],
    "provision up --destroy t": ["table.items", "table.orders"],
}
"""Orders is in the state alone."""


@pytest.fixture
def project(shop: Path) -> Path:
    """Add to the sample a saved event, and a state with a table that config.yaml does not have."""
    (shop / "events").mkdir()
    (shop / "events" / "small.json").write_text("{}")
    state = shop / ".provision" / "dev"
    state.mkdir(parents=True)
    state.joinpath("state.json").write_text('{"records": {"table.orders": {}}}')
    return shop


@pytest.mark.parametrize("line", LINES)
def test_bash_completes(project: Path, line: str) -> None:
    bash = installed("bash")
    shell(project, bash, block("bash"))
    ask = BASH.format(line)
    told = shell(project, bash, f'set -e\n. ~/.bashrc\n{ask}\nprintf "%s\\n" "${{COMPREPLY[@]}}"')
    assert told.splitlines() == LINES[line]


@pytest.mark.parametrize("line", LINES)
def test_zsh_completes(project: Path, line: str) -> None:
    zsh = installed("zsh")
    shell(project, zsh, block("zsh"))
    words = line.split(" ")
    begin = "autoload -Uz compinit && compinit -u -D\n. ~/.zshrc\nprint -r -- $_comps[provision]"
    ask = ZSH.format(" ".join(word or "''" for word in words), len(words))
    told = shell(project, zsh, f"{begin}\n{ask}").splitlines()
    assert told[0] == "_provision_completion"
    assert [name.partition(":")[0] for name in told[1:]] == LINES[line]


@pytest.mark.parametrize("line", LINES)
def test_fish_completes(project: Path, line: str) -> None:
    fish = installed("fish")
    shell(project, fish, block("fish"))
    told = shell(project, fish, f'complete -C "{line}"').splitlines()
    assert [name.partition("\t")[0] for name in told] == LINES[line]


@pytest.mark.parametrize("line", LINES)
def test_powershell_completes(project: Path, line: str) -> None:
    pwsh = installed("pwsh")
    load = block("powershell")
    ask = f"(TabExpansion2 '{line}' {len(line)}).CompletionMatches.CompletionText"
    assert shell(project, pwsh, f"{load}\n{ask}").splitlines() == LINES[line]


@pytest.mark.parametrize("line", LINES)
def test_powershell_is_answered(
    project: Path,
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The protocol of our own script, where PowerShell is not installed."""
    *words, word = line.split(" ")
    monkeypatch.chdir(project)
    monkeypatch.setenv("_PROVISION_COMPLETE", "powershell_complete")
    monkeypatch.setenv("COMP_WORDS", "\n".join(words))
    monkeypatch.setenv("COMP_WORD", word)
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 0
    told = capsys.readouterr().out.splitlines()
    assert [name.partition("\t")[0] for name in told] == LINES[line]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("provision st", ["plain,status"]),
        ("provision ", [f"plain,{name}" for name in cli.commands]),
        ("provision up --loc", ["plain,--local", "plain,--local-port"]),
        ("provision --env dev keys r", ["plain,rotate", "plain,remove"]),
        ("provision policy deployer --for s", ["plain,status"]),
        ("provision --config ", ["file,"]),
        ("provision up --state ", ["dir,"]),
    ],
)
def test_what_completion_answers(
    line: str,
    expected: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("_PROVISION_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", line)
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert told.out.splitlines() == expected


def test_the_sdks_region_moves_no_stack(
    account: None, provision: Provision, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert provision("plan", "--json").json["region"] == "us-east-1"
    monkeypatch.setenv("PROVISION_REGION", "us-west-2")
    assert provision("plan", "--json").json["region"] == "us-west-2"
