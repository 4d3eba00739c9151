"""Answers without optional fields, or about another party's resources, do not end a command."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from provision.aws.client import Aws
from provision.model.step import OWNER
from provision.steps.apigateway.domain_name import DomainName
from provision.steps.autoscaling.target import owner_of_target
from provision.steps.ec2.default_security_group import _in_words
from tests.support.harness import Workshop, new_aws, one_node
from tests.unit.steps.autoscaling.test_target import TARGET

DOMAIN = DomainName(name="api.example.com", certificate="arn:c", tags={})


class Pages:
    def __init__(self, *pages: Any) -> None:
        self.pages = pages

    def paginate(self, **_: Any) -> Any:
        return self.pages


def test_a_private_domain_of_somebody_else_is_passed_by(
    account: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GetDomainName requires the id of a private domain as well, and refuses a call without it."""
    aws = new_aws()
    listed = {"items": [{"domainName": "private.example.com", "domainNameId": "abc"}]}

    def get_domain_name(**asked: str) -> Any:
        if asked["domainName"] == DOMAIN.name:
            answer: Any = {"Error": {"Code": "NotFoundException", "Message": "Invalid domain name"}}
            raise aws.apigateway.exceptions.NotFoundException(answer, "GetDomainName")
        raise AssertionError(f"{asked} would be refused")

    monkeypatch.setattr(aws.apigateway, "get_domain_name", get_domain_name)
    monkeypatch.setattr(aws.apigateway, "get_paginator", lambda _: Pages(listed, {}))
    assert DOMAIN.with_owner("tap-dev/it").find_candidates(aws) == []


@pytest.mark.usefixtures("account")
def test_a_page_of_mappings_without_a_list_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    aws = new_aws()
    monkeypatch.setattr(aws.apigateway, "get_paginator", lambda _: Pages({}, {"items": []}))
    deleted: list[str] = []
    monkeypatch.setattr(
        aws.apigateway, "delete_domain_name", lambda **asked: deleted.append(asked["domainName"])
    )
    DOMAIN.delete(aws)
    assert deleted == [DOMAIN.name]


def without_arn(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let AWS show a target without its ARN, as it does for targets older than their tags."""
    describe = aws.autoscaling.describe_scalable_targets

    def described(**asked: Any) -> Any:
        found = describe(**asked)
        for target in found["ScalableTargets"]:
            del target["ScalableTargetARN"]
        return found

    monkeypatch.setattr(aws.autoscaling, "describe_scalable_targets", described)


def test_a_target_without_an_arn_is_somebody_else_s(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.run(one_node(TARGET), "up")
    aws = new_aws()
    without_arn(aws, monkeypatch)
    found = TARGET.observe(aws)
    assert found is not None
    assert OWNER not in found.tags
    assert (found.minimum, found.maximum) == (TARGET.minimum, TARGET.maximum)
    assert owner_of_target(aws, TARGET.resource, TARGET.dimension) == ""


def test_a_target_without_an_arn_can_be_adopted(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.run(one_node(TARGET), "up")
    aws = new_aws()
    (shown,) = aws.autoscaling.describe_scalable_targets(ServiceNamespace="dynamodb")[
        "ScalableTargets"
    ]
    without_arn(aws, monkeypatch)
    tagged: list[str] = []
    asked: list[Any] = []

    def register(**request: Any) -> Any:
        asked.append(request)
        return {"ScalableTargetARN": shown["ScalableTargetARN"]}

    monkeypatch.setattr(aws.autoscaling, "register_scalable_target", register)
    monkeypatch.setattr(
        aws.autoscaling, "tag_resource", lambda **asked: tagged.append(asked["ResourceARN"])
    )
    have = replace(TARGET, tags={})
    TARGET.update(aws, have, {"tags"})
    assert tagged == [shown["ScalableTargetARN"]]
    assert asked == [
        {
            "ServiceNamespace": "dynamodb",
            "ResourceId": TARGET.resource,
            "ScalableDimension": TARGET.dimension,
        }
    ], "a setting would be changed"


def test_rules_of_protocols_without_ports_have_words() -> None:
    """A foreign rule for ESP in the default group of our VPC has no ports."""
    rules: Any = [
        {"IpProtocol": "50", "IpRanges": [{"CidrIp": "10.0.0.0/8"}]},
        {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-1"}]},
        {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
    ]
    assert list(_in_words(rules)) == ["50 10.0.0.0/8", "everything sg-1", "tcp 22-22 0.0.0.0/0"]
