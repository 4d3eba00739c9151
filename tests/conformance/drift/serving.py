"""Drift of the API's deployment, stage, key and plan, by another client's calls."""

from __future__ import annotations

from typing import Any, Final

from provision.aws.client import Aws
from provision.steps.apigateway.api_key import RETIRED, ApiKey
from provision.steps.apigateway.deployment import Deployment
from provision.steps.apigateway.stage import Stage
from provision.steps.apigateway.usage_plan import UsagePlan
from tests.conformance.drift.apis import resource
from tests.conformance.drift.case import GONE, Case
from tests.conformance.drift.edits import STRAY, patched


def _tag(aws: Aws, path: str) -> None:
    arn = aws.location.arn("apigateway", path, account=False)
    aws.apigateway.tag_resource(resourceArn=arn, tags={STRAY: "theirs"})


def copied(aws: Aws, deployment: Deployment) -> None:
    """CreateDeployment in other words for ours, UpdateStage to it, DeleteDeployment of ours"""
    _serve(aws, deployment.api_id, f"{deployment.owner} theirs")
    _drop(aws, deployment)


def frozen_open(aws: Aws, deployment: Deployment) -> None:
    """CreateDeployment in our words of a route without key, DeleteDeployment of ours"""
    place: Any = {
        "restApiId": deployment.api_id,
        "resourceId": resource(aws, deployment.api_id, "/items"),
        "httpMethod": "GET",
    }
    aws.apigateway.update_method(**place, patchOperations=patched("/apiKeyRequired", "false"))
    _serve(aws, deployment.api_id, f"{deployment.owner} {deployment.digest}")
    aws.apigateway.update_method(**place, patchOperations=patched("/apiKeyRequired", "true"))
    _drop(aws, deployment)


def _serve(aws: Aws, api_id: str, description: str) -> None:
    made = aws.apigateway.create_deployment(restApiId=api_id, description=description)["id"]
    aws.apigateway.update_stage(
        restApiId=api_id, stageName="v1", patchOperations=patched("/deploymentId", made)
    )


def _drop(aws: Aws, deployment: Deployment) -> None:
    """Delete all deployments with our description, but for the served one."""
    for stage in aws.apigateway.get_stages(restApiId=deployment.api_id)["item"]:
        if stage["stageName"] != "v1":
            aws.apigateway.delete_stage(restApiId=deployment.api_id, stageName=stage["stageName"])
    served = aws.apigateway.get_stage(restApiId=deployment.api_id, stageName="v1")["deploymentId"]
    for one in aws.apigateway.get_deployments(restApiId=deployment.api_id)["items"]:
        if one["id"] != served:
            aws.apigateway.delete_deployment(restApiId=deployment.api_id, deploymentId=one["id"])


def serve_another(aws: Aws, stage: Stage) -> None:
    """CreateDeployment, UpdateStage to it"""
    _serve(aws, stage.api_id, "theirs")


def tag_stage(aws: Aws, stage: Stage) -> None:
    """TagResource: a tag more"""
    _tag(aws, f"/restapis/{stage.api_id}/stages/{stage.name}")


def _set(aws: Aws, stage: Stage, path: str, value: str) -> None:
    aws.apigateway.update_stage(
        restApiId=stage.api_id, stageName=stage.name, patchOperations=patched(path, value)
    )


def tracing_off(aws: Aws, stage: Stage) -> None:
    """UpdateStage: not traced"""
    _set(aws, stage, "/tracingEnabled", "false")


def access_log_off(aws: Aws, stage: Stage) -> None:
    """UpdateStage: no access log"""
    aws.apigateway.update_stage(
        restApiId=stage.api_id,
        stageName=stage.name,
        patchOperations=[{"op": "remove", "path": "/accessLogSettings"}],
    )


def access_log_elsewhere(aws: Aws, stage: Stage) -> None:
    """UpdateStage: the access log to a group of theirs"""
    arn = aws.location.arn("logs", "log-group:/theirs/access")
    _set(aws, stage, "/accessLogSettings/destinationArn", arn)


def less_in_the_log(aws: Aws, stage: Stage) -> None:
    """UpdateStage: lines with less in them"""
    _set(aws, stage, "/accessLogSettings/format", "$context.requestId")


def execution_log_off(aws: Aws, stage: Stage) -> None:
    """UpdateStage: no execution log"""
    _set(aws, stage, "/*/*/logging/loglevel", "OFF")


def metrics_off(aws: Aws, stage: Stage) -> None:
    """UpdateStage: no metrics"""
    _set(aws, stage, "/*/*/metrics/enabled", "false")


def slower(aws: Aws, stage: Stage) -> None:
    """UpdateStage: five requests a second"""
    _set(aws, stage, "/*/*/throttling/rateLimit", "5")


def no_bursts(aws: Aws, stage: Stage) -> None:
    """UpdateStage: bursts of five"""
    _set(aws, stage, "/*/*/throttling/burstLimit", "5")


def log_bodies(aws: Aws, stage: Stage) -> None:
    """UpdateStage: bodies are logged"""
    _set(aws, stage, "/*/*/logging/dataTrace", "true")


def cache(aws: Aws, stage: Stage) -> None:
    """UpdateStage: answers are cached"""
    _set(aws, stage, "/*/*/caching/enabled", "true")


def another_spelling(aws: Aws, stage: Stage) -> None:
    """UpdateStage: settings of a method in a spelling without effect"""
    _set(aws, stage, "/items/GET/throttling/rateLimit", "9999")


def open_one_method(aws: Aws, stage: Stage) -> None:
    """UpdateStage: another rate for one method"""
    _set(aws, stage, "/~1items/GET/throttling/rateLimit", "9999")


def burst_of_one_method(aws: Aws, stage: Stage) -> None:
    """UpdateStage: larger bursts for one method"""
    _set(aws, stage, "/~1items/GET/throttling/burstLimit", "9999")


def open_another_method(aws: Aws, stage: Stage) -> None:
    """UpdateStage: a rate for a method that had none of its own"""
    _set(aws, stage, "/~1items/POST/throttling/rateLimit", "9999")


def silence_one_method(aws: Aws, stage: Stage) -> None:
    """UpdateStage: no execution log of one method"""
    _set(aws, stage, "/~1items/GET/logging/loglevel", "OFF")


def bodies_of_one_method(aws: Aws, stage: Stage) -> None:
    """UpdateStage: the bodies of one method are logged"""
    _set(aws, stage, "/~1items/GET/logging/dataTrace", "true")


def uncounted_method(aws: Aws, stage: Stage) -> None:
    """UpdateStage: no metrics of one method"""
    _set(aws, stage, "/~1items/GET/metrics/enabled", "false")


def cached_method(aws: Aws, stage: Stage) -> None:
    """UpdateStage: answers of one method are cached"""
    _set(aws, stage, "/~1items/GET/caching/enabled", "true")


def without_a_limit(aws: Aws, stage: Stage) -> None:
    """UpdateStage: no settings of one method"""
    aws.apigateway.update_stage(
        restApiId=stage.api_id,
        stageName=stage.name,
        patchOperations=[{"op": "remove", "path": "/~1items/GET"}],
    )


def a_variable(aws: Aws, stage: Stage) -> None:
    """UpdateStage: a stage variable"""
    _set(aws, stage, "/variables/theirs", "1")


def tag_key(aws: Aws, key: ApiKey) -> None:
    """TagResource: a tag more"""
    _tag(aws, f"/apikeys/{key.id}")


def _set_key(aws: Aws, key: ApiKey, path: str, value: str) -> None:
    aws.apigateway.update_api_key(apiKey=key.id, patchOperations=patched(path, value))


def rename_key(aws: Aws, key: ApiKey) -> None:
    """UpdateApiKey: another name"""
    _set_key(aws, key, "/name", "theirs")


def describe_key(aws: Aws, key: ApiKey) -> None:
    """UpdateApiKey: another description"""
    _set_key(aws, key, "/description", "theirs")


def switch_key_off(aws: Aws, key: ApiKey) -> None:
    """UpdateApiKey: off"""
    _set_key(aws, key, "/enabled", "false")


def retire_key(aws: Aws, key: ApiKey) -> None:
    """TagResource: our tag of retired keys, so that a successor is due"""
    arn = aws.location.arn("apigateway", f"/apikeys/{key.id}", account=False)
    aws.apigateway.tag_resource(resourceArn=arn, tags={RETIRED: "2026-01-01"})


def delete_key(aws: Aws, key: ApiKey) -> None:
    """DeleteApiKey, of those it succeeded as well"""
    for one in key.ids:
        aws.apigateway.delete_api_key(apiKey=one)


def tag_plan(aws: Aws, plan: UsagePlan) -> None:
    """TagResource: a tag more"""
    _tag(aws, f"/usageplans/{plan.id}")


def _set_plan(aws: Aws, plan: UsagePlan, path: str, value: str) -> None:
    aws.apigateway.update_usage_plan(usagePlanId=plan.id, patchOperations=patched(path, value))


def rename_plan(aws: Aws, plan: UsagePlan) -> None:
    """UpdateUsagePlan: another name"""
    _set_plan(aws, plan, "/name", "theirs")


def lower_rate(aws: Aws, plan: UsagePlan) -> None:
    """UpdateUsagePlan: five requests a second"""
    _set_plan(aws, plan, "/throttle/rateLimit", "5")


def lower_burst(aws: Aws, plan: UsagePlan) -> None:
    """UpdateUsagePlan: bursts of five"""
    _set_plan(aws, plan, "/throttle/burstLimit", "5")


def raise_quota(aws: Aws, plan: UsagePlan) -> None:
    """UpdateUsagePlan: a larger quota"""
    _set_plan(aws, plan, "/quota/limit", "1000000")


def no_quota(aws: Aws, plan: UsagePlan) -> None:
    """UpdateUsagePlan: no quota"""
    aws.apigateway.update_usage_plan(
        usagePlanId=plan.id, patchOperations=[{"op": "remove", "path": "/quota"}]
    )


def cover_another_stage(aws: Aws, plan: UsagePlan) -> None:
    """CreateStage of theirs, UpdateUsagePlan: it is covered as well"""
    api = plan.stages[0].partition(":")[0]
    served = aws.apigateway.get_stage(restApiId=api, stageName="v1")["deploymentId"]
    aws.apigateway.create_stage(restApiId=api, stageName="theirs", deploymentId=served)
    aws.apigateway.update_usage_plan(
        usagePlanId=plan.id,
        patchOperations=[{"op": "add", "path": "/apiStages", "value": f"{api}:theirs"}],
    )


def uncover(aws: Aws, plan: UsagePlan) -> None:
    """UpdateUsagePlan: our stage is not covered"""
    aws.apigateway.update_usage_plan(
        usagePlanId=plan.id,
        patchOperations=[{"op": "remove", "path": "/apiStages", "value": plan.stages[0]}],
    )


def let_a_key_in(aws: Aws, plan: UsagePlan) -> None:
    """CreateUsagePlanKey: a key of theirs"""
    key = aws.apigateway.create_api_key(name="theirs")["id"]
    aws.apigateway.create_usage_plan_key(usagePlanId=plan.id, keyId=key, keyType="API_KEY")


def shut_ours_out(aws: Aws, plan: UsagePlan) -> None:
    """DeleteUsagePlanKey: ours"""
    aws.apigateway.delete_usage_plan_key(usagePlanId=plan.id, keyId=plan.keys[0])


DEPLOYMENT: Final = "api.deployment"
STAGE: Final = "api.stage"
KEY: Final = "api.key.default"
PLAN: Final = "api.plan"
MOVES: Final = (f"{STAGE} deployment_id",)

CASES: Final = (
    Case(DEPLOYMENT, "digest", copied, MOVES, alone=True),
    Case(DEPLOYMENT, "served", frozen_open, MOVES, alone=True),
    Case(STAGE, "deployment_id", serve_another, alone=True),
    Case(STAGE, "tags", tag_stage),
    Case(STAGE, "tracing", tracing_off),
    Case(STAGE, "access_log", access_log_off),
    Case(STAGE, "access_log", access_log_elsewhere),
    Case(STAGE, "access_format", less_in_the_log),
    Case(STAGE, "log_level", execution_log_off),
    Case(STAGE, "metrics", metrics_off),
    Case(STAGE, "rate", slower),
    Case(STAGE, "burst", no_bursts),
    Case(STAGE, "strays", log_bodies),
    Case(STAGE, "strays", cache),
    Case(STAGE, "strays", another_spelling),
    Case(STAGE, "methods", open_one_method),
    Case(STAGE, "methods", burst_of_one_method),
    Case(STAGE, "methods", open_another_method),
    Case(STAGE, "methods", silence_one_method),
    Case(STAGE, "methods", bodies_of_one_method),
    Case(STAGE, "methods", uncounted_method),
    Case(STAGE, "methods", cached_method),
    Case(STAGE, "methods", without_a_limit),
    Case(STAGE, "strays", a_variable),
    Case(KEY, "tags", tag_key),
    Case(KEY, "name", rename_key),
    Case(KEY, "description", describe_key),
    Case(KEY, "enabled", switch_key_off),
    Case(KEY, "due", retire_key, (f"{PLAN} keys",), alone=True),
    Case(KEY, GONE, delete_key, (f"{PLAN} keys",), alone=True),
    Case(PLAN, "tags", tag_plan),
    Case(PLAN, "name", rename_plan),
    Case(PLAN, "rate", lower_rate),
    Case(PLAN, "burst", lower_burst),
    Case(PLAN, "quota", raise_quota),
    Case(PLAN, "quota", no_quota),
    Case(PLAN, "stages", cover_another_stage),
    Case(PLAN, "stages", uncover),
    Case(PLAN, "keys", let_a_key_in),
    Case(PLAN, "keys", shut_ours_out),
)

_STAYS: Final = "It belongs to the API it was created in."

REASONS: Final = {
    "apigateway.deployment": {"api_id": _STAYS},
    "apigateway.stage": {"api_id": _STAYS, "name": "A stage cannot be renamed."},
}
