"""The session's measurements and questions."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest

from provision.commands.confirmation import ask
from provision.commands.session import Session
from provision.workspace import Options


@pytest.mark.parametrize("answer", ["tap-prod", "yes"])
def test_waiting_for_an_answer_is_no_part_of_the_run(
    monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    now = [100.0]

    def prompt(*_: Any, **__: Any) -> str:
        now[0] += 60
        return answer

    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(click, "prompt", prompt)
    session, place = Session(Options(Path("config.yaml"))), SimpleNamespace(description="tap-prod")
    session.began = 90.0
    agreed = ask(session, place, lambda: click.prompt("name") == "tap-prod")  # type: ignore[arg-type]
    assert (agreed, session.seconds) == (answer == "tap-prod", 10.0)
