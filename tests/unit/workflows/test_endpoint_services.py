"""An endpoint that AWS cannot make where it is wanted stops `plan` and `up` before any write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from provision.aws.access import Location
from provision.aws.client import Aws
from provision.errors import PrerequisiteMissing
from provision.plan.change import Action, ResourceChange
from provision.plan.plan import Plan
from provision.stack import StackInputs, build_stack
from provision.workflows import endpoint_services
from provision.workflows.deployer_policy import Purpose, deployer_asks
from provision.workflows.endpoint_services import check_endpoint_services
from tests.support.harness import new_aws
from tests.support.sample_stack import TinySources, configured
from tests.unit.stack.test_stack import built

SQS = "com.amazonaws.us-east-1.sqs"


def checked(aws: Aws, tmp_path: Path, *endpoints: str, action: Action = Action.CREATE) -> None:
    _, steps = built(tmp_path, {"network": {"endpoints": [*endpoints]}})
    changes = {
        name: ResourceChange(name, (), step.KIND, step, None, (), action)
        for name, step in steps.items()
    }
    with aws.reading():
        check_endpoint_services(aws, Plan(changes))


def answered(monkeypatch: pytest.MonkeyPatch, **service: Any) -> None:
    detail = {"ServiceName": SQS, "ServiceType": [{"ServiceType": "Interface"}], **service}
    monkeypatch.setattr(endpoint_services, "_services", lambda *_: [detail])


def test_services_of_the_region_are_nothing_to_say(account: None, tmp_path: Path) -> None:
    checked(new_aws(), tmp_path, "sqs", "s3", "ssm")


def test_only_what_is_to_be_made_is_asked_for(
    account: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(endpoint_services, "_trouble", lambda _, one, __: asked.append(one.service))
    checked(new_aws(), tmp_path, "sqs", "s3", action=Action.KEEP)
    checked(new_aws(), tmp_path)
    assert asked == [], "every region has DynamoDB's"
    checked(new_aws(), tmp_path, "sqs", "s3")
    assert asked == ["com.amazonaws.us-east-1.s3", SQS]


def test_a_service_that_the_region_lacks_is_named_with_what_to_type(
    account: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = endpoint_services._services
    monkeypatch.setattr(
        endpoint_services, "_services", lambda aws, name: real(aws, name.replace("sqs", "sqz"))
    )
    says = f"us-east-1 has no endpoint service {SQS}"
    with pytest.raises(PrerequisiteMissing, match=says) as told:
        checked(new_aws(), tmp_path, "sqs")
    assert "network.endpoints.sqs: " in str(told.value)
    assert "`network.endpoints`" in told.value.hint
    assert "`network: open`" in told.value.hint


@pytest.mark.parametrize(
    ("service", "says"),
    [
        ({"AvailabilityZones": ["us-east-1a"]}, "has no endpoint in us-east-1b, where a subnet is"),
        ({"VpcEndpointPolicySupported": False}, "takes no policy"),
        ({"ServiceType": [{"ServiceType": "Gateway"}]}, "has no endpoint service"),
    ],
)
def test_a_service_that_cannot_have_ours_is_refused(
    account: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, service: Any, says: str
) -> None:
    answered(monkeypatch, **service)
    with pytest.raises(PrerequisiteMissing, match=says):
        checked(new_aws(), tmp_path, "sqs")


def test_another_error_is_not_taken_for_a_missing_service(
    account: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws = new_aws()

    def refuse(**_: Any) -> None:
        code: Any = {"Error": {"Code": "UnauthorizedOperation"}}
        raise ClientError(code, "DescribeVpcEndpointServices")

    monkeypatch.setattr(aws.ec2, "describe_vpc_endpoint_services", refuse)
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        checked(aws, tmp_path, "sqs")


@pytest.mark.parametrize("purpose", [Purpose.UP, Purpose.PLAN, Purpose.ALL])
def test_the_deployer_may_ask(tmp_path: Path, purpose: Purpose) -> None:
    where = Location("123456789012", "us-east-1", "aws", "amazonaws.com")
    for endpoints, expected in (([], set()), (["sqs"], {"ec2:DescribeVpcEndpointServices"})):
        inputs = StackInputs(
            configured(tmp_path, {"network": {"endpoints": endpoints}}),
            where,
            ("us-east-1a", "us-east-1b"),
            TinySources(tmp_path / "zips"),
            lambda api, stage: f"https://{api}/{stage}",
        )
        asks = deployer_asks(build_stack(inputs), {}, where, purpose)
        assert {one.action for one in asks if one.by == "endpoints"} == expected
