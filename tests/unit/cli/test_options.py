"""Every command on a stack is passed its session, with --json and --trace, in the same way."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from provision.cli.command_classes import Verb
from provision.cli.options import json_option, pass_session, trace_option
from provision.commands.invocation import Invocation
from provision.commands.session import Session
from tests.support.sample_stack import ROOT


@click.command(cls=Verb)
@click.argument("name")
@json_option
@trace_option
@pass_session
def example(session: Session, name: str) -> int:
    with session.trace.span(name, "example"):
        return 7 if session.call.as_json else 8


@pytest.mark.parametrize(("words", "code"), [(["--json"], 7), ([], 8)])
def test_the_session_has_what_the_options_say(tmp_path: Path, words: list[str], code: int) -> None:
    file = tmp_path / "trace.json"
    call = Invocation()
    ended = example.main(["x", *words, "--trace", str(file)], obj=call, standalone_mode=False)
    assert ended == code
    assert call.as_json is ("--json" in words)
    assert '"x"' in file.read_text("utf-8")


def test_no_command_opens_a_session_otherwise() -> None:
    folder = ROOT / "provision" / "cli"
    opening = [file.name for file in folder.glob("*.py") if "Session(" in file.read_text("utf-8")]
    assert opening == ["options.py"]
