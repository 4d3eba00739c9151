"""Each control holds after `up`, is seen when it does not, and holds again after the next `up`."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from provision.aws.client import Aws
from tests.conformance.security.controls import CONTROLS
from tests.conformance.security.export import export
from tests.conformance.security.page import PAGE, page
from tests.conformance.security.world import emulated, up
from tests.support.harness import new_aws

Broken = dict[str, list[str]]


@dataclass(frozen=True)
class Asked:
    """Violations by control: after `up`, after all were broken, and after the next `up`."""

    made: Broken
    broken: Broken
    repaired: Broken
    template: str
    """The account after the first `up`, as scanners read it."""


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    """Return the results for the shipped stack as `prod`, with a domain, a web ACL and a key."""
    with emulated(tmp_path_factory.mktemp("security")) as workshop:
        aws = up(workshop)
        made, template = broken(aws), export(aws)
        for control in CONTROLS:
            control.spoil(new_aws())
        seen = broken(new_aws())
        return Asked(made, seen, broken(up(workshop)), template)


def broken(aws: Aws) -> Broken:
    return {control.name: list(control.broken(aws)) for control in CONTROLS}


@pytest.mark.parametrize("control", [control.name for control in CONTROLS])
def test_holds(asked: Asked, control: str) -> None:
    assert asked.made[control] == []
    assert asked.broken[control], "the question cannot fail"
    assert asked.repaired[control] == []


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: make security"


def test_a_scanner_is_given_every_resource_that_it_knows(asked: Asked) -> None:
    resources = json.loads(asked.template)["Resources"].values()
    kinds = {each["Type"].removeprefix("AWS::") for each in resources}
    assert kinds == {
        "ApiGateway::DomainName",
        "ApiGateway::Method",
        "ApiGateway::RestApi",
        "ApiGateway::Stage",
        "DynamoDB::Table",
        "EC2::FlowLog",
        "EC2::SecurityGroup",
        "EC2::Subnet",
        "EC2::VPC",
        "EC2::VPCEndpoint",
        "IAM::Role",
        "KMS::Key",
        "Lambda::Function",
        "Lambda::Permission",
        "Logs::LogGroup",
        "SNS::Topic",
        "SNS::TopicPolicy",
        "SQS::Queue",
        "SQS::QueuePolicy",
        "WAFv2::WebACL",
    }
