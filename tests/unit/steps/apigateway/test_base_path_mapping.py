"""The base path mapping: the contract, its owner, and how it moves to another API."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from moto.apigateway.models import APIGatewayBackend
from moto.apigateway.models import BasePathMapping as MotoMapping

from provision.errors import NotOwned
from provision.model.step import Step
from provision.plan.change import Action
from provision.steps.apigateway.base_path_mapping import BasePathMapping
from tests.support.harness import Workshop, new_aws, one_node
from tests.unit.steps.apigateway.test_domain_name import NAME, make_domain
from tests.unit.steps.apigateway.test_usage_plan import make_stages
from tests.unit.steps.contract import StepContract


def make_mapping() -> tuple[BasePathMapping, str]:
    """Return a wanted mapping, and the id of another API with the same stages."""
    aws = new_aws()
    make_domain().create(aws)
    api_id, other_id = (make_stages(aws.apigateway)[0].partition(":")[0] for _ in range(2))
    return BasePathMapping(domain=NAME, api_id=api_id, stage="v1"), other_id


class TestBasePathMapping(StepContract):
    fixed_edits = {"path": "items"}

    def given(self, aws: Any) -> Step:
        mapping, other_id = make_mapping()
        type(self).edits = {"api_id": other_id, "stage": "v2"}
        return mapping


def test_api_and_stage_move_in_one_call(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BasePathMapping, "parent_owner", lambda step, aws: "tap-dev/parent")
    mapping, other_id = make_mapping()
    workshop.run(one_node(mapping), "up")
    workshop.run(one_node(replace(mapping, api_id=other_id, stage="v2")), "up")
    assert workshop.last.writes == ["UpdateBasePathMapping"]


@pytest.mark.parametrize("path", ["(none)", "items"])
def test_a_mapping_to_another_api_is_not_ours(workshop: Workshop, path: str) -> None:
    """A domain may carry the mappings of other stacks (A32)."""
    mapping, other_id = make_mapping()
    mapping = replace(mapping, path=path)
    theirs = replace(mapping, api_id=other_id)
    theirs.create(new_aws())
    assert workshop.run(one_node(mapping), "plan").changes["it"].action is Action.FOREIGN
    with pytest.raises(NotOwned):
        workshop.run(one_node(mapping), "up")
    workshop.run(one_node(mapping), "down")
    assert theirs.observe(new_aws()) == theirs


def test_a_second_one_of_a_path_is_refused_by_aws(account: None) -> None:
    """The mapping that exists is then observed, not overwritten (A30)."""
    mapping, other_id = make_mapping()
    aws = new_aws()
    mapping.create(aws)
    with pytest.raises(aws.apigateway.exceptions.ConflictException, match="already exists"):
        replace(mapping, api_id=other_id).create(aws)


def test_its_end_is_waited_for(account: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A resource that depends on it asks AWS whether the mapping is gone (A31, A32)."""
    mapping, _ = make_mapping()
    aws = new_aws()
    mapping.create(aws)
    lingering = ["once", "twice"]
    observe = APIGatewayBackend.get_base_path_mapping

    def linger(self: Any, domain_name: str, base_path: str) -> Any:
        if lingering:
            lingering.pop()
            return MotoMapping(domain_name, mapping.api_id, stage="v1")
        return observe(self, domain_name, base_path)

    monkeypatch.setattr(APIGatewayBackend, "get_base_path_mapping", linger)
    mapping.delete(aws)
    assert lingering == []


def test_it_goes_before_its_api(workshop: Workshop) -> None:
    """AWS refuses to delete an API to which a domain leads (A31)."""
    mapping, _ = make_mapping()
    workshop.run(one_node(mapping), "up")
    aws = new_aws().apigateway
    with pytest.raises(aws.exceptions.BadRequestException, match="remove all base path mappings"):
        aws.delete_rest_api(restApiId=mapping.api_id)
    workshop.run(one_node(mapping), "down")
    aws.delete_rest_api(restApiId=mapping.api_id)


def test_it_is_gone_with_its_domain(workshop: Workshop) -> None:
    mapping, _ = make_mapping()
    workshop.run(one_node(mapping), "up")
    new_aws().apigateway.delete_domain_name(domainName=NAME)
    assert mapping.observe(new_aws()) is None
    mapping.delete(new_aws())
