"""The stage: the contract, the remains of a crash, and manual changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from provision.model.step import Step
from provision.plan.change import Action
from provision.steps.apigateway.method_settings import MethodSettings
from provision.steps.apigateway.stage import MOST_PATCHES, Stage
from tests.support.harness import Died, Recorder, Where, Workshop, new_aws, one_node
from tests.unit.steps.apigateway.test_deployment import api_with_a_method
from tests.unit.steps.contract import StepContract

LOGS = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/apigateway/tap-dev"


ITEMS = MethodSettings(method="GET", path="/items", rate=5.0, burst=9, log_level="INFO")
WITH_ID = MethodSettings(
    method="PUT", path="/items/{id}", rate=6.0, burst=8, log_level="ERROR", metrics=False
)


def given_stage() -> Stage:
    """Return a stage on its own deployment; the API has a second one."""
    api_id = api_with_a_method()
    deployment = new_aws().apigateway.create_deployment(restApiId=api_id)
    return Stage(
        api_id=api_id,
        name="v1",
        deployment_id=deployment["id"],
        tracing=True,
        access_log=LOGS,
        access_format='{"id": "$context.requestId"}',
        log_level="INFO",
        rate=1000.0,
        burst=2000,
        tags={"team": "a"},
    )


class TestStage(StepContract):
    drift_only = frozenset({"strays"})
    edits = {
        "deployment_id": "another",
        "tracing": False,
        "access_log": f"{LOGS}-other",
        "access_format": "$context.requestId",
        "log_level": "OFF",
        "metrics": False,
        "rate": 12.5,
        "burst": 10,
        "methods": (ITEMS, WITH_ID),
        "tags": {"team": "b", "more": "c"},
    }
    fixed_edits = {"name": "v2"}

    def given(self, aws: Any) -> Step:
        return given_stage()


@pytest.fixture
def stage(account: None) -> Stage:
    return given_stage()


def shown(stage: Stage) -> Any:
    return new_aws().apigateway.get_stage(restApiId=stage.api_id, stageName=stage.name)


def patch(stage: Stage, *patches: tuple[str, str, str]) -> None:
    new_aws().apigateway.update_stage(
        restApiId=stage.api_id,
        stageName=stage.name,
        patchOperations=[
            {"op": op, "path": path, "value": value}  # type: ignore[typeddict-item]  # as given
            for op, path, value in patches
        ],
    )


def test_all_is_set_by_two_calls(workshop: Workshop, stage: Stage) -> None:
    workshop.run(one_node(stage), "up")
    assert workshop.last.writes == ["CreateStage", "UpdateStage"]
    found = shown(stage)
    assert found["tracingEnabled"] is True
    assert found["accessLogSettings"]["destinationArn"] == LOGS
    settings = found["methodSettings"]["*/*"]
    assert settings["loggingLevel"] == "INFO"
    assert settings["metricsEnabled"] is True
    assert settings["dataTraceEnabled"] is False
    assert (settings["throttlingRateLimit"], settings["throttlingBurstLimit"]) == (1000.0, 2000)


def test_a_crash_between_the_two_is_mended(workshop: Workshop, stage: Stage) -> None:
    with pytest.raises(Died):
        workshop.run(one_node(stage), "up", recorder=Recorder(die=(Where.BEFORE, 2)))
    workshop.run(one_node(stage), "up")
    assert workshop.last.writes == ["UpdateStage"]
    assert shown(stage)["methodSettings"]["*/*"]["throttlingBurstLimit"] == 2000


def test_moving_on_takes_one_call_that_says_one_thing(workshop: Workshop, stage: Stage) -> None:
    workshop.run(one_node(stage), "up")
    found = new_aws().apigateway.create_deployment(restApiId=stage.api_id)["id"]
    workshop.run(one_node(replace(stage, deployment_id=found)), "up")
    assert workshop.last.writes == ["UpdateStage"]
    assert shown(stage)["deploymentId"] == found


def test_looking_takes_one_call(workshop: Workshop, stage: Stage) -> None:
    workshop.run(one_node(stage), "up")
    workshop.run(one_node(stage), "plan")
    assert workshop.last.reads == ["GetStages"]


def test_the_logs_arn_is_compared_without_its_tail(workshop: Workshop, stage: Stage) -> None:
    workshop.run(one_node(stage), "up")
    api = _backend(stage)
    api.stages["v1"].access_log_settings["destinationArn"] = f"{LOGS}:*"
    assert workshop.run(one_node(stage), "plan").changes["it"].action is Action.KEEP


def test_an_access_log_can_be_left_out_and_taken_away(workshop: Workshop, stage: Stage) -> None:
    quiet = replace(stage, access_log="")
    workshop.run(one_node(quiet), "up")
    assert "accessLogSettings" not in shown(stage)
    workshop.run(one_node(stage), "up")
    assert shown(stage)["accessLogSettings"]["destinationArn"] == LOGS
    workshop.run(one_node(quiet), "up")
    assert "accessLogSettings" not in shown(stage)
    assert workshop.run(one_node(quiet), "plan").changes["it"].action is Action.KEEP


STRAYS = {
    "settings of items/GET": ("replace", "/items/GET/logging/dataTrace", "true"),
    "bodies are logged": ("replace", "/*/*/logging/dataTrace", "true"),
    "responses are cached": ("replace", "/*/*/caching/enabled", "true"),
    "cache cluster": ("replace", "/cacheClusterEnabled", "true"),
    "variable colour": ("replace", "/variables/colour", "red"),
}


@pytest.mark.parametrize("words", STRAYS)
def test_what_was_set_by_hand_is_seen_and_undone(
    workshop: Workshop, stage: Stage, words: str
) -> None:
    workshop.run(one_node(stage), "up")
    patch(stage, STRAYS[words])
    finding = workshop.run(one_node(stage), "plan").changes["it"]
    assert [(diff.field, diff.have) for diff in finding.diffs] == [("strays", (words,))]
    workshop.run(one_node(stage), "up")
    assert workshop.last.writes == ["UpdateStage"]
    assert workshop.run(one_node(stage), "up").changes["it"].action is Action.KEEP


BY_HAND = {
    "another rate": (("replace", "/~1items/GET/throttling/rateLimit", "99"),),
    "another burst": (("replace", "/~1items/GET/throttling/burstLimit", "99"),),
    "no log": (("replace", "/~1items/GET/logging/loglevel", "OFF"),),
    "bodies": (("replace", "/~1items/GET/logging/dataTrace", "true"),),
    "no metrics": (("replace", "/~1items/GET/metrics/enabled", "false"),),
    "a cache": (("replace", "/~1items/GET/caching/enabled", "true"),),
    "settings of another method": (("replace", "/~1/POST/caching/enabled", "true"),),
    "none any more": (("remove", "/~1items/GET", ""),),
}


@pytest.mark.parametrize("words", BY_HAND)
def test_each_setting_of_a_method_is_seen_and_repaired(
    workshop: Workshop, stage: Stage, words: str
) -> None:
    want = replace(stage, methods=(ITEMS,))
    workshop.run(one_node(want), "up")
    assert shown(stage)["methodSettings"].keys() == {"*/*", "~1items/GET"}
    patch(stage, *BY_HAND[words])
    finding = workshop.run(one_node(want), "plan").changes["it"]
    assert [diff.field for diff in finding.diffs] == ["methods"]
    workshop.run(one_node(want), "up")
    assert workshop.last.writes == ["UpdateStage"]
    assert workshop.run(one_node(want), "plan").changes["it"].action is Action.KEEP


def test_a_method_says_what_it_does_not_inherit(workshop: Workshop, stage: Stage) -> None:
    """Otherwise its requests would be neither logged nor counted (A44)."""
    workshop.run(one_node(replace(stage, methods=(ITEMS,))), "up")
    settings = shown(stage)["methodSettings"]["~1items/GET"]
    assert (settings["loggingLevel"], settings["metricsEnabled"]) == ("INFO", True)
    assert settings["dataTraceEnabled"] is False
    assert (settings["throttlingRateLimit"], settings["throttlingBurstLimit"]) == (5.0, 9)


def test_the_root_has_a_name_too(workshop: Workshop, stage: Stage) -> None:
    root = replace(ITEMS, path="/")
    workshop.run(one_node(replace(stage, methods=(root,))), "up")
    assert "~1/GET" in shown(stage)["methodSettings"]
    workshop.run(one_node(stage), "up")
    assert shown(stage)["methodSettings"].keys() == {"*/*"}


def test_one_limit_changes_by_patches_of_its_method_alone(workshop: Workshop, stage: Stage) -> None:
    workshop.run(one_node(replace(stage, methods=(ITEMS, WITH_ID))), "up")
    sent: list[str] = []
    other = replace(stage, methods=(replace(ITEMS, rate=7.0), WITH_ID))
    aws = new_aws()
    aws.apigateway.meta.events.register(
        "provide-client-params.api-gateway.UpdateStage",
        lambda params, **_: sent.extend(one["path"] for one in params["patchOperations"]),
    )
    other.update(aws, replace(stage, methods=(ITEMS, WITH_ID)), {"methods"})
    assert len(sent) == 5
    assert all(path.startswith("/~1items/GET/") for path in sent)


def test_many_methods_take_several_calls(workshop: Workshop, stage: Stage) -> None:
    """AWS refuses large updates of a stage (A45)."""
    many = tuple(replace(ITEMS, path=f"/items/{number:03}") for number in range(MOST_PATCHES))
    workshop.run(one_node(replace(stage, methods=many)), "up")
    assert workshop.last.writes.count("UpdateStage") == 6
    workshop.run(one_node(replace(stage, methods=many)), "plan")
    assert workshop.last.reads == ["GetStages"]


def test_a_deployment_made_by_hand_does_not_stay_in_service(
    workshop: Workshop, stage: Stage
) -> None:
    workshop.run(one_node(stage), "up")
    client = new_aws().apigateway
    other = client.create_deployment(restApiId=stage.api_id)["id"]
    patch(stage, ("replace", "/deploymentId", other))
    finding = workshop.run(one_node(stage), "plan").changes["it"]
    assert [diff.field for diff in finding.diffs] == ["deployment_id"]
    workshop.run(one_node(stage), "up")
    assert shown(stage)["deploymentId"] == stage.deployment_id


def test_nothing_is_found_of_an_api_that_is_gone(workshop: Workshop, stage: Stage) -> None:
    workshop.run(one_node(stage), "up")
    new_aws().apigateway.delete_rest_api(restApiId=stage.api_id)
    assert stage.observe(new_aws()) is None
    stage.delete(new_aws())


def _backend(stage: Stage) -> Any:
    from moto.apigateway.models import apigateway_backends

    return apigateway_backends["123456789012"]["us-east-1"].apis[stage.api_id]
