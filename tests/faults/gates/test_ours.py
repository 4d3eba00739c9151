"""Foreign resources stay after an interrupted `down`, by their id, and under `push`."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest

from provision.model.step import Step
from provision.state.journal import Journal
from provision.steps import KINDS
from provision.steps.logs.log_group import LogGroup
from tests.faults.gates.world import LOGS, OWNER, STRANGER, log_groups, make_api_key
from tests.integration.test_cli import Provision, home, provision
from tests.support.harness import HOLDER
from tests.support.sample_stack import MARK

__all__ = ["home", "provision"]  # fixtures
pytestmark = pytest.mark.usefixtures("account", "fast")


def cut_short(home: Path, node: str, step: Step) -> None:
    """Write the state of a `down` that ended while this resource was being deleted."""
    journal = Journal(home / ".provision" / "dev", "tap-dev", KINDS).open(HOLDER)
    journal.begin(node, "delete", step.with_owner(f"{MARK}/{node}"), ())
    journal.close()


@pytest.mark.parametrize(
    ("tags", "ours"),
    [
        ({OWNER: f"{STRANGER}/function.items.logs"}, False),
        ({OWNER: "somebody"}, False),
        ({OWNER: f"{MARK}/function.items.logs"}, True),
        ({}, True),  # a late writer recreated it, without a tag
        ({"team": "theirs"}, True),
    ],
    ids=["another stack's", "somebody's", "ours", "unmarked", "marked by others' tags"],
)
def test_a_log_group_that_came_after_a_down_cut_short(
    home: Path, provision: Provision, tags: dict[str, str], *, ours: bool
) -> None:
    cut_short(home, "function.items.logs", LogGroup(name=LOGS, retention=30, tags={}))
    boto3.client("logs").create_log_group(logGroupName=LOGS, tags=tags)
    told = provision("down", "--yes")
    assert told.code == 0, told.err
    assert (log_groups() == []) is ours
    if not ours:
        assert "not touched" in told.err


def test_an_execution_log_of_anothers_api_after_a_down_cut_short(
    home: Path, provision: Provision
) -> None:
    """API Gateway creates them without a tag: the API decides the owner."""
    apis = boto3.client("apigateway")
    theirs = apis.create_rest_api(name="theirs", tags={OWNER: f"{STRANGER}/api"})["id"]
    name = f"API-Gateway-Execution-Logs_{theirs}/v1"
    boto3.client("logs").create_log_group(logGroupName=name)
    cut_short(home, "api.logs.execution", LogGroup(name=name, retention=30, tags={}))
    assert provision("down", "--yes").code == 0
    assert log_groups() == [name]
    assert [api["id"] for api in apis.get_rest_apis()["items"]] == [theirs]


@pytest.mark.parametrize("verb", ["disable", "enable", "remove"])
def test_a_key_in_use_or_of_others_is_not_touched_by_its_id(
    provision: Provision, verb: str
) -> None:
    keys = {
        "ours": make_api_key(),
        "theirs": make_api_key(owner=STRANGER),
        "unmarked": boto3.client("apigateway").create_api_key(name="tap-dev-x", enabled=True)["id"],
    }
    for key in keys.values():
        assert provision("keys", verb, key).code == 1
    there = boto3.client("apigateway").get_api_keys()["items"]
    assert {key["id"]: key["enabled"] for key in there} == dict.fromkeys(keys.values(), True)
