"""A signal while no call is in flight: at a question, in the installer, on the dashboard."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import click
import pytest
import uv
import yaml

from provision.aws.client import Aws
from provision.clock import Clock
from provision.commands.session import Session
from provision.commands.signals import GRACE, StopSignals
from provision.commands.status import REFRESH
from tests.faults.signals.conftest import Provision
from tests.integration.test_cli import CONFIG
from tests.support.harness import new_aws
from tests.support.sample_stack import ROOT
from tests.unit.config.sample import PIN

Captured = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch


def asked(number: signal.Signals) -> str:
    os.kill(os.getpid(), number)
    time.sleep(10)
    pytest.fail("the question went on")


def at_a_keyboard(monkeypatch: Patch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_at_the_question(
    account: None,
    provision: Provision,
    monkeypatch: Patch,
    capsys: Captured,
    number: signal.Signals,
) -> None:
    at_a_keyboard(monkeypatch)
    monkeypatch.setattr(click.termui, "visible_prompt_func", lambda _: asked(number))
    assert provision("up") == 130
    assert capsys.readouterr().err.endswith("up` continues from here.\n")
    assert new_aws().dynamodb.list_tables()["TableNames"] == []
    assert provision("up", "--yes") == 0, "the lock was given back"


def test_the_end_of_the_input_is_no(
    account: None, provision: Provision, monkeypatch: Patch, capsys: Captured
) -> None:
    def ended(_: str) -> str:
        raise EOFError

    at_a_keyboard(monkeypatch)
    monkeypatch.setattr(click.termui, "visible_prompt_func", ended)
    assert provision("up") == 1
    assert "Nothing was done." in capsys.readouterr().err


def test_while_a_layer_is_built(
    account: None, provision: Provision, home: Path, monkeypatch: Patch, capsys: Captured
) -> None:
    config = CONFIG | {"layers": {"more": {"source": "layer"}}}
    config["functions"] = {"items": CONFIG["functions"]["items"] | {"layers": ["more"]}}
    (home / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    (home / "layer").mkdir()
    (home / "layer" / "requirements.txt").write_text(PIN)
    installer, pid_file = home / "uv", home / "pid"
    monkeypatch.setenv("UV_CACHE_DIR", str(home / "downloads"))
    installer.write_text(
        "#!/bin/sh\n"
        "mkdir -p $UV_CACHE_DIR/.tmpHalf/unpacked && : > $UV_CACHE_DIR/.lock\n"
        f"echo $$ > {pid_file}\nexec /bin/sleep 60\n"
    )
    installer.chmod(0o755)
    monkeypatch.setattr(uv, "find_uv_bin", lambda: str(installer))

    def interrupt() -> None:
        while not (pid_file.exists() and pid_file.read_text().strip()):
            time.sleep(0.02)
        time.sleep(0.3)  # until it has started and is waited for
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=interrupt, daemon=True).start()
    began = time.monotonic()
    assert provision("up", "--yes", "--json") == 130
    assert time.monotonic() - began < 10
    assert json.loads(capsys.readouterr().out)["error"]["exit_code"] == 130
    with pytest.raises(ProcessLookupError):  # the installer ended with us
        os.kill(int(pid_file.read_text()), 0)
    assert list((home / "downloads").glob(".tmp*")) == []


def test_the_dashboard_ends(
    account: None, provision: Provision, monkeypatch: Patch, capsys: Captured
) -> None:
    drawn = threading.Event()
    sleep = Clock.sleep

    def drawn_and_asleep(clock: Clock, seconds: float) -> None:
        if seconds == REFRESH:
            drawn.set()
        sleep(clock, seconds)

    def interrupt() -> None:
        assert drawn.wait(60)
        time.sleep(0.2)  # until it sleeps
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Clock, "sleep", drawn_and_asleep)
    threading.Thread(target=interrupt, daemon=True).start()
    assert provision("status", "--watch") == 130
    told = capsys.readouterr()
    assert told.err.endswith("Interrupted.\n")
    assert "tap-dev" in told.out


def test_while_only_health_is_still_read(
    account: None, provision: Provision, monkeypatch: Patch, capsys: Captured
) -> None:
    """Another thread reads it, and may wait for minutes until AWS answers."""
    looked = threading.Event()
    look = Session.plan

    def look_and_say_so(session: Session, *args: Any) -> Any:
        seen = look(session, *args)
        looked.set()
        return seen

    def waits(aws: Aws, steps: object) -> None:
        aws.clock.sleep(1_000_000)

    def interrupt() -> None:
        assert looked.wait(60)
        time.sleep(0.2)  # until it waits for health
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Session, "plan", look_and_say_so)
    monkeypatch.setattr("provision.commands.status.read_health", waits)
    threading.Thread(target=interrupt, daemon=True).start()
    began = time.monotonic()
    assert provision("status") == 130
    assert time.monotonic() - began < GRACE
    assert capsys.readouterr().err.endswith("Interrupted.\n")


def test_handlers_are_given_back(provision: Provision) -> None:
    before = signal.getsignal(signal.SIGTERM)
    assert provision("config", "check") == 0
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_handler_takes_no_lock_that_the_interrupted_thread_may_hold() -> None:
    """It may interrupt any code, also a wait whose lock it would want."""
    told: list[str] = []
    clock = Clock()
    stopping = StopSignals(tell=told.append, leave=lambda: None, suspend=lambda: None)

    def too_long(number: int, frame: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, too_long)
    try:
        with stopping, stopping.stopping(clock):
            signal.setitimer(signal.ITIMER_REAL, 20)
            with clock._stop._cond:  # type: ignore[attr-defined]
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(0.01)
            assert clock._stop.wait(20)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert len(told) == 1


_STUCK = """
import os, signal, time
from provision.aws.client import Aws
from provision.clock import Clock
from provision.commands.session import Session
from provision.commands import signals

signals.TELLING = signals.FAREWELL = 0.2
stuck = lambda *_: time.sleep(120)
with signals.StopSignals(tell=stuck, leave=stuck, suspend=stuck) as asked, asked.stopping(Clock()):
    os.kill(os.getpid(), signal.SIGINT)
    if {twice}:
        os.kill(os.getpid(), signal.SIGINT)
    else:
        signals.GRACE = 0.2
    time.sleep(120)
"""


@pytest.mark.parametrize("twice", [True, False])
def test_it_ends_although_nothing_can_be_told(twice: bool) -> None:
    """The terminal is stopped, or the pipe has no reader."""
    process = subprocess.Popen(
        [sys.executable, "-c", _STUCK.format(twice=twice)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert process.wait(60) == 130
