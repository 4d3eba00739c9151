"""While a question waits for its answer, other users may change the account.

Everything is then observed again, and no change is made to a resource that changed.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from provision.workflows.saved_plan import planned
from tests.integration.test_cli import CONFIG, Provision, home, provision  # noqa: F401  (fixtures)

NAME = "tap-dev-items"
PROTECTED = CONFIG | {"protect": True}


class Slow(io.StringIO):
    """A user at a terminal who answers after an event."""

    def __init__(self, answer: str, meanwhile: Callable[[], object]) -> None:
        super().__init__(answer)
        self.meanwhile = meanwhile

    def isatty(self) -> bool:
        return True

    def readline(self, *size: int) -> str:  # type: ignore[override]  # as StringIO itself
        self.meanwhile()
        return super().readline(*size)


def configure(home: Path, config: dict[str, Any]) -> None:  # noqa: F811
    (home / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))


def make_a_strangers() -> None:
    """Create a foreign, protected table of our name with an item."""
    client = boto3.client("dynamodb")
    client.create_table(
        TableName=NAME,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        DeletionProtectionEnabled=True,
    )
    client.put_item(TableName=NAME, Item={"id": {"S": "theirs"}})


def replace_by_a_strangers() -> None:
    client = boto3.client("dynamodb")
    client.update_table(TableName=NAME, DeletionProtectionEnabled=False)
    client.delete_table(TableName=NAME)
    make_a_strangers()


def untouched() -> bool:
    """Return whether the foreign table is unchanged."""
    client = boto3.client("dynamodb")
    table = client.describe_table(TableName=NAME)["Table"]
    tags = client.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]
    mode = table.get("BillingModeSummary", {}).get("BillingMode")
    protected = table.get("DeletionProtectionEnabled")
    return bool(table["ItemCount"] and not tags and mode == "PAY_PER_REQUEST" and protected)


COMMANDS = {
    "down": (CONFIG, ["down", "--destroy-data", "--no-backup"], "y\n"),
    "down, protected": (PROTECTED, ["down", "--destroy-data", "--no-backup"], "tap-dev\n"),
    "up replaces": (
        CONFIG | {"tables": {"items": {"key": "other"}}},
        ["up", "--destroy", "table.items"],
        "y\n",
    ),
    "up changes": (CONFIG | {"tables": {"items": {"key": "id", "protect": False}}}, ["up"], "y\n"),
}


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("case", COMMANDS)
def test_a_strangers_table_that_came_meanwhile_is_left_alone(
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    case: str,
) -> None:
    config, words, answer = COMMANDS[case]
    assert provision("up", "--yes").code == 0
    configure(home, config)
    monkeypatch.setattr("sys.stdin", Slow(answer, replace_by_a_strangers))
    told = provision(*words)
    assert told.code == 1, told.err
    assert untouched()
    assert "Nothing was done: this changed while the question waited" in told.err
    assert "  table.items: " in told.err
    assert f"plan again: `provision {' '.join(words)}`" in " ".join(told.err.split())


@pytest.mark.usefixtures("account")
def test_what_somebody_made_meanwhile_where_nothing_was(
    provision: Provision,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", Slow("y\n", make_a_strangers))
    told = provision("up")
    assert told.code == 1, told.err
    assert "table.items: is in AWS now" in told.err
    assert boto3.client("lambda").list_functions()["Functions"] == []
    assert untouched()


@pytest.mark.usefixtures("account")
def test_a_saved_plan_that_asks_looks_again_too(
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    provision("up", "--yes")
    configure(home, CONFIG | {"tables": {"items": {"key": "other"}}})
    provision("plan", "--out", "p.json", "--destroy", "table.items")
    monkeypatch.setattr("sys.stdin", Slow("y\n", replace_by_a_strangers))
    told = provision("up", "p.json")
    assert told.code == 1, told.err
    assert untouched()
    assert "table.items: " in told.err


@pytest.mark.usefixtures("account")
def test_it_is_looked_at_twice_only_where_somebody_answered(
    provision: Provision,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    real = planned

    def noted(salt: str, findings: Any) -> Any:
        asked.append("")
        return real(salt, findings)

    monkeypatch.setattr("provision.commands.recheck.planned", noted)
    assert provision("up", "--yes").code == 0
    assert provision("down", "--yes").code == 0
    assert provision("down", "--confirm", "tap-dev").code == 0
    assert asked == []
    monkeypatch.setattr("sys.stdin", Slow("y\n", lambda: None))
    assert provision("up").code == 0
    assert len(asked) == 2
    monkeypatch.setattr("sys.stdin", Slow("y\n", lambda: None))
    assert provision("down", "--destroy-data").code == 0
    assert len(asked) == 4
    assert boto3.client("dynamodb").list_tables()["TableNames"] == []
