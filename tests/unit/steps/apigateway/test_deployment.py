"""Deployments: the contract, which one is chosen, and which ones are kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from provision.model.step import Step
from provision.plan.change import Action
from provision.steps.apigateway.deployment import KEPT, Deployment
from tests.support.harness import Died, Recorder, Where, Workshop, new_aws, one_node
from tests.unit.steps.contract import StepContract

SERVED = ("GET /: NONE",)


def api_with_a_method() -> str:
    client = new_aws().apigateway
    api = client.create_rest_api(name="tap-dev")
    place: Any = {
        "restApiId": api["id"],
        "resourceId": api["rootResourceId"],
        "httpMethod": "GET",
    }
    client.put_method(**place, authorizationType="NONE")
    client.put_integration(**place, type="MOCK")
    return api["id"]


def add_key(api_id: str) -> None:
    client = new_aws().apigateway
    (root,) = client.get_resources(restApiId=api_id)["items"]
    place: Any = {"restApiId": api_id, "resourceId": root["id"], "httpMethod": "GET"}
    client.delete_method(**place)
    client.put_method(**place, authorizationType="NONE", apiKeyRequired=True)
    client.put_integration(**place, type="MOCK")


class TestDeployment(StepContract):
    edits = {}
    fixed_edits = {"digest": "two"}

    def given(self, aws: Any) -> Step:
        return Deployment(api_id=api_with_a_method(), digest="one", served=SERVED)


@pytest.fixture
def deployment(account: None) -> Deployment:
    return Deployment(api_id=api_with_a_method(), digest="one", served=SERVED)


def made(workshop: Workshop, step: Deployment) -> Deployment:
    found = workshop.run(one_node(step), "up").resources["it"]
    assert isinstance(found, Deployment)
    return found


def descriptions(api_id: str) -> list[str]:
    items = new_aws().apigateway.get_deployments(restApiId=api_id)["items"]
    return [item.get("description", "") for item in items]


def test_its_description_says_whose_it_is_and_of_what(
    workshop: Workshop, deployment: Deployment
) -> None:
    made(workshop, deployment)
    assert descriptions(deployment.api_id) == ["tap-dev/it one"]
    assert new_aws().apigateway.get_stages(restApiId=deployment.api_id)["item"] == []


def test_a_copy_of_the_description_is_not_taken_for_it(
    workshop: Workshop, deployment: Deployment
) -> None:
    """Nor is it with the state lost: a copy is younger than the original."""
    first = made(workshop, deployment)
    new_aws().apigateway.create_deployment(
        restApiId=deployment.api_id, description="tap-dev/it one"
    )
    for _ in range(2):
        assert made(workshop, deployment).id == first.id
        assert workshop.last.writes == []
        workshop.forget()


def test_one_that_shows_something_else_is_not_taken_for_it(
    workshop: Workshop, deployment: Deployment
) -> None:
    other = new_aws().apigateway.create_deployment(
        restApiId=deployment.api_id, description="tap-dev/it one"
    )
    wanted = replace(deployment, served=("GET /: NONE, key",))
    (diff,) = workshop.run(one_node(wanted), "plan").changes["it"].diffs
    assert (diff.field, diff.want, diff.have) == ("served", wanted.served, SERVED)
    add_key(deployment.api_id)
    found = made(workshop, wanted)
    assert found.id != other["id"]
    assert workshop.last.writes == ["CreateDeployment"]
    for _ in range(2):
        assert made(workshop, wanted).id == found.id
        assert workshop.last.writes == []
        workshop.forget()


def test_the_newest_stay(workshop: Workshop, deployment: Deployment) -> None:
    for number in range(KEPT + 3):
        made(workshop, replace(deployment, digest=f"d{number}"))
    expected = [f"tap-dev/it d{number}" for number in range(3, KEPT + 3)]
    assert descriptions(deployment.api_id) == expected


def test_one_in_use_stays_whatever_its_age(workshop: Workshop, deployment: Deployment) -> None:
    first = made(workshop, replace(deployment, digest="first"))
    new_aws().apigateway.create_stage(
        restApiId=deployment.api_id, stageName="v1", deploymentId=first.id
    )
    for number in range(KEPT + 2):
        made(workshop, replace(deployment, digest=f"d{number}"))
    left = descriptions(deployment.api_id)
    assert left[0] == "tap-dev/it first"
    assert len(left) == KEPT + 1


def test_others_deployments_are_left_alone(workshop: Workshop, deployment: Deployment) -> None:
    client = new_aws().apigateway
    client.create_deployment(restApiId=deployment.api_id, description="tap-dev/its one")
    client.create_deployment(restApiId=deployment.api_id)
    assert workshop.run(one_node(deployment), "plan").changes["it"].action is Action.CREATE
    made(workshop, deployment)
    workshop.run(one_node(deployment), "down")
    assert descriptions(deployment.api_id) == ["tap-dev/its one", ""]


def test_going_leaves_what_a_stage_still_serves_to_the_api(
    workshop: Workshop, deployment: Deployment
) -> None:
    first = made(workshop, deployment)
    made(workshop, replace(deployment, digest="two"))
    client = new_aws().apigateway
    client.create_stage(restApiId=deployment.api_id, stageName="v1", deploymentId=first.id)
    with pytest.raises(ClientError, match="Active stages"):
        client.delete_deployment(restApiId=deployment.api_id, deploymentId=first.id)
    workshop.run(one_node(deployment), "down")
    assert descriptions(deployment.api_id) == ["tap-dev/it one"]


def test_nothing_is_found_of_an_api_that_is_gone(
    workshop: Workshop, deployment: Deployment
) -> None:
    found = made(workshop, deployment)
    new_aws().apigateway.delete_rest_api(restApiId=deployment.api_id)
    assert found.observe(new_aws()) is None
    found.delete(new_aws())


def test_a_lost_answer_is_looked_for_before_another_is_made(
    workshop: Workshop, deployment: Deployment
) -> None:
    made(workshop, deployment)
    second = replace(deployment, digest="two")
    with pytest.raises(Died):
        workshop.run(one_node(second), "up", recorder=Recorder(die=(Where.AFTER, 1)))
    made(workshop, second)
    assert workshop.last.writes == []
    assert descriptions(deployment.api_id) == ["tap-dev/it one", "tap-dev/it two"]
