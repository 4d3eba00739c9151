"""Protected environments: the questions and options needed to remove one, and the refusals."""

from __future__ import annotations

import re
from pathlib import Path

import boto3
import pytest
import yaml

from provision.config import load
from tests.integration.removal.conftest import Provision
from tests.integration.test_cli import CONFIG, Keyboard

pytestmark = pytest.mark.usefixtures("account", "fast")


def tables() -> list[str]:
    return sorted(boto3.client("dynamodb").list_tables()["TableNames"])


def configure(home: Path, **changes: object) -> None:
    (home / "config.yaml").write_text(yaml.safe_dump({**CONFIG, **changes}, sort_keys=False))


@pytest.mark.parametrize(
    ("environment", "said", "protected"),
    [("dev", None, False), ("prod", None, True), ("prod", False, False), ("dev", True, True)],
)
def test_which_environments_are_protected(
    home: Path, environment: str, said: bool | None, protected: bool
) -> None:
    configure(home, environments={environment: {} if said is None else {"protect": said}})
    assert load(home / "config.yaml", environment=environment).protected is protected


def test_yes_is_not_enough_and_it_says_what_is(home: Path, provision: Provision) -> None:
    configure(home, protect=True)
    assert provision("up", "--yes").code == 0
    refused = provision("down", "--yes", "--destroy-data")
    assert refused.code == 2
    assert "--confirm tap-dev" in refused.err
    other = provision("down", "--confirm", "tap-prod", "--destroy-data")
    assert other.code == 2
    assert "is not the name of this stack: tap-dev" in other.err
    nobody = provision("down", "--destroy-data")
    assert nobody.code == 2
    assert "this is no terminal" in nobody.err
    assert tables() == ["tap-dev-items"]
    assert provision("down", "--confirm", "tap-dev", "--destroy-data", "--json").code == 0
    assert tables() == []


def test_the_name_is_asked_for_at_a_terminal(
    home: Path, provision: Provision, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(home, protect=True)
    assert provision("up", "--yes").code == 0
    for typed in ("y\n", "tap-prod\n", ""):
        monkeypatch.setattr("sys.stdin", Keyboard(typed))
        declined = provision("down", "--destroy-data")
        assert declined.code == 1
        assert declined.err.index("- delete table.items") < declined.err.index("Type its name")
        assert "Nothing was done." in declined.err
    assert tables() == ["tap-dev-items"]
    monkeypatch.setattr("sys.stdin", Keyboard("tap-dev\n"))
    assert provision("down", "--destroy-data").code == 0
    assert tables() == []


def test_up_that_destroys_data_wants_it_too_and_no_other(home: Path, provision: Provision) -> None:
    configure(home, protect=True)
    assert provision("up", "--yes").code == 0
    configure(home, protect=True, tables={"items": {"key": "pk"}})
    named = ("up", "--yes", "--destroy", "table.items")
    refused = provision(*named)
    assert refused.code == 2
    assert "--confirm tap-dev" in refused.err
    described = boto3.client("dynamodb").describe_table(TableName="tap-dev-items")["Table"]
    assert described["KeySchema"][0]["AttributeName"] == "id"
    made = provision(*named, "--confirm", "tap-dev")
    assert made.code == 0
    assert re.search(r"backed up table.items as of \S+Z: arn:aws:dynamodb:us-east-1:", made.err)
    assert provision("up", "--yes").code == 0


def test_what_config_yaml_no_longer_has_can_be_named(home: Path, provision: Provision) -> None:
    configure(home, tables={"items": {"key": "id"}, "old": {"key": "id"}})
    assert provision("up", "--yes").code == 0
    configure(home)
    kept = provision("up", "--yes")
    assert "`provision up --destroy table.old` deletes it" in kept.err
    assert tables() == ["tap-dev-items", "tap-dev-old"]
    assert provision("up", "--yes", "--destroy", "table.old").code == 0
    assert tables() == ["tap-dev-items"]
    assert provision("down", "--yes", "--destroy", "table.odl").code == 2
