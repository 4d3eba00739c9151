"""While one command works on a state, no other that may write begins."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from provision.state.journal import Journal
from provision.steps import KINDS
from tests.faults.gates.world import make_table, tables
from tests.integration.test_account_guard import calls
from tests.integration.test_cli import Provision, home, provision
from tests.integration.test_options import VERBS
from tests.support.harness import HOLDER

__all__ = ["calls", "home", "provision"]  # fixtures
pytestmark = pytest.mark.usefixtures("account", "fast")

WRITES: dict[tuple[str, ...], tuple[str, ...]] = {
    ("up",): ("--yes",),
    ("down",): ("--yes", "--destroy-data"),
    ("push",): (),
    ("refresh",): (),
    ("keys", "rotate"): ("default",),
    ("keys", "disable"): ("abc",),
    ("keys", "enable"): ("abc",),
    ("keys", "remove"): ("abc",),
}
READS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("plan",): (),
    ("status",): (),
    ("outputs",): (),
    ("keys", "list"): (),
    ("check",): (),
    ("logs",): (),
    ("graph",): ("--live",),
    ("invoke",): ("items",),
    ("dlq", "list"): (),
    ("dlq", "peek"): (),
    ("dlq", "redrive"): ("--yes",),
    ("dlq", "save"): ("items", "letters.jsonl"),
    ("dlq", "purge"): ("items", "--yes"),
}
"""Commands that read the state; the changes that some make in AWS are not in it."""
WITHOUT_STATE = {"completion", "config", "explain", "init", "policy", "skill", "local"}


def test_every_command_is_one_or_the_other() -> None:
    told = {words for words in VERBS if words[0] not in WITHOUT_STATE}
    assert told == WRITES.keys() | READS.keys()
    assert all(isinstance(VERBS[words], click.Command) for words in told)


def test_what_writes_waits_and_what_reads_does_not(
    home: Path, provision: Provision, calls: list[str]
) -> None:
    make_table()
    assert provision("plan", "--out", "p.json").code == 0
    held = Journal(home / ".provision" / "dev", "tap-dev", KINDS).open(HOLDER)
    lock = home / ".provision" / "dev" / "lock.json"
    before = lock.read_text()
    try:
        for words, more in [*WRITES.items(), (("up", "p.json"), ())]:
            calls.clear()
            refused = provision(*words, *more)
            assert (refused.code, "is being worked on by" in refused.err) == (6, True), words
            assert all(name.startswith(("Get", "Describe")) for name in calls), calls
            assert lock.read_text() == before, "whoever holds it stays named"
        for words, more in READS.items():
            assert provision(*words, *more).code != 6, words
    finally:
        held.close()
    assert tables() == ["tap-dev-items"]
