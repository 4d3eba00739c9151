"""API Gateway's laws: a naive client fails under each, ours does not."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from provision.aws import rate_limits
from provision.model.stack import Stack
from provision.model.step import Step
from provision.plan.change import Action
from provision.steps.apigateway.account import ApiAccount
from provision.steps.apigateway.api_key import ApiKey
from provision.steps.apigateway.deployment import Deployment
from provision.steps.apigateway.method_settings import MethodSettings
from provision.steps.apigateway.rest_api.api import Cors, RestApi, Route
from provision.steps.apigateway.rest_api.contents import Authorizer
from provision.steps.apigateway.stage import Stage
from provision.steps.apigateway.usage_plan import UsagePlan
from provision.unknown import format_known
from tests.faults.aws_behaviours.conftest import Session, naive, ours
from tests.faults.aws_behaviours.frame import Court
from tests.faults.aws_behaviours.harness import under
from tests.faults.aws_behaviours.rules import apigateway as laws
from tests.faults.aws_behaviours.rules import apis as shown
from tests.faults.aws_behaviours.rules.answers import AnswersGetLost
from tests.support.harness import constant, empty, one_node

ALIAS = "arn:aws:lambda:us-east-1:123456789012:function:tap-dev-items:live"
LOGS = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/apigateway/tap-dev"
ROLE = "arn:aws:iam::123456789012:role/naive"
API = RestApi(
    name="tap-dev",
    routes=(Route("GET", "/items", ALIAS), Route("POST", "/items", ALIAS)),
    cors=Cors("*", ("Content-Type",), 600),
    models={},
    tags={"team": "a"},
)
ACCOUNT = ApiAccount(role_name="provision-api-gateway-logs")
LONGER = (*API.routes, Route("GET", "/more", ALIAS))


def a_stack(api: RestApi = API, methods: tuple[MethodSettings, ...] = ()) -> Stack:
    """Return a stack of an API that is served and logs, and a plan for it."""
    stack = empty()
    account = stack.add("account", lambda _: ACCOUNT)
    made = stack.add("api", lambda _: api)
    deployed = stack.add(
        "deployment",
        lambda get: Deployment(
            api_id=get(made).id, digest=get(made).release(), served=get(made).served()
        ),
        needs=[made],
    )

    stage = stack.add(
        "stage",
        lambda get: Stage(
            api_id=get(made).id,
            name="v1",
            deployment_id=get(deployed).id,
            tracing=True,
            access_log=LOGS,
            access_format="$context.requestId",
            log_level="INFO",
            rate=1000.0,
            burst=2000,
            methods=methods,
            tags={},
        ),
        needs=[made, deployed],
        after=[account],
    )
    stack.add(
        "plan",
        lambda get: UsagePlan(
            name="tap-dev",
            rate=10.0,
            burst=20,
            stages=(format_known("{}:v1", get(stage).api_id),),
            tags={},
        ),
        needs=[stage],
    )
    return stack


def lives(held: Court, directory: Path, row: str) -> None:
    """Create, change and delete our API without meeting the law."""
    count, shop = len(held.refused(row)), under(held, directory)
    shop.run(a_stack(), "up")
    held.clock.sleep(60)
    shop.run(a_stack(replace(API, routes=LONGER)), "up")
    held.clock.sleep(60)  # another process: its rate limiter knows nothing of this one's calls
    shop.run(a_stack(replace(API, routes=LONGER)), "up")
    assert shop.last.writes == []
    held.clock.sleep(60)
    shop.run(a_stack(), "down")
    assert len(held.refused(row)) == count
    assert naive(held, "apigateway").get_usage_plans()["items"] == []


def by_hand(held: Court) -> tuple[Any, dict[str, str], str]:
    """Return a naive client, and its API's stage and deployment."""
    client = naive(held, "apigateway")
    api = client.create_rest_api(name="naive")
    method = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "GET"}
    client.put_method(**method, authorizationType="NONE")
    client.put_integration(**method, type="MOCK")
    deployment = client.create_deployment(restApiId=api["id"])["id"]
    stage = {"restApiId": api["id"], "stageName": "v1"}
    client.create_stage(**stage, deploymentId=deployment)
    return client, stage, deployment


def replaced(path: str, value: str) -> list[dict[str, str]]:
    return [{"op": "replace", "path": path, "value": value}]


def test_a1_too_fast_is_refused_and_ours_never_is(court: Session, tmp_path: Path) -> None:
    held = court(laws.Rates())
    client = naive(held, "apigateway")
    api = client.create_rest_api(name="one")["id"]
    with pytest.raises(ClientError, match="TooManyRequestsException"):
        client.create_rest_api(name="two")
    held.clock.sleep(60)
    client.delete_rest_api(restApiId=api)
    with pytest.raises(ClientError, match="TooManyRequestsException"):
        client.delete_rest_api(restApiId=api)
    held.clock.sleep(60)
    lives(held, tmp_path, "A1")


def test_a1_ours_keeps_every_published_rate() -> None:
    """The two tables were written independently, from the same page."""
    kept = {name: (rate.calls, rate.seconds) for name, rate in rate_limits.RATES.items()}
    assert kept == {n: r for n, r in laws.Rates.RATES.items() if n != "ImportRestApi"}  # (A6)


def test_a2_of_a_burst_of_deletes_all_but_one_fail_at_once(court: Session, tmp_path: Path) -> None:
    held = court(laws.Rates())
    client = naive(held, "apigateway")
    apis = []
    for name in ("one", "two", "three"):
        apis.append(client.create_rest_api(name=name)["id"])
        held.clock.sleep(60)
    began, refused = held.clock.now(), 0
    for api in apis:
        try:
            client.delete_rest_api(restApiId=api)
        except ClientError as error:
            refused += error.response["Error"]["Code"] == "TooManyRequestsException"
    assert (refused, held.clock.now()) == (2, began)
    held.clock.sleep(60)
    shop, stack = under(held, tmp_path), empty()
    for name in ("four", "five", "six"):
        stack.add(name, constant(replace(API, name=name)))
    shop.run(stack, "up")
    held.clock.sleep(60)
    began = held.clock.now()
    shop.run(stack, "down")
    assert len(held.refused("A1")) == 2
    assert held.clock.now() - began >= 60, "one in half a minute"


def test_a3_two_writes_meet(court: Session, tmp_path: Path) -> None:
    held = court(laws.OneWriteAtATime(chance=1))
    client = naive(held, "apigateway")
    api = client.create_rest_api(name="naive")
    client.create_resource(restApiId=api["id"], parentId=api["rootResourceId"], pathPart="a")
    with pytest.raises(ClientError, match=r"concurrent modification\. Please try again later"):
        client.create_resource(restApiId=api["id"], parentId=api["rootResourceId"], pathPart="b")
    shop = under(held, tmp_path)
    shop.up(API)
    assert len(held.refused("A3")) > 5
    shop.stays(API)


def test_a4_what_exists_is_not_asked_for_again(court: Session, tmp_path: Path) -> None:
    """The same holds if it exists because an answer was lost (X1)."""
    held = court(laws.NamesCollide())
    client = naive(held, "apigateway")
    api = client.create_rest_api(name="naive")
    part = {"restApiId": api["id"], "parentId": api["rootResourceId"], "pathPart": "a"}
    client.create_resource(**part)
    with pytest.raises(ClientError, match="Another resource with the same parent already has"):
        client.create_resource(**part)
    again = court(laws.NamesCollide(), AnswersGetLost())
    shop = under(again, tmp_path)
    shop.up(API)
    assert len(again.refused("X1")) >= 2
    assert again.refused("A4") == []


def test_a10_method_responses_need_patience_and_order(court: Session, tmp_path: Path) -> None:
    held = court(laws.ResponsesNeedTheirMethod(chance=1))
    client, stage, _ = by_hand(held)
    root = client.get_resources(restApiId=stage["restApiId"])["items"][0]["id"]
    method = {"restApiId": stage["restApiId"], "resourceId": root, "httpMethod": "GET"}
    with pytest.raises(ClientError, match="No method response exists for method"):
        client.put_integration_response(**method, statusCode="200")
    with pytest.raises(ClientError, match="try again later"):
        client.put_method_response(**method, statusCode="200")
    again = court(laws.ResponsesNeedTheirMethod(chance=0.5), seed=1)
    under(again, tmp_path).up(API)
    assert {sent.call.operation for sent in again.refused("A10")} == {"PutMethodResponse"}


def test_a12_a_served_deployment_stays(court: Session, tmp_path: Path) -> None:
    held = court(laws.StagesHoldDeployments())
    client, stage, deployment = by_hand(held)
    with pytest.raises(ClientError, match="Active stages pointing to this deployment"):
        client.delete_deployment(restApiId=stage["restApiId"], deploymentId=deployment)
    lives(held, tmp_path, "A12")


def test_a12_what_a_canary_serves_stays(court: Session, tmp_path: Path) -> None:
    law = laws.CanariesServe()
    held = court(law)
    client, stage, served = by_hand(held)
    api = stage["restApiId"]

    def with_canary(name: str, deployment: str) -> None:
        canary = {"percentTraffic": 10.0, "deploymentId": deployment}
        client.create_stage(
            restApiId=api, stageName=name, deploymentId=served, canarySettings=canary
        )

    other = client.create_deployment(restApiId=api)["id"]
    with_canary("naive", other)
    client.delete_deployment(restApiId=api, deploymentId=other)
    assert law.nowhere.pop() == other
    shop = under(held, tmp_path)

    def deployed(digest: str) -> Step:
        return shop.up(Deployment(api_id=api, digest=digest, served=("GET /: NONE",)))

    with_canary("v2", vars(deployed("first"))["id"])
    for number in range(8):
        deployed(f"d{number}")
    assert law.nowhere == []


def test_a14_a_stage_half_made_is_finished(court: Session, tmp_path: Path) -> None:
    held = court(laws.StageIsMadeOnce())
    client, stage, deployment = by_hand(held)
    with pytest.raises(ClientError, match="Stage already exists"):
        client.create_stage(**stage, deploymentId=deployment)
    want = Stage(
        api_id=stage["restApiId"],
        name="v2",
        deployment_id=deployment,
        tracing=False,
        access_log="",
        access_format="",
        log_level="OFF",
        rate=10.0,
        burst=20,
        tags={},
    )
    owner = {"provision:owner": "tap-dev/it"}
    client.create_stage(
        restApiId=want.api_id, stageName="v2", deploymentId=deployment, tags=owner
    )  # and died
    shop = under(held, tmp_path)
    shop.up(want)
    assert shop.last.writes == ["UpdateStage"]


def test_a15_a19_the_account_s_role_takes_its_time(court: Session, tmp_path: Path) -> None:
    held = court(laws.Rates(), laws.LoggingNeedsTheAccount(), laws.AccountRoleSpreads())
    client, stage, _ = by_hand(held)
    logs = replaced("/accessLogSettings/destinationArn", LOGS)
    with pytest.raises(ClientError, match="CloudWatch Logs role ARN must be set in account"):
        client.update_stage(**stage, patchOperations=logs)
    document = '{"Version": "2012-10-17", "Statement": []}'
    naive(held, "iam").create_role(RoleName="naive", AssumeRolePolicyDocument=document)
    set_role = replaced("/cloudwatchRoleArn", ROLE)
    with pytest.raises(ClientError, match="The role ARN does not have required permissions"):
        client.update_account(patchOperations=set_role)
    held.clock.sleep(60)
    shop = under(held, tmp_path)
    shop.run(a_stack(), "up")
    assert {sent.call.operation for sent in held.refused("A15")[1:]} == {"UpdateStage"}
    assert len(held.refused("A19")) > 1
    assert held.refused("A1") == []


def test_a16_a_log_group_goes_without_its_star(court: Session, tmp_path: Path) -> None:
    held = court(laws.LogDestinationIsBare())
    client, stage, _ = by_hand(held)
    shown_by_logs = replaced("/accessLogSettings/destinationArn", f"{LOGS}:*")
    with pytest.raises(ClientError, match="Access log destination must only contain"):
        client.update_stage(**stage, patchOperations=shown_by_logs)
    lives(held, tmp_path, "A16")


def test_a17_settings_go_as_a_whole(court: Session, tmp_path: Path) -> None:
    held = court(laws.SettingsGoAsAWhole())
    client, stage, _ = by_hand(held)
    one = [{"op": "remove", "path": "/*/*/logging/loglevel"}]
    with pytest.raises(ClientError, match="Cannot remove method setting"):
        client.update_stage(**stage, patchOperations=one)
    shop = under(held, tmp_path)
    shop.run(a_stack(), "up")
    api = next(a["id"] for a in client.get_rest_apis()["items"] if a["name"] == "tap-dev")
    more = replaced("/~1items/GET/logging/loglevel", "INFO")
    client.update_stage(restApiId=api, stageName="v1", patchOperations=more)
    shop.run(a_stack(), "up")
    assert shop.last.writes == ["UpdateStage"]
    assert len(held.refused("A17")) == 1


def test_a44_a_method_has_one_name(court: Session, tmp_path: Path) -> None:
    held = court(laws.MethodsHaveOneName())
    client, stage, _ = by_hand(held)
    for path in ("/~1items/ANY/throttling/rateLimit", "/~1items/*/throttling/rateLimit"):
        with pytest.raises(ClientError, match="Invalid method setting path"):
            client.update_stage(**stage, patchOperations=replaced(path, "5"))
    shop = under(held, tmp_path)
    shop.run(a_stack(), "up")
    shop.run(a_stack(methods=limited(1)), "up")
    assert shop.last.writes == ["UpdateStage"]
    shop.run(a_stack(), "up")
    assert shop.last.writes == ["UpdateStage"]
    assert len(held.refused("A44")) == 2


def test_a45_a_stage_is_updated_in_parts(court: Session, tmp_path: Path) -> None:
    held = court(laws.UpdatesOfStagesAreSmall())
    client, stage, _ = by_hand(held)
    many = [replaced(f"/~1items~1{n}/GET/throttling/rateLimit", "5")[0] for n in range(81)]
    with pytest.raises(ClientError, match="Update size too large"):
        client.update_stage(**stage, patchOperations=many)
    shop = under(held, tmp_path)
    shop.run(a_stack(methods=limited(33)), "up")
    assert shop.last.writes.count("UpdateStage") == 3
    shop.run(a_stack(methods=limited(32)), "up")
    assert shop.last.writes == ["UpdateStage"]
    assert len(held.refused("A45")) == 1


def limited(count: int) -> tuple[MethodSettings, ...]:
    """Return the settings of so many methods, of which an API need not have any."""
    return tuple(
        MethodSettings(method="GET", path=f"/items/{n:03}", rate=5.0, burst=9, log_level="INFO")
        for n in range(count)
    )


def test_a18_tags_have_their_own_call_and_an_arn_without_account(
    court: Session, tmp_path: Path
) -> None:
    held = court(laws.TagsHaveTheirOwnWay())
    client, stage, _ = by_hand(held)
    with pytest.raises(ClientError, match="Invalid method setting path: /tags/team"):
        client.update_stage(**stage, patchOperations=replaced("/tags/team", "b"))
    arn = f"arn:aws:apigateway:us-east-1:123456789012:/restapis/{stage['restApiId']}"
    with pytest.raises(ClientError, match="Invalid resource ARN"):
        client.tag_resource(resourceArn=arn, tags={"team": "b"})
    shop = under(held, tmp_path)
    shop.up(API)
    shop.up(replace(API, tags={"team": "b"}))
    assert len(held.refused("A18")) == 2


def test_a20_the_account_s_role_is_everybody_s(court: Session, tmp_path: Path) -> None:
    law = laws.OneAccountRole()
    held = court(law)
    client = naive(held, "apigateway")
    client.update_account(patchOperations=replaced("/cloudwatchRoleArn", ROLE))
    under(held, tmp_path).up(ACCOUNT)
    under(held, tmp_path).down(ACCOUNT)
    assert law.taken_over == []
    mine = replaced("/cloudwatchRoleArn", ROLE.replace("naive", "of-another-stack"))
    client.update_account(patchOperations=mine)
    assert law.taken_over == [ROLE]


def test_a36_an_account_that_never_used_it_has_no_role(court: Session, tmp_path: Path) -> None:
    held = court(shown.AccountIsUnknown())
    with pytest.raises(ClientError, match="Invalid Customer identifier specified"):
        naive(held, "apigateway").get_account()
    shop = under(held, tmp_path)
    assert shop.run(one_node(ACCOUNT), "plan").changes["it"].action is Action.CREATE
    shop.up(ACCOUNT)
    shop.stays(ACCOUNT)


NEWER: dict[str, Any] = {
    "security_policy": "SecurityPolicy_TLS13_1_3_2025_09",
    "access_mode": "STRICT",
}


def test_a37_an_api_that_says_nothing_takes_tls_1_0_and_a_change_takes_minutes(
    court: Session, tmp_path: Path
) -> None:
    held = court(shown.TlsChangesSlowly())
    client = naive(held, "apigateway")
    api = {"restApiId": client.create_rest_api(name="naive")["id"]}
    assert client.get_rest_api(**api)["securityPolicy"] == "TLS_1_0"
    client.update_rest_api(**api, patchOperations=replaced("/securityPolicy", "TLS_1_2"))
    assert client.get_rest_api(**api)["securityPolicy"] == "TLS_1_0", "it is still changing"
    with pytest.raises(ClientError, match="There is already an update in progress"):
        client.create_deployment(**api)
    shop, count = under(held, tmp_path), len(held.refused("A37"))
    shop.run(a_stack(), "up")
    before = len(held.sent)
    shop.run(a_stack(replace(API, routes=LONGER, **NEWER)), "up")
    deployed = [sent for sent in held.sent[before:] if sent.call.operation == "CreateDeployment"]
    (ours,) = (one for one in client.get_rest_apis()["items"] if one["name"] == "tap-dev")
    assert ours["securityPolicy"] == NEWER["security_policy"]
    assert deployed[0].at - held.sent[before].at >= 60, "only what was updated is deployed"
    assert len(held.refused("A37")) == count, "it waits, and is never refused"
    shop.run(a_stack(replace(API, routes=LONGER, **NEWER)), "up")
    assert shop.last.writes == []


def test_a38_a_policy_of_the_new_kind_comes_with_its_access_mode(
    court: Session, tmp_path: Path
) -> None:
    held = court(shown.EnhancedNeedsItsMode())
    client = naive(held, "apigateway")
    newer = NEWER["security_policy"]
    with pytest.raises(ClientError, match="Endpoint access mode is required"):
        client.create_rest_api(name="naive", securityPolicy=newer)
    api = client.create_rest_api(name="naive")["id"]
    with pytest.raises(ClientError, match="Endpoint access mode is required"):
        client.update_rest_api(restApiId=api, patchOperations=replaced("/securityPolicy", newer))
    with pytest.raises(ClientError, match="/endpointAccessMode Invalid request input"):
        client.create_rest_api(name="naive", endpointAccessMode="STRICT")
    shop, count = under(held, tmp_path), len(held.refused("A38"))
    for wanted in (API, replace(API, **NEWER), API):
        shop.run(a_stack(wanted), "up")
    shop.run(a_stack(), "down")
    shop.run(a_stack(replace(API, **NEWER)), "up")
    assert len(held.refused("A38")) == count


def test_a39_lists_leave_out_tags_and_show_every_default(court: Session, tmp_path: Path) -> None:
    held = court(shown.PartsAreListedWhole())
    client, stage, _ = by_hand(held)
    client.update_stage(**stage, patchOperations=replaced("/*/*/metrics/enabled", "true"))
    settings = client.get_stage(**stage)["methodSettings"]["*/*"]
    assert settings["cacheTtlInSeconds"] == 300, "and a naive client calls that a difference"
    client.create_api_key(tags={"a": "b"})
    (nameless,) = client.get_api_keys()["items"]
    assert {"name", "tags"} & nameless.keys() == set()
    lives(held, tmp_path, "A39")
    shop, key = under(held, tmp_path / "key"), ApiKey(name="tap-dev-default", tags={"team": "a"})
    shop.up(key)
    shop.forget()
    shop.stays(key)


def test_a40_gateway_responses_that_nobody_set_are_nobody_s(court: Session, tmp_path: Path) -> None:
    held = court(shown.EveryResponseIsListed())
    client = naive(held, "apigateway")
    api = client.create_rest_api(name="naive")["id"]
    listed = client.get_gateway_responses(restApiId=api)["items"]
    assert len(listed) == 19, "and a naive client takes them for somebody's"
    lives(held, tmp_path, "A40")


def test_a24_a_plan_needs_its_stages_and_is_listed_without_tags(
    court: Session, tmp_path: Path
) -> None:
    held = court(laws.PlansNeedTheirStages())
    client, stage, _ = by_hand(held)
    missing = [{"apiId": stage["restApiId"], "stage": "v2"}]
    with pytest.raises(ClientError, match="Invalid API Stage"):
        client.create_usage_plan(name="naive", apiStages=missing)
    plan = client.create_usage_plan(name="tap-dev", tags={"a": "b"})["id"]
    assert "tags" not in client.get_usage_plans()["items"][0]
    shop = under(held, tmp_path)
    shop.run(a_stack(), "up")
    shop.forget()
    shop.run(a_stack(), "up")
    assert shop.last.writes == [], "found among plans of its name without a tag in the list"
    shop.run(a_stack(), "down")
    assert [one["id"] for one in client.get_usage_plans()["items"]] == [plan]


def test_a25_a26_a_plan_lets_go_of_its_stages_first(court: Session, tmp_path: Path) -> None:
    held = court(laws.StagesArePatchedByName(), laws.PlansHoldStages())
    client, stage, _ = by_hand(held)
    held_stages = [{"apiId": stage["restApiId"], "stage": "v1"}]
    plan = client.create_usage_plan(name="naive", apiStages=held_stages)["id"]
    with pytest.raises(ClientError, match="because there are API Stages associated with it"):
        client.delete_usage_plan(usagePlanId=plan)
    with pytest.raises(ClientError, match="Invalid API Stage specified"):
        client.update_usage_plan(
            usagePlanId=plan, patchOperations=[{"op": "remove", "path": "/apiStages"}]
        )
    named = f"{stage['restApiId']}:v1"
    client.update_usage_plan(
        usagePlanId=plan, patchOperations=[{"op": "remove", "path": "/apiStages", "value": named}]
    )
    client.delete_usage_plan(usagePlanId=plan)
    lives(held, tmp_path, "A26")


def test_x1_creates_whose_answers_are_lost_are_made_once(court: Session, tmp_path: Path) -> None:
    held = court(AnswersGetLost())
    client = naive(held, "apigateway")
    for _ in range(2):  # what botocore does by itself
        with suppress(ClientError, ReadTimeoutError):
            client.create_rest_api(name="naive")
    assert len(client.get_rest_apis()["items"]) == 2
    again = court(AnswersGetLost())
    under(again, tmp_path).run(a_stack(), "up")
    assert len(again.refused("X1")) >= 4
    aws = ours(court()).apigateway
    (mine,) = (one for one in aws.get_rest_apis()["items"] if one["name"] == "tap-dev")
    assert len(aws.get_deployments(restApiId=mine["id"])["items"]) == 1
    assert len(aws.get_usage_plans()["items"]) == 1


POOL = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_a"
USERS = Authorizer(name="users-cognito", kind="COGNITO_USER_POOLS", pools=(POOL,))
AUTHORIZED = replace(
    API,
    authorizers=(USERS,),
    routes=(Route("GET", "/items", ALIAS, auth=USERS.name), Route("POST", "/items", ALIAS)),
)


def test_a48_authorizers_have_one_name_and_stay_while_a_method_asks_them(
    court: Session, tmp_path: Path
) -> None:
    held = court(laws.AuthorizersAreReferredTo())
    client = naive(held, "apigateway")
    api = client.create_rest_api(name="theirs")
    place = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "GET"}
    asked = {"name": "users", "type": "COGNITO_USER_POOLS", "providerARNs": [POOL]}
    made = client.create_authorizer(restApiId=api["id"], **asked)["id"]
    with pytest.raises(ClientError, match="name must be unique"):
        client.create_authorizer(restApiId=api["id"], **asked)
    client.put_method(**place, authorizationType="COGNITO_USER_POOLS", authorizerId=made)
    with pytest.raises(ClientError, match="is referenced in method"):
        client.delete_authorizer(restApiId=api["id"], authorizerId=made)
    client.delete_method(**place)
    client.delete_authorizer(restApiId=api["id"], authorizerId=made)
    count, shop = len(held.refused("A48")), under(held, tmp_path)
    others = replace(AUTHORIZED, authorizers=(replace(USERS, pools=(f"{POOL}b",)),))
    for wanted in (AUTHORIZED, others, API):
        shop.run(a_stack(wanted), "up")
        held.clock.sleep(60)
    assert len(held.refused("A48")) == count
