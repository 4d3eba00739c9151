"""The gateway endpoint: the contract, transitional states, and errors inside an answer of 200."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ec2.models import ec2_backends

from provision.errors import ApiError, WaitTimeout
from provision.model.step import Step
from provision.plan.change import Action
from provision.steps.ec2.gateway_endpoint import GatewayEndpoint
from provision.steps.iam_policy import canonical
from tests.support.harness import REGION, Workshop, new_aws, one_node
from tests.unit.steps.contract import StepContract


def policy(action: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": ["b", "a"]}
    return canonical({"Version": "2012-10-17", "Statement": [statement]})


class TestGatewayEndpoint(StepContract):
    edits: ClassVar = {
        "route_table_ids": (),
        "policy": policy("dynamodb:Get*"),
        "tags": {"Name": "tap-dev-dynamodb", "team": "b"},
    }

    def given(self, aws: Any) -> Step:
        return make_endpoint(aws)


def make_endpoint(aws: Any) -> GatewayEndpoint:
    vpc_id = aws.ec2.create_vpc(CidrBlock="10.20.0.0/24")["Vpc"]["VpcId"]
    table = aws.ec2.create_route_table(VpcId=vpc_id)["RouteTable"]["RouteTableId"]
    return GatewayEndpoint(
        vpc_id=vpc_id,
        service="com.amazonaws.us-east-1.dynamodb",
        route_table_ids=(table,),
        policy=policy("dynamodb:*"),
        tags={"Name": "tap-dev-dynamodb"},
    )


def made_endpoint(workshop: Workshop, want: GatewayEndpoint) -> GatewayEndpoint:
    made = workshop.run(one_node(want), "up").resources["it"]
    assert isinstance(made, GatewayEndpoint)
    return made


def set_state(endpoint: GatewayEndpoint, state: str) -> None:
    backend = ec2_backends[DEFAULT_ACCOUNT_ID][REGION]
    backend.vpc_end_points[endpoint.id].state = state


def test_it_leads_from_the_route_table_to_dynamodb(workshop: Workshop) -> None:
    want = make_endpoint(new_aws())
    made = made_endpoint(workshop, want)
    (table,) = new_aws().ec2.describe_route_tables(RouteTableIds=list(want.route_table_ids))[
        "RouteTables"
    ]
    assert made.id in {route.get("GatewayId") for route in table["Routes"]}
    made.delete(new_aws())
    (table,) = new_aws().ec2.describe_route_tables(RouteTableIds=list(want.route_table_ids))[
        "RouteTables"
    ]
    assert made.id not in {route.get("GatewayId") for route in table["Routes"]}


def test_what_is_coming_or_going_is_waited_for(workshop: Workshop) -> None:
    made = made_endpoint(workshop, make_endpoint(new_aws()))
    for state in ("pending", "Deleting"):
        set_state(made, state)
        with pytest.raises(WaitTimeout, match="tap-dev-dynamodb to settle after 600 s"):
            made.observe(new_aws())


def test_what_aws_failed_to_make_is_replaced(workshop: Workshop) -> None:
    want = make_endpoint(new_aws())
    set_state(made_endpoint(workshop, want), "failed")
    assert workshop.run(one_node(want), "plan").changes["it"].action is Action.REPLACE


def test_a_refusal_inside_a_good_answer_is_one(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = made_endpoint(workshop, make_endpoint(new_aws()))
    aws = new_aws()
    refusal = {
        "ResourceId": made.id,
        "Error": {"Code": "OperationInProgress", "Message": "it is being changed"},
    }
    answer = {"Unsuccessful": [refusal]}
    monkeypatch.setattr(aws.ec2, "delete_vpc_endpoints", lambda **_: answer)
    with pytest.raises(ApiError, match="OperationInProgress: it is being changed"):
        made.delete(aws)
    refusal["Error"] = {"Code": "InvalidVpcEndpoint.NotFound", "Message": "no such"}
    with pytest.raises(WaitTimeout, match="to be deleted after 600 s"):
        made.delete(aws)


def test_policies_are_compared_by_what_they_say(workshop: Workshop) -> None:
    want = make_endpoint(new_aws())
    made = made_endpoint(workshop, want)
    statement = {
        "Resource": ["a", "b"],
        "Action": ["dynamodb:*"],
        "Principal": {"AWS": "*"},
        "Effect": "Allow",
    }
    spelled = json.dumps({"Statement": statement, "Version": "2012-10-17"})
    new_aws().ec2.modify_vpc_endpoint(VpcEndpointId=made.id, PolicyDocument=spelled)
    assert workshop.run(one_node(want), "plan").changes["it"].action is Action.KEEP
    narrower = replace(want, policy=policy("dynamodb:Query"))
    assert workshop.run(one_node(narrower), "plan").changes["it"].action is Action.UPDATE


def test_where_it_leads_is_read_and_not_remembered(workshop: Workshop) -> None:
    made = made_endpoint(workshop, make_endpoint(new_aws()))
    other = replace(made, vpc_id="vpc-1", service="com.amazonaws.us-east-1.s3", state="failed")
    assert other.observe(new_aws()) == made
