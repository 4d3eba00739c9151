"""After a signal at a call of `up` or `down`, running it again ends as without the signal."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest

from provision.aws.call_hooks import CallHooks
from tests.faults.signals.conftest import Provision
from tests.support.account_inventory import inventory
from tests.support.harness import new_aws

SWEEP = "SIGNALS_SWEEP" in os.environ
"""`make signals-sweep` tries every fifth call; the suite one by a seed."""
SEED = random.Random(5)
UP_CALLS, DOWN_CALLS = 190, 100
PAIRS = (
    [(k, 1 + k * DOWN_CALLS // UP_CALLS) for k in range(1, UP_CALLS, 5)]
    if SWEEP
    else [(SEED.randint(80, 170), SEED.randint(50, 90))]
)


class Interrupting:
    """Sends this process a signal when its nth call of AWS is sent."""

    def __init__(self) -> None:
        self.left = 0
        self.number = signal.SIGINT
        self.sent = False
        self._mutex = threading.Lock()

    def at(self, call: int, number: signal.Signals) -> None:
        self.left, self.number, self.sent = call, number, False

    def off(self) -> None:
        self.left = 0

    def count(self) -> None:
        with self._mutex:
            self.left -= 1
            due = self.left == 0
        if due:
            self.sent = True
            os.kill(os.getpid(), self.number)


@pytest.fixture
def interrupting(monkeypatch: pytest.MonkeyPatch) -> Interrupting:
    counter = Interrupting()
    before_call: Callable[..., None] = CallHooks.before_call

    def counted(self: CallHooks, model: Any, **more: Any) -> None:
        counter.count()
        before_call(self, model, **more)

    monkeypatch.setattr(CallHooks, "before_call", counted)
    return counter


def counts() -> dict[str, int]:
    """Return counts, because ids differ from run to run."""
    return {kind: len(names) for kind, names in inventory(new_aws()).items()}


@pytest.mark.parametrize(("up_call", "down_call"), PAIRS)
def test_it_goes_on_from_there(
    account: None,
    provision: Provision,
    interrupting: Interrupting,
    capsys: pytest.CaptureFixture[str],
    up_call: int,
    down_call: int,
) -> None:
    before = counts()
    interrupting.at(up_call, signal.SIGINT)
    code = provision("--env", "dev", "up", "--yes")
    interrupting.off()
    told = capsys.readouterr().err
    assert "Traceback" not in told
    assert interrupting.sent or SWEEP
    if interrupting.sent:
        assert code == 130
        assert told.endswith("--env dev up --yes` continues from here.\n")
    assert provision("up", "--yes") == 0
    assert provision("plan", "--check") == 0
    whole = counts()
    assert whole["function"] == whole["table"] == whole["stage"] == whole["rest api"] == 1
    assert whole["version"] == 2  # $LATEST and the one published
    assert whole["deployment"] == 1
    assert whole["queue"] == 1

    interrupting.at(down_call, signal.SIGTERM)
    code = provision("down", "--yes", "--destroy-data")
    interrupting.off()
    if interrupting.sent:
        assert code == 130
        assert "down --yes --destroy-data` continues from here." in capsys.readouterr().err
    assert provision("down", "--yes", "--destroy-data") == 0
    after = counts()
    after["role"] -= 1  # API Gateway's, which belongs to the whole account
    after["role policy"] -= 1
    assert {kind: n for kind, n in after.items() if n} == before
