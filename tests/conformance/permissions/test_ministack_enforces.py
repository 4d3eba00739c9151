"""The policies under an independent enforcement: MiniStack's, with AUTH=true.

One life cycle: a stack with its own key is created, changed, pushed to, read and removed by users
with exactly the printed policies. The account also has a stack of a similar name with a customer's
key. The function runs under its role.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from provision.aws.error_codes import ACCESS_DENIED as DENIED_CODES
from provision.errors import NotOwned
from provision.local import ACCOUNT
from provision.model.step import OWNER, Management
from provision.state.journal import Journal
from provision.steps import KINDS
from provision.steps.lambda_.import_check import check_import
from provision.steps.lambda_.version import Version
from provision.workflows.deployer_policy import Purpose
from tests.conformance.permissions.emulated import ROOT_USER, Emulated, Said, emulated
from tests.conformance.permissions.evaluation import Document
from tests.conformance.permissions.lifecycle import FULL

pytestmark = pytest.mark.emulator

GIVEN: Mapping[str, Any] = {"encryption": {"key": "alias/ours"}}
CHANGED: Mapping[str, Any] = {
    **FULL,
    "tags": {"Environment": "production", "team": "a"},
    "functions": {"items": {"memory": 256}},
    "api": {**FULL["api"], "throttle": {"rate": 900}, "routes": {"GET /more": "items"}},
}
ASKED_FOR: Mapping[str, Any] = {
    **CHANGED,
    "tables": {"more": {"key": "id"}},
    "functions": {
        "items": {"memory": 256},
        "more": {"source": "function", "handler": "app.handler", "layers": ["dependencies"]},
    },
}
"""A pull request with a table and a function of new names."""
TAKEN = {
    "dynamodb:TagResource": "table.items",
    "iam:TagRole": "function.items.role",
    "logs:TagResource": "function.items.logs",
    "sns:TagResource": "monitoring.topic",
    "sqs:TagQueue": "function.items.dead_letters",
}
"""Actions not allowed for one run, and the node that needs each.

None of these nodes needs another, so that all of them are tried.
"""

FOUND_THERE = "create layer.dependencies"
"""Nothing is created: the layer exists, and a reader of the stack's layers sees it."""
STILL_USED = "delete api.deployment"
"""Nothing is deleted: the deployment is deleted with its API."""
Call = tuple[str, str, Mapping[str, Any]]
TABLE, QUEUE, GROUP = (
    "tapir-local-items",
    "tapir-local-items-dead-letters",
    "/aws/lambda/tapir-local-items",
)
HOST = f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}"
KEY = {"id": {"S": "a"}}
EVENTS = [{"timestamp": 0, "message": "a"}]


def items(operation: str, table: str = TABLE, **params: Any) -> Call:
    return "dynamodb", operation, {"TableName": table, **params}


ALLOWED: Mapping[str, Call] = {
    "put": items("PutItem", Item=KEY),
    "get": items("GetItem", Key=KEY),
    "scan": items("Scan"),
    "update": items("UpdateItem", Key=KEY),
    "delete": items("DeleteItem", Key=KEY),
    "query": items(
        "Query",
        KeyConditionExpression="id = :a",
        ExpressionAttributeValues={":a": {"S": "a"}},
    ),
    "write many": (
        "dynamodb",
        "BatchWriteItem",
        {"RequestItems": {TABLE: [{"PutRequest": {"Item": KEY}}]}},
    ),
    "get many": ("dynamodb", "BatchGetItem", {"RequestItems": {TABLE: {"Keys": [KEY]}}}),
    "describe the table": items("DescribeTable"),
    "send": ("sqs", "SendMessage", {"QueueUrl": f"{HOST}/{QUEUE}", "MessageBody": "a"}),
    "stream": ("logs", "CreateLogStream", {"logGroupName": GROUP, "logStreamName": "a"}),
    "log": (
        "logs",
        "PutLogEvents",
        {"logGroupName": GROUP, "logStreamName": "a", "logEvents": EVENTS},
    ),
    "interfaces": ("ec2", "DescribeNetworkInterfaces", {}),
    "subnets": ("ec2", "DescribeSubnets", {}),
}
DENIED: Mapping[str, Call] = {
    "outside our network": items("GetItem", Key=KEY),
    "another table": items("GetItem", "tap-local-items", Key=KEY),
    "write many into another table": (
        "dynamodb",
        "BatchWriteItem",
        {"RequestItems": {"tap-local-items": [{"PutRequest": {"Item": KEY}}]}},
    ),
    "delete the table": items("DeleteTable"),
    "change the table": items("UpdateTable", DeletionProtectionEnabled=False),
    "stop its expiry": items(
        "UpdateTimeToLive", TimeToLiveSpecification={"Enabled": False, "AttributeName": "a"}
    ),
    "list tables": ("dynamodb", "ListTables", {}),
    "another queue": (
        "sqs",
        "SendMessage",
        {"QueueUrl": f"{HOST}/tap-local-items-dead-letters", "MessageBody": "a"},
    ),
    "read its queue": ("sqs", "ReceiveMessage", {"QueueUrl": f"{HOST}/{QUEUE}"}),
    "delete its queue": ("sqs", "DeleteQueue", {"QueueUrl": f"{HOST}/{QUEUE}"}),
    "make a log group": ("logs", "CreateLogGroup", {"logGroupName": f"{GROUP}-2"}),
    "delete its log group": ("logs", "DeleteLogGroup", {"logGroupName": GROUP}),
    "another log group": (
        "logs",
        "CreateLogStream",
        {"logGroupName": "/aws/lambda/tap-local-items", "logStreamName": "b"},
    ),
    "read its logs": ("logs", "FilterLogEvents", {"logGroupName": GROUP}),
    "invoke itself": ("lambda", "Invoke", {"FunctionName": TABLE}),
    "read its environment": ("lambda", "GetFunction", {"FunctionName": TABLE}),
    "grant itself more": (
        "iam",
        "PutRolePolicy",
        {"RoleName": TABLE, "PolicyName": "more", "PolicyDocument": "{}"},
    ),
    "open its network": ("ec2", "CreateInternetGateway", {}),
    "read API keys": ("apigateway", "GetApiKeys", {}),
    "list buckets": ("s3", "ListBuckets", {}),
}
"""Calls to forbidden resources, which are valid in all other respects."""


@dataclass
class Lived:
    """How each command ended, its refusals, and the function's answers."""

    said: dict[str, Said] = field(default_factory=dict)
    by_reader: dict[str, str] = field(default_factory=dict)
    by_planner: dict[str, str] = field(default_factory=dict)
    to_neighbour: dict[str, str] = field(default_factory=dict)
    by_role: dict[str, str] = field(default_factory=dict)
    imported_by: dict[str, str] = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=dict)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    with emulated(tmp_path_factory.mktemp("home")) as there:
        yield live(there)


def live(there: Emulated) -> Lived:
    lived = Lived()
    there.client("route53").create_hosted_zone(Name="example.com", CallerReference="test")
    customers = there.client("kms").create_key()["KeyMetadata"]["KeyId"]
    there.client("kms").create_alias(AliasName="alias/ours", TargetKeyId=customers)
    there.configure("tap", FULL)
    there.configure("tapir", GIVEN)
    there.let("neighbour", there.policies("tapir", Purpose.UP))
    lived.said["neighbour"] = there.provision("neighbour", "tapir", "up", "--yes", "--json")
    key = there.provision(ROOT_USER, "tapir", "outputs", "api_key").out.strip()
    lived.answers = ask_the_api(lived.said["neighbour"].json["outputs"]["api_endpoint"], key)

    def run(name: str, user: str, *words: str) -> None:
        lived.said[name] = there.provision(user, "tap", *words)

    everything = there.policies("tap", Purpose.ALL)
    there.let("deployer", everything)
    run("up", "deployer", "up", "--yes", "--json")
    there.configure("tap", CHANGED)
    there.let("deployer", without(everything, TAKEN))
    run("starved", "deployer", "up", "--yes", "--json")
    there.let("deployer", everything)
    run("changed", "deployer", "up", "--yes", "--json")
    with (there.home / "function" / "app.py").open("a", encoding="utf-8") as code:
        code.write("# pushed\n")
    run("push", "deployer", "push", "--json")
    there.let("reader", there.policies("tap", Purpose.STATUS))
    for user in ("deployer", "reader"):
        lived.imported_by[user] = outcome(partial(invoke_pushed, there, user))
    run("status", "reader", "status", "--json")
    lived.by_reader = meddle(there, "reader", "tap")
    there.let("planner", there.policies("tap", Purpose.PLAN))
    lived.by_planner = meddle(there, "planner", "tap")
    there.configure("pull-request", {**ASKED_FOR, "name": "tap"})  # no state: another machine
    for user in ("planner", "reader"):
        lived.said[f"pull request, {user}"] = there.provision(
            user, "pull-request", "plan", "--check", "--json"
        )
    lived.to_neighbour = meddle(there, "deployer", "tapir")
    lived.to_neighbour |= meddle_with_key(there, "deployer", customers)
    lived.by_role = as_the_function(there)
    down = ("down", "--yes", "--destroy-data", "--destroy", "encryption.key", "--json")
    run("down", "deployer", *down)
    return lived


def without(policies: Sequence[Document], actions: Mapping[str, str]) -> list[Document]:
    text = json.dumps(policies)
    for action in actions:
        assert f'"{action}"' in text
        text = text.replace(f'"{action}"', '"none:None"')
    return list(json.loads(text))


def ask_the_api(endpoint: str, key: str) -> dict[str, int]:
    """Call every route once; the function behind it runs under its role."""

    def ask(method: str, path: str, body: Any = None) -> int:
        request = urllib.request.Request(
            endpoint + path,
            method=method,
            headers={"content-type": "application/json", "x-api-key": key},
            data=None if body is None else json.dumps(body).encode(),
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return int(reply.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    return {
        "create": ask("POST", "/items", {"id": "a", "name": "a"}),
        "list": ask("GET", "/items"),
        "read": ask("GET", "/items/a"),
        "update": ask("PUT", "/items/a", {"name": "b"}),
        "delete": ask("DELETE", "/items/a"),
    }


def meddle(there: Emulated, user: str, name: str) -> dict[str, str]:
    """Try to delete and create every resource of a stack as the user.

    Return verb and node → the code of the refusal.
    """
    aws = there.aws(user)
    known = Journal.read(there.home / name, f"{name}-local", KINDS).records
    verbs = {
        f"{verb} {node}": call
        for node, record in known.items()
        if record.step.MANAGEMENT is not Management.NEVER_DELETED
        for verb, call in (("delete", record.step.delete), ("create", record.step.create))
    }
    return {name: outcome(partial(call, aws)) for name, call in verbs.items()}


def meddle_with_key(there: Emulated, user: str, key: str) -> dict[str, str]:
    """Try to delete, open and tag the customer's key, and to delete its alias, as the user."""
    kms = there.client("kms", user)
    mark = [{"TagKey": OWNER, "TagValue": "tap-local/encryption.key"}]
    calls: Mapping[str, Callable[[], object]] = {
        "delete the key": partial(kms.schedule_key_deletion, KeyId=key),
        "open the key": partial(kms.put_key_policy, KeyId=key, Policy="{}"),
        "mark the key": partial(kms.tag_resource, KeyId=key, Tags=mark),
        "take its alias": partial(kms.delete_alias, AliasName="alias/ours"),
    }
    return {name: outcome(call) for name, call in calls.items()}


def invoke_pushed(there: Emulated, user: str) -> None:
    """Invoke the new version as `up` and `push` do before the alias moves."""
    known = Journal.read(there.home / "tap", "tap-local", KINDS).records
    version = known["function.items.version"].step
    assert isinstance(version, Version)
    check_import(there.aws(user), version.function, version.number)


def as_the_function(there: Emulated) -> dict[str, str]:
    """Make every call of ALLOWED and DENIED with the role of the neighbour's function.

    Return the code of the refusal, or nothing.
    """
    inside, outside = "tapir-local-items", "somewhere-else"  # a session named as the function is
    for session in (inside, outside):
        there.assume("tapir-local-us-east-1-items", session)
    found = {}
    for name, (service, operation, params) in {**ALLOWED, **DENIED}.items():
        client = there.client(service, outside if name.startswith("outside") else inside)
        found[name] = outcome(partial(client._make_api_call, operation, params))
    return found


def outcome(call: Callable[[], object]) -> str:
    """Return the error's code, or nothing."""
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    except NotOwned as error:
        return error.message
    return ""


def refused(lived: Lived, name: str) -> Mapping[str, Any]:
    """Return the failed resources of a command's document: node → its error."""
    return {
        each["node"]: each["error"]
        for each in lived.said[name].json["resources"]
        if each["error"] is not None
    }


@pytest.mark.parametrize("command", ["neighbour", "up", "changed", "push", "status", "down"])
def test_every_command_runs_under_what_is_printed_for_it(lived: Lived, command: str) -> None:
    said = lived.said[command]
    assert said.code == 0, said.err
    assert said.json["error"] is None


def test_the_life_was_whole(lived: Lived) -> None:
    """Everything that the emulator supports is created, changed in place and removed."""
    summary = {name: lived.said[name].json["summary"] for name in ("up", "changed", "status")}
    assert summary["up"]["create"] > 40
    assert lived.said["starved"].json["summary"]["update"] > 10
    assert summary["status"]["keep"] > 40
    assert summary["status"]["update"] == 0
    assert len(lived.said["down"].json["removal"]["removed"]) > 40
    assert "encryption.key" in lived.said["down"].json["removal"]["removed"]


def test_a_pushed_version_may_be_invoked_by_who_pushes(lived: Lived) -> None:
    pushed = lived.said["push"].json
    assert pushed["calls"]["write"] == 4
    assert lived.imported_by["deployer"] == ""
    assert set(lived.imported_by.values()) - set(DENIED_CODES) == {""}


def test_each_action_that_is_taken_away_is_missed_and_told_with_its_statement(lived: Lived) -> None:
    assert lived.said["starved"].code == 8
    found = refused(lived, "starved")
    for action, node in TAKEN.items():
        error = found[node]
        assert error["message"].startswith(f"{action} is missing: "), error
        assert f'add {{"Effect": "Allow", "Action": "{action}", "Resource": ' in error["hint"]
    told = {error["message"].partition(" is missing")[0] for error in found.values()}
    assert told == set(TAKEN)


def test_who_may_only_look_may_only_look(lived: Lived) -> None:
    in_use = "delete api.domain"  # only read: it still leads to an API
    assert allowed(lived.by_reader) == {FOUND_THERE, in_use}


def test_who_may_only_plan_may_only_look(lived: Lived) -> None:
    in_use = "delete api.domain"  # only read: it still leads to an API
    assert allowed(lived.by_planner) == {FOUND_THERE, in_use}


def test_a_pull_request_that_adds_a_table_is_planned_without_a_state(lived: Lived) -> None:
    said = lived.said["pull request, planner"]
    assert (said.code, said.json["error"]) == (4, None), said.err
    made = {r["node"] for r in said.json["resources"] if r["action"] == "create"}
    assert {"table.more", "function.more", "function.more.role"} <= made
    assert not any("items" in node for node in made)
    assert said.json["calls"]["write"] == 0
    by_name = lived.said["pull request, reader"]
    assert by_name.code == 8
    assert "is missing: " in by_name.err + by_name.out


def test_nothing_of_a_second_stack_can_be_deleted_or_made(lived: Lived) -> None:
    assert len(lived.to_neighbour) > 60
    assert allowed(lived.to_neighbour) == {STILL_USED}


def allowed(outcomes: Mapping[str, str]) -> set[str]:
    """Return the names that were not refused for lack of permission."""
    return {name for name, code in outcomes.items() if code not in DENIED_CODES}


def test_the_function_answers_under_its_role(lived: Lived) -> None:
    assert lived.answers == {"create": 201, "list": 200, "read": 200, "update": 200, "delete": 204}


def test_the_role_may_what_is_granted(lived: Lived) -> None:
    assert {name: lived.by_role[name] for name in ALLOWED} == dict.fromkeys(ALLOWED, "")


def test_the_role_may_nothing_else(lived: Lived) -> None:
    assert allowed({name: lived.by_role[name] for name in DENIED}) == set()
