"""Endpoints that config.yaml asks for: what they let pass, how they are reached, what they need."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from provision.model.risks import Impact
from provision.steps.ec2.gateway_endpoint import GatewayEndpoint
from provision.steps.ec2.interface_endpoint import InterfaceEndpoint
from provision.steps.ec2.security_group import SecurityGroup
from tests.support.sample_stack import ROOT
from tests.unit.stack.test_stack import built, statements

READING: Final = {
    "actions": ["s3:GetObject", "sqs:SendMessage"],
    "resources": ["arn:aws:s3:::docs/*", "arn:aws:sqs:{region}:{account}:{name}-jobs"],
    "conditions": {"Bool": {"aws:SecureTransport": True}},
}
OTHER_TABLE: Final = {
    "actions": ["dynamodb:GetItem"],
    "resources": ["arn:aws:dynamodb:us-east-1:123456789012:table/theirs"],
}
QUEUE: Final = "arn:aws:sqs:us-east-1:123456789012:tap-jobs"
TOKEN: Final = {"TOKEN": {"secret": "ssm:/tap/token"}}
OURS: Final = {"StringEquals": {"aws:PrincipalAccount": ["123456789012"]}}


def settings(*endpoints: str, policy: Any = (READING,), **function: Any) -> dict[str, Any]:
    return {
        "network": {"endpoints": [*endpoints]},
        "functions": {"items": {"policy": [*policy], **function}},
    }


def test_an_endpoint_lets_pass_what_functions_of_the_network_may_do(tmp_path: Path) -> None:
    stack, steps = built(tmp_path, settings("sqs", "s3"))
    gateway, interface = steps["network.endpoints.s3"], steps["network.endpoints.sqs"]
    assert isinstance(gateway, GatewayEndpoint)
    assert isinstance(interface, InterfaceEndpoint)
    (objects,), (messages,) = statements(gateway.policy), statements(interface.policy)
    assert (objects["Action"], messages["Action"]) == (["s3:GetObject"], ["sqs:SendMessage"])
    assert QUEUE in messages["Resource"]
    for statement in (objects, messages):
        assert (statement["Effect"], statement["Condition"]) == ("Allow", OURS)
    assert gateway.service == "com.amazonaws.us-east-1.s3"
    assert gateway.route_table_ids == ("network.routes.id",)
    assert interface.service == "com.amazonaws.us-east-1.sqs"
    assert interface.subnet_ids == ("network.subnet.1.id", "network.subnet.2.id")
    assert {"network.endpoints.s3", "network.endpoints.sqs"} <= set(
        stack.nodes["function.items.version"].needs
    ), "no version is live before they exist"


def test_functions_may_go_there_and_nobody_else(tmp_path: Path) -> None:
    _, steps = built(tmp_path, settings("sqs", "s3"))
    group, door = steps["network.group"], steps["network.endpoints.group"]
    assert isinstance(group, SecurityGroup)
    assert isinstance(door, SecurityGroup)
    assert [rule.target for rule in group.egress] == [
        "10.20.0.0/27",
        "10.20.0.32/27",
        "com.amazonaws.us-east-1.dynamodb",
        "com.amazonaws.us-east-1.s3",
    ]
    assert [rule.target for rule in door.ingress] == ["network.group.id"]
    _, steps = built(tmp_path, settings("s3"))
    assert "network.endpoints.group" not in steps
    assert [rule.target for rule in vars(steps["network.group"])["egress"]] == [
        "com.amazonaws.us-east-1.dynamodb",
        "com.amazonaws.us-east-1.s3",
    ]


def test_what_only_open_functions_may_do_does_not_pass(tmp_path: Path) -> None:
    _, steps = built(tmp_path, settings("sqs", network="open"))
    (statement,) = statements(vars(steps["network.endpoints.sqs"])["policy"])
    assert (statement["Effect"], statement["Action"]) == ("Deny", ["*"])


def test_one_statement_of_two_functions_passes_once(tmp_path: Path) -> None:
    both = settings("sqs")
    both["functions"]["worker"] = {
        "source": str(ROOT / "function"),
        "handler": "app.handler",
        "policy": [READING],
    }
    _, steps = built(tmp_path, both)
    assert len(statements(vars(steps["network.endpoints.sqs"])["policy"])) == 1


def test_other_tables_of_a_function_pass_the_endpoint_of_dynamodb(tmp_path: Path) -> None:
    _, steps = built(tmp_path, settings(policy=[OTHER_TABLE]))
    passing = statements(vars(steps["network.endpoint"])["policy"])
    (theirs,) = (one for one in passing if one["Resource"] == OTHER_TABLE["resources"])
    assert (theirs["Action"], theirs["Condition"]) == (["dynamodb:GetItem"], OURS)
    assert len(passing) == 2


def test_the_endpoint_of_a_secrets_store_is_one_and_the_same(tmp_path: Path) -> None:
    """Two of one service cannot have its name in one VPC."""
    own = {"actions": ["ssm:PutParameter"], "resources": ["arn:aws:ssm:*:*:parameter/tap/seen"]}
    _, steps = built(tmp_path, settings("ssm", policy=[own], environment=TOKEN))
    assert [name for name in steps if name.endswith(".ssm")] == ["network.secrets.ssm"]
    passing = statements(vars(steps["network.secrets.ssm"])["policy"])
    assert {action for one in passing for action in one["Action"]} == {
        "ssm:GetParameter",
        "ssm:PutParameter",
    }
    _, steps = built(tmp_path, settings(policy=[own], environment=TOKEN))
    (secret,) = statements(vars(steps["network.secrets.ssm"])["policy"])
    assert secret["Action"] == ["ssm:GetParameter"], "the endpoint was not asked for"
    _, steps = built(tmp_path, settings("ssm", policy=[own]))
    (written,) = statements(vars(steps["network.secrets.ssm"])["policy"])
    assert written["Action"] == ["ssm:PutParameter"]


def test_its_standing_cost_is_a_risk_of_its_creation(tmp_path: Path) -> None:
    endpoint = built(tmp_path, settings("sqs"))[1]["network.endpoints.sqs"]
    assert isinstance(endpoint, InterfaceEndpoint)
    (risk,) = endpoint.own_risks(None)
    assert risk.impact is Impact.COST
    assert risk.why == "AWS charges for each zone by the hour: 2 x 730 hours a month"
    assert endpoint.own_risks(endpoint) == ()
