"""Whole texts that users read, and settings of others in words, by what AWS answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from provision.aws.client import Aws
from provision.errors import ProvisionError
from provision.steps.apigateway.method_settings import as_text
from provision.steps.apigateway.rest_api.contents import Cors, Method
from provision.steps.apigateway.rest_api.reading import _integration
from provision.steps.apigateway.rest_api.responses import preflight, read_preflight
from provision.steps.apigateway.rest_api.status import state_of
from provision.steps.apigateway.stage import _strays as strays_of_stage
from provision.steps.dynamodb.expiry import set_expiry
from provision.steps.ec2.flow_log import FlowLog
from provision.steps.ec2.gateway_endpoint import GatewayEndpoint
from provision.steps.ec2.route_table import _linking, _other_routes
from provision.steps.lambda_.configuration import _strays as strays_of_function
from provision.steps.wafv2.rules import read_rules, written_rules
from tests.support.harness import new_aws
from tests.unit.steps.apigateway.test_rest_api import API

TOO_SOON = "Time to live has been modified multiple times within a fixed interval"


def expiry(aws: Aws) -> None:
    set_expiry(aws, "items", "expires_at", enabled=True)


def endpoint(aws: Aws) -> None:
    GatewayEndpoint(
        vpc_id="vpc-1", service="s", route_table_ids=(), policy={}, tags={}, id="vpce-1"
    ).delete(aws)


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("act", "call", "answer", "message", "hint"),
    [
        (
            expiry,
            ("dynamodb", "update_time_to_live"),
            ClientError(
                {"Error": {"Code": "ValidationException", "Message": TOO_SOON}}, "UpdateTimeToLive"
            ),
            "items: its expiry was changed recently; AWS allows one change an hour",
            "run `provision up` again in an hour: it switches on expiry by 'expires_at'",
        ),
        (
            endpoint,
            ("ec2", "delete_vpc_endpoints"),
            {"Unsuccessful": [{"Error": {"Code": "Refused", "Message": "in use"}}]},
            "DeleteVpcEndpoints: Refused: in use",
            "fix the cause and run it again",
        ),
    ],
)
def test_a_refusal_says_what_and_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
    act: Callable[[Aws], None],
    call: tuple[str, str],
    answer: Any,
    message: str,
    hint: str,
) -> None:
    aws = new_aws()

    def answered(**_: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(getattr(aws, call[0]), call[1], answered)
    with pytest.raises(ProvisionError) as refused:
        act(aws)
    assert (refused.value.message, refused.value.hint) == (message, hint)


@pytest.mark.usefixtures("account")
def test_a_flow_log_that_is_not_deleted_is_told_with_its_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws = new_aws()
    answer = {"Unsuccessful": [{"Error": {"Code": "Refused", "Message": "in use"}}]}
    monkeypatch.setattr(aws.ec2, "delete_flow_logs", lambda **_: answer)
    with pytest.raises(ClientError) as refused:
        FlowLog(vpc_id="vpc-1", traffic="ALL", log_group="g", role="r", tags={}, id="fl-1").delete(
            aws
        )
    assert refused.value.operation_name == "DeleteFlowLogs"


@pytest.mark.parametrize(
    ("shown", "told"),
    [
        ({}, []),
        ({"methodSettings": {"*/*": {}}}, []),
        ({"methodSettings": {"~1items/GET": {}}}, []),
        ({"methodSettings": {"items/GET": {}}}, ["settings of items/GET"]),
        ({"methodSettings": {"/items/GET": {}}}, ["settings of /items/GET"]),
        ({"methodSettings": {"~1items/*": {}}}, ["settings of ~1items/*"]),
        ({"methodSettings": {"*/*": {"dataTraceEnabled": True}}}, ["bodies are logged"]),
        ({"methodSettings": {"*/*": {"cachingEnabled": True}}}, ["responses are cached"]),
        ({"variables": {"table": "x"}}, ["variable table"]),
        ({"canarySettings": {"percentTraffic": 5.0}}, ["canary"]),
        ({"cacheClusterEnabled": True}, ["cache cluster"]),
        ({"clientCertificateId": "abc"}, ["client certificate"]),
    ],
)
def test_undeclared_settings_of_a_stage_have_words(shown: Any, told: list[str]) -> None:
    assert list(strays_of_stage(shown)) == told


@pytest.mark.parametrize(
    ("shown", "told"),
    [
        ({}, []),
        (
            {
                "EphemeralStorage": {"Size": 512},
                "LoggingConfig": {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO"},
                "SnapStart": {"ApplyOn": "None"},
            },
            [],
        ),
        ({"EphemeralStorage": {"Size": 1024}}, ["1024 MB of storage"]),
        ({"FileSystemConfigs": [{"Arn": "arn:fs"}]}, ["file system arn:fs"]),
        ({"LoggingConfig": {"ApplicationLogLevel": "DEBUG"}}, ["application log level DEBUG"]),
        ({"LoggingConfig": {"SystemLogLevel": "WARN"}}, ["system log level WARN"]),
        ({"SnapStart": {"ApplyOn": "PublishedVersions"}}, ["snap start"]),
    ],
)
def test_undeclared_settings_of_a_function_have_words(shown: Any, told: list[str]) -> None:
    assert list(strays_of_function(shown)) == told


def test_the_stage_s_api_takes_switches_as_lower_case_words() -> None:
    assert [as_text(value=value) for value in (True, False)] == ["true", "false"]


@pytest.mark.parametrize(
    "target",
    [
        "GatewayId",
        "NatGatewayId",
        "TransitGatewayId",
        "VpcPeeringConnectionId",
        "EgressOnlyInternetGatewayId",
        "NetworkInterfaceId",
    ],
)
def test_a_route_is_told_with_where_it_leads(target: str) -> None:
    for place in ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"):
        route: Any = {place: "there", target: "made-1"}
        assert list(_other_routes([route])) == ["there made-1"]
    assert list(_other_routes([{"DestinationCidrBlock": "0.0.0.0/0"}])) == [
        "0.0.0.0/0 somewhere else"
    ]


def test_a_table_and_a_subnet_are_linked_only_if_both_are_ours() -> None:
    call = _linking("AssociateRouteTable")
    assert call.operation == "ec2.AssociateRouteTable"
    (permit,) = call.permits
    assert permit.action == "ec2:AssociateRouteTable"
    assert [one.rpartition(":")[2] for one in permit.resources] == [
        "route-table/{id}",
        "subnet/{subnet_ids}",
    ]
    assert len(permit.conditions) == 1


def test_a_strange_rule_hides_none_of_ours() -> None:
    rules: list[Any] = [{**one} for one in written_rules(["A"], 100, "block")]
    strange = {**rules[1], "Name": "theirs", "Priority": -1}
    shield = {**rules[1], "Name": "ShieldMitigationRuleGroup_1", "Priority": -2}
    shown: Any = [*rules, strange, shield]
    found = read_rules(shown)
    assert (found.groups, found.rate, found.action) == (("A",), 100, "block")
    assert found.strays == ("rule theirs",)


@pytest.mark.parametrize(
    ("shown", "told"),
    [
        ({}, "AVAILABLE"),
        ({"apiStatus": "UPDATING"}, "UPDATING"),
        ({"apiStatus": "FAILED"}, "FAILED: no reason given"),
        ({"apiStatus": "FAILED", "apiStatusMessage": "too many"}, "FAILED: too many"),
    ],
)
def test_the_status_of_an_api_has_its_reason(shown: Any, told: str) -> None:
    assert state_of(shown) == told


def test_a_preflight_is_read_as_it_was_written() -> None:
    cors = Cors(
        origin="https://a.example",
        headers=("X-Api-Key", "X-Trace-X"),
        max_age=60,
        expose=("X-Id",),
        others=("https://b.example", "http://localhost:3000"),
        credentials=True,
    )
    assert read_preflight(preflight(cors, ["GET"])) == cors
    assert read_preflight(Method(api_key=False)) is None


def test_what_somebody_maps_into_an_integration_is_read() -> None:
    mapped = {"integration.request.header.a": "'b'"}
    assert _integration({"type": "AWS_PROXY", "requestParameters": mapped}).parameters == mapped
    assert _integration({}).parameters == {}


def test_a_deployment_is_compared_with_each_method_of_the_api() -> None:
    lines = API.served()
    assert len(lines) == len(set(lines)) > 1
    assert any(line.endswith(": NONE, key") for line in lines)
    assert all(": NONE" in line for line in lines)
