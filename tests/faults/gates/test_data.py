"""Data is deleted only as named and permitted, and nothing that kept data needs is deleted."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.faults.gates.world import (
    STRANGER,
    configure,
    keyed_by,
    make_key,
    make_table,
    state_of,
    tables,
)
from tests.integration.test_cli import Keyboard, Provision, home, provision

__all__ = ["home", "provision"]  # fixtures
pytestmark = pytest.mark.usefixtures("account", "fast")


class Begun(Exception):
    """All gates were passed."""


@pytest.fixture
def begins(monkeypatch: pytest.MonkeyPatch) -> None:
    """End a command that passes all gates there: creating the stack would show nothing more."""

    def begin(*_: Any) -> None:
        raise Begun

    monkeypatch.setattr("provision.commands.up.apply", begin)
    monkeypatch.setattr("provision.commands.up_saved.apply", begin)


@pytest.mark.usefixtures("begins")
@pytest.mark.parametrize("saved", [False, True], ids=["up", "up FILE"])
def test_protected_data_is_made_anew_only_with_the_stacks_name(
    home: Path, provision: Provision, monkeypatch: pytest.MonkeyPatch, *, saved: bool
) -> None:
    make_table()
    configure(home, protect=True, tables={"items": {"key": "other"}})
    named = ("--destroy", "table.items")
    file = ("p.json",) if saved else ()
    assert provision("plan", "--out", "p.json", *named).code == 0
    for words in (named, (*named, "--confirm", "tap-qa")):
        assert provision("up", *file, *words).code == 2
    told = provision("up", *file, *named, "--yes")
    assert (told.code, "add --confirm tap-dev" in told.err) == (2, True), told.err
    for typed in ("", "y\n", "tap-qa\n"):
        monkeypatch.setattr("sys.stdin", Keyboard(typed))
        assert provision("up", *file, *(() if saved else named)).code == 1
    assert keyed_by() == "id"
    assert "Begun" in provision("up", *file, *named, "--confirm", "tap-dev").err
    monkeypatch.setattr("sys.stdin", Keyboard("tap-dev\n"))
    assert "Begun" in provision("up", *file, *(() if saved else named)).err


def test_only_what_is_named_is_destroyed(home: Path, provision: Provision) -> None:
    configure(home, tables={"items": {"key": "id"}, "more": {"key": "id"}})
    make_table()
    make_table("tap-dev-more", "table.more")
    assert provision("down", "--yes").code == 0
    assert tables() == ["tap-dev-items", "tap-dev-more"]
    assert provision("down", "--yes", "--destroy", "table.more").code == 0
    assert tables() == ["tap-dev-items"]


def test_what_is_anothers_is_not_destroyed_by_being_named(home: Path, provision: Provision) -> None:
    make_table(owner=STRANGER)
    for words in (["--destroy-data"], ["--destroy", "table.items"]):
        assert provision("down", "--yes", *words).code == 0
    assert tables() == ["tap-dev-items"]


@pytest.mark.parametrize(
    "words",
    [
        ["--destroy", "encryption.key"],  # the table stays, and its items could not be read
        ["--destroy", "table.items"],  # its backup stays
        ["--destroy-data"],  # likewise
    ],
    ids=" ".join,
)
def test_a_key_stays_as_long_as_something_needs_it(
    home: Path, provision: Provision, words: list[str]
) -> None:
    configure(home, encryption={"key": "create"})
    make_table()
    key = make_key()
    told = provision("down", "--yes", *words)
    assert told.code == 0, told.err
    assert state_of(key) == "Enabled"
    assert boto3.client("kms").describe_key(KeyId="alias/tap-dev")["KeyMetadata"]["KeyId"] == key
    kept = words == ["--destroy", "encryption.key"]
    assert ("table.items, which is kept, needs it" in " ".join(told.err.split())) is kept
    assert tables() == (["tap-dev-items"] if kept else [])


@pytest.mark.parametrize(
    "words",
    [["--destroy-data", "--no-backup"], ["--destroy-data", "--destroy", "encryption.key"]],
    ids=" ".join,
)
def test_it_goes_where_nothing_is_left_to_be_read(
    home: Path, provision: Provision, words: list[str]
) -> None:
    configure(home, encryption={"key": "create"})
    make_table()
    key = make_key()
    assert provision("down", "--yes", *words).code == 0
    assert state_of(key) == "PendingDeletion"
    goes = boto3.client("kms").describe_key(KeyId=key)["KeyMetadata"]["DeletionDate"]
    assert 29 < days_until(goes) <= 30, "the longest that AWS takes"
    assert tables() == []


def days_until(moment: datetime) -> float:
    return (moment - datetime.now(UTC)).total_seconds() / 86400
