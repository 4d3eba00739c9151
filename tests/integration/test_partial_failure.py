"""Exit 9: a line for each failed node, the rest done, and the next `up` does only the rest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from provision.aws.access import READ_PREFIXES
from provision.aws.call_hooks import CallHooks
from tests.integration.test_cli import Provision, home, provision

__all__ = ["home", "provision"]  # fixtures

QUEUE = "function.items.dead_letters"


class Refusing:
    """Denies an operation, and records the writes that were sent."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.denied = ""
        self.code = "AccessDenied"
        self.writes: list[str] = []
        before_call: Callable[..., None] = CallHooks.before_call

        def noted(hooks: CallHooks, model: Any, **more: Any) -> None:
            before_call(hooks, model, **more)
            if model.name == self.denied:
                message = f"no {model.name} for you"
                raise ClientError({"Error": {"Code": self.code, "Message": message}}, model.name)
            if not model.name.startswith(READ_PREFIXES):
                self.writes.append(model.name)

        monkeypatch.setattr(CallHooks, "before_call", noted)


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Refusing:
    return Refusing(monkeypatch)


def test_one_line_each_and_the_rest_is_done(
    account: None, provision: Provision, refusing: Refusing
) -> None:
    boto3.client("sqs").create_queue(QueueName="tap-dev-items-dead-letters")
    refusing.denied = "PutDashboard"
    made = provision("up", "--yes")
    assert made.code == 9
    failures = [line for line in made.err.splitlines() if line.startswith("✗") and "→" in line]
    queue, dashboard = sorted(failures)  # they fail at the same time, in any order
    assert queue == (
        f"✗ {QUEUE}: tap-dev-items-dead-letters exists and does not belong to this stack"
        f" [not-owned] → `provision up --adopt {QUEUE}` takes it over"
    )
    assert dashboard == (
        "✗ monitoring.dashboard: cloudwatch:PutDashboard, cloudwatch:TagResource is missing:"
        " PutDashboard was denied: no PutDashboard for you [not-permitted]"
        ' → add {"Effect": "Allow", "Action": ["cloudwatch:PutDashboard",'
        ' "cloudwatch:TagResource"],'
        ' "Resource": "arn:aws:cloudwatch::123456789012:dashboard/tap-dev-us-east-1"}'
        " to the policy of the user or role that runs this; `provision policy deployer` prints all"
        " that is needed"
    )
    end = made.err.splitlines()[-2:]
    both = {f"{QUEUE}, monitoring.dashboard", f"monitoring.dashboard, {QUEUE}"}
    assert end[0] in {f"Partly done: 2 failed ({each}) [partial-failure]" for each in both}
    assert "up --yes` again: it does only what is missing" in end[1]
    assert boto3.client("dynamodb").list_tables()["TableNames"] == ["tap-dev-items"]

    refusing.denied, refusing.writes = "", []
    assert provision("up", "--yes").code == 9
    assert refusing.writes == ["PutDashboard"]
    refusing.writes = []
    again = provision("up", "--yes")  # only the user's decisions are left
    assert again.code == 1
    assert f"--adopt {QUEUE}" in again.err
    assert refusing.writes == []


def test_as_a_document(account: None, provision: Provision, refusing: Refusing) -> None:
    boto3.client("sqs").create_queue(QueueName="tap-dev-items-dead-letters")
    made = provision("up", "--yes", "--json")
    assert made.code == 9
    assert made.json["error"]["exit_code"] == 9
    assert QUEUE in made.json["error"]["message"]
    assert made.json["summary"]["failed"] == 1
    resources = {resource["node"]: resource for resource in made.json["resources"]}
    assert resources[QUEUE]["action"] == "foreign"
    assert resources[QUEUE]["error"] == {
        "code": "not-owned",
        "message": "tap-dev-items-dead-letters exists and does not belong to this stack",
        "hint": f"`provision up --adopt {QUEUE}` takes it over",
    }
    waiting = {node for node, each in resources.items() if each["action"] == "wait"}
    assert {"function.items", "function.items.alias", "api.stage", "api.plan"} <= waiting
    assert all(each["error"] is None for node, each in resources.items() if node != QUEUE)
    others = resources.keys() - waiting - {QUEUE, "network.interfaces"}
    assert {resources[node]["action"] for node in others} == {"create"}

    second = provision("up", "--yes", "--json")
    assert second.code == 1  # nothing was done
    assert second.json["calls"]["write"] == 0


def test_down_partly_done(account: None, provision: Provision, refusing: Refusing) -> None:
    assert provision("up", "--yes").code == 0
    refusing.denied = "DeleteFunction"
    down = provision("down", "--yes", "--destroy-data", "--json")
    assert down.code == 8  # only the permission is missing
    resources = {resource["node"]: resource for resource in down.json["resources"]}
    denied = {node for node, each in resources.items() if each["error"]}
    assert denied == {"function.items.version"}
    assert resources["function.items"]["action"] == "wait"
    assert resources["table.items"]["action"] == "wait", "a function may still write to it"
    assert boto3.client("dynamodb").list_tables()["TableNames"] == ["tap-dev-items"]
    assert "function.items.version" in down.err
    refusing.denied = ""
    assert provision("down", "--yes", "--destroy-data").code == 0
    assert boto3.client("lambda").list_functions()["Functions"] == []


@pytest.mark.parametrize(
    ("words", "code"),
    [(("plan", "--json"), 3), (("up", "--json", "--yes"), 3), (("up", "--json"), 2)],
)
def test_before_anything_is_looked_at(
    provision: Provision, home: Path, words: tuple[str, ...], code: int
) -> None:
    (home / "config.yaml").write_text("name: 5\n")
    answer = provision(*words)
    assert answer.code == code
    assert set(answer.json) == {"schema", "error"}
    assert answer.json["error"]["exit_code"] == code
