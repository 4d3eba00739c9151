"""The REST API: the contract, manual changes, and how few calls a change takes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar
from unittest.mock import ANY

import pytest

from provision.errors import NotOwned
from provision.model.step import OWNER, Step
from provision.plan.change import Action
from provision.state.record import from_json, to_json
from provision.steps.apigateway.rest_api.api import Cors, RestApi, Route
from provision.steps.apigateway.rest_api.contents import Authorizer
from provision.unknown import UNKNOWN
from tests.support.harness import Died, Recorder, Where, Workshop, new_aws, one_node
from tests.unit.steps.contract import StepContract

ALIAS = "arn:aws:lambda:us-east-1:123456789012:function:tap-dev-items:live"
OTHER = "arn:aws:lambda:us-east-1:123456789012:function:tap-dev-other:live"
CORS = Cors("https://app.example.com", ("Content-Type", "X-Api-Key"), 600, ("ETag", "Location"))
MODEL = {"type": "object", "required": ["name"]}
LIST = Route("GET", "/items", ALIAS)
ADD = Route("POST", "/items", ALIAS, body="Item", query=("tenant",))
API = RestApi(
    name="tap-dev",
    description="The API",
    routes=(LIST, ADD),
    cors=CORS,
    models={"Item": MODEL},
    tags={"team": "a"},
)
ONE = Route("GET", "/items/{id}", ALIAS)
POOLS = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/"
USERS = Authorizer(name="users-cognito", kind="COGNITO_USER_POOLS", pools=(f"{POOLS}us-east-1_a",))
TOKENS = Authorizer(name="tokens-function", kind="REQUEST", target=OTHER, cache=300)
AUTHORIZED = replace(
    API,
    authorizers=(TOKENS, USERS),
    routes=(LIST, replace(ADD, auth=TOKENS.name), replace(ONE, auth=USERS.name, scopes=("a/b",))),
)


class TestRestApi(StepContract):
    unsaid: ClassVar = {
        "default_endpoint": (True,),
        "security_policy": ("TLS_1_0",),
        "holds": (ANY,),
    }
    drift_only = frozenset({"strays"})
    edits = {
        "name": "tap-dev-renamed",
        "description": "Another",
        "default_endpoint": False,
        "security_policy": "SecurityPolicy_TLS13_1_3_2025_09",
        "access_mode": "STRICT",
        "routes": (
            Route("GET", "/", OTHER, api_key=False),
            replace(LIST, query=("page",)),
            replace(ADD, auth="AWS_IAM"),
            replace(ONE, auth=USERS.name, scopes=("a/b", "c/d")),
        ),
        "cors": replace(
            CORS,
            origin="https://b.example",
            max_age=60,
            expose=(),
            others=("https://c.example", "http://localhost:3000"),
            credentials=True,
        ),
        "models": {"Item": {"type": "object"}, "Error": {"type": "object", "title": "Ours"}},
        "binary": ("*/*", "image/png"),
        "authorizers": (
            replace(TOKENS, source="method.request.header.Token", cache=0, target=ALIAS),
            replace(USERS, pools=(f"{POOLS}us-east-1_b", f"{POOLS}us-east-1_c")),
        ),
        "tags": {"team": "b", "more": "c"},
    }

    def given(self, aws: Any) -> Step:
        return AUTHORIZED


def gateway() -> Any:
    return new_aws().apigateway


def made(workshop: Workshop, step: RestApi = API) -> RestApi:
    found = workshop.run(one_node(step), "up").resources["it"]
    assert isinstance(found, RestApi)
    return found


def resource_ids(api: RestApi) -> dict[str, str]:
    items = gateway().get_resources(restApiId=api.id)["items"]
    return {item["path"]: item["id"] for item in items}


def method(api: RestApi, verb: str, path: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = gateway().get_method(
        restApiId=api.id, resourceId=resource_ids(api)[path], httpMethod=verb
    )
    return found


@pytest.mark.parametrize("theirs", ["t/prod/us-east-1/123456789012/api.stage", "other/api"])
def test_a_stage_of_another_stack_keeps_the_api(workshop: Workshop, theirs: str) -> None:
    """The stage may also be another environment's of the same name."""
    ours = "t/dev/us-east-1/123456789012"
    api = replace(made(workshop), tags={OWNER: f"{ours}/api"})
    deployment = gateway().create_deployment(restApiId=api.id)["id"]
    for name, owner in (("ours", f"{ours}/api.stage"), ("theirs", theirs)):
        gateway().create_stage(
            restApiId=api.id, stageName=name, deploymentId=deployment, tags={OWNER: owner}
        )
    with pytest.raises(NotOwned, match="a stage theirs"):
        api.delete(new_aws())
    gateway().delete_stage(restApiId=api.id, stageName="theirs")
    api.delete(new_aws())


# -- what is made --------------------------------------------------------------------------------


def authorizers(api: RestApi) -> dict[str, Any]:
    return {one["name"]: one for one in gateway().get_authorizers(restApiId=api.id)["items"]}


def test_a_route_names_its_authorizer(workshop: Workshop) -> None:
    api = made(workshop, AUTHORIZED)
    found = authorizers(api)
    assert found["users-cognito"]["providerARNs"] == list(USERS.pools)
    assert found["users-cognito"]["type"] == "COGNITO_USER_POOLS"
    assert found["tokens-function"]["authorizerUri"].endswith(f"functions/{OTHER}/invocations")
    by_pool, by_function = method(api, "GET", "/items/{id}"), method(api, "POST", "/items")
    assert by_pool["authorizationType"] == "COGNITO_USER_POOLS"
    assert by_pool["authorizationScopes"] == ["a/b"]
    assert by_pool["authorizerId"] == found["users-cognito"]["id"]
    assert by_function["authorizationType"] == "CUSTOM"
    assert by_function["authorizerId"] == found["tokens-function"]["id"]
    assert method(api, "OPTIONS", "/items")["authorizationType"] == "NONE"
    assert "GET /items/{id}: COGNITO_USER_POOLS, key" in api.served()


def test_authorizers_are_read_only_where_there_are_any(workshop: Workshop) -> None:
    made(workshop)
    workshop.run(one_node(API), "plan")
    assert "GetAuthorizers" not in workshop.last.reads
    made(workshop, AUTHORIZED)
    workshop.run(one_node(AUTHORIZED), "plan")
    assert workshop.last.reads.count("GetAuthorizers") == 1


def test_authorizers_are_deleted_after_the_methods_that_refer_to_them(workshop: Workshop) -> None:
    """AWS refuses it before (A48)."""
    api = made(workshop, AUTHORIZED)
    made(workshop)
    assert authorizers(api) == {}
    writes = workshop.last.writes
    assert writes.index("DeleteAuthorizer") > writes.index("PutMethod")


def test_an_authorizer_changes_in_place(workshop: Workshop) -> None:
    api = made(workshop, AUTHORIZED)
    before = authorizers(api)["users-cognito"]["id"]
    other = replace(USERS, pools=(f"{POOLS}us-east-1_b",))
    made(workshop, replace(AUTHORIZED, authorizers=(TOKENS, other)))
    assert workshop.last.writes.count("UpdateAuthorizer") == 1
    assert not {"PutMethod", "CreateAuthorizer"} & set(workshop.last.writes)
    after = authorizers(api)["users-cognito"]
    assert (after["id"], after["providerARNs"]) == (before, list(other.pools))


def test_signed_requests_have_no_authorizer_and_are_refused_with_403(workshop: Workshop) -> None:
    """AWS has one answer for a request without signature and for a path that is no route."""
    api = made(workshop, replace(API, routes=(replace(LIST, auth="AWS_IAM"),)))
    assert method(api, "GET", "/items")["authorizationType"] == "AWS_IAM"
    assert authorizers(api) == {}
    kind = "MISSING_AUTHENTICATION_TOKEN"
    assert (
        gateway().get_gateway_response(restApiId=api.id, responseType=kind)["statusCode"] == "403"
    )
    made(workshop)
    assert (
        gateway().get_gateway_response(restApiId=api.id, responseType=kind)["statusCode"] == "404"
    )


def test_an_api_without_authorizers_keeps_the_digest_of_earlier_versions() -> None:
    """Another digest would deploy every API once more. This one is of the version before."""
    assert API.digest() == "aed2b0a7535e7b2a0e0d1f40cd90fece8899cb08eb7445be339c0477d39e44ff"
    assert AUTHORIZED.digest() != replace(AUTHORIZED, authorizers=(TOKENS,)).digest()


def test_a_route_calls_the_alias_and_wants_a_key(workshop: Workshop) -> None:
    found = method(made(workshop), "GET", "/items")
    assert found["apiKeyRequired"] is True
    assert found["authorizationType"] == "NONE"
    assert "requestValidatorId" not in found
    integration = found["methodIntegration"]
    assert (integration["type"], integration["httpMethod"]) == ("AWS_PROXY", "POST")
    before = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
    assert integration["uri"] == f"{before}{ALIAS}/invocations"


def test_the_uri_is_in_the_aliases_partition_and_region(workshop: Workshop) -> None:
    alias = "arn:aws-cn:lambda:cn-north-1:123456789012:function:f:live"
    api = made(workshop, replace(API, routes=(Route("GET", "/", alias),)))
    uri = method(api, "GET", "/")["methodIntegration"]["uri"]
    assert uri.startswith("arn:aws-cn:apigateway:cn-north-1:lambda:path/")
    assert api.routes[0].target == alias


def test_the_body_is_checked_whatever_its_type(workshop: Workshop) -> None:
    api = made(workshop)
    found = method(api, "POST", "/items")
    assert found["requestModels"] == {"$default": "Item", "application/json": "Item"}
    assert found["requestParameters"] == {"method.request.querystring.tenant": True}
    validators = gateway().get_request_validators(restApiId=api.id)["items"]
    assert [(v["name"], v["validateRequestBody"]) for v in validators] == [
        ("body and parameters", True)
    ]
    assert found["requestValidatorId"] == validators[0]["id"]


def test_only_validators_in_use_are_made(workshop: Workshop) -> None:
    body = Route("PUT", "/a", ALIAS, body="Item")
    query = Route("GET", "/a", ALIAS, query=("q",))
    api = made(workshop, replace(API, routes=(query, body)))
    names = [v["name"] for v in gateway().get_request_validators(restApiId=api.id)["items"]]
    assert sorted(names) == ["body", "parameters"]


def test_a_preflight_names_the_origin_that_asks_and_an_error_the_first(workshop: Workshop) -> None:
    """The template has constants alone, so that no caller's text is part of an answer (A47)."""
    cors = replace(CORS, others=("https://b.example",), credentials=True)
    api = made(workshop, replace(API, cors=cors))
    answer = method(api, "OPTIONS", "/items")["methodIntegration"]["integrationResponses"]["200"]
    name = "method.response.header."
    assert answer["responseParameters"][f"{name}Access-Control-Allow-Origin"] == f"'{CORS.origin}'"
    assert answer["responseParameters"][f"{name}Vary"] == "'Origin'"
    assert answer["responseParameters"][f"{name}Access-Control-Allow-Credentials"] == "'true'"
    (template,) = answer["responseTemplates"].values()
    assert template == (
        '#set($upper = $input.params().header.get("Origin"))'
        '#set($lower = $input.params().header.get("origin"))'
        '#if($upper == "https://b.example" || $lower == "https://b.example")'
        '#set($context.responseOverride.header.Access-Control-Allow-Origin = "https://b.example")'
        "#end"
    )
    error = gateway().get_gateway_response(restApiId=api.id, responseType="DEFAULT_4XX")
    headers = error["responseParameters"]
    name = "gatewayresponse.header."
    assert headers[f"{name}Access-Control-Allow-Origin"] == f"'{CORS.origin}'"
    assert (headers[f"{name}Vary"], headers[f"{name}Access-Control-Allow-Credentials"]) == (
        "'Origin'",
        "'true'",
    )


def test_preflights_of_an_api_with_binary_types_convert_to_text(workshop: Workshop) -> None:
    """Otherwise API Gateway answers them with 500 (A46)."""
    api = made(workshop, replace(API, binary=("*/*",)))
    assert gateway().get_rest_api(restApiId=api.id)["binaryMediaTypes"] == ["*/*"]
    integration = method(api, "OPTIONS", "/items")["methodIntegration"]
    assert integration["contentHandling"] == "CONVERT_TO_TEXT"
    assert "contentHandling" not in method(api, "GET", "/items")["methodIntegration"]
    made(workshop)
    assert gateway().get_rest_api(restApiId=api.id)["binaryMediaTypes"] == []
    assert "contentHandling" not in method(api, "OPTIONS", "/items")["methodIntegration"]


def test_a_change_of_binary_types_names_them_alone(workshop: Workshop) -> None:
    api = made(workshop, replace(API, binary=("image/gif", "image/png")))
    wanted = replace(API, binary=("application/x+y", "image/png"))
    made(workshop, wanted)
    assert "PutMethod" not in workshop.last.writes
    found = gateway().get_rest_api(restApiId=api.id)["binaryMediaTypes"]
    assert sorted(found) == ["application/x+y", "image/png"]


def test_binary_types_are_part_of_what_is_deployed() -> None:
    assert replace(API, binary=("image/png",)).digest() != API.digest()


def test_a_preflight_is_answered_without_a_key(workshop: Workshop) -> None:
    found = method(made(workshop), "OPTIONS", "/items")
    assert found["apiKeyRequired"] is False
    integration = found["methodIntegration"]
    assert integration["type"] == "MOCK"
    assert json.loads(integration["requestTemplates"]["application/json"]) == {"statusCode": 200}
    assert integration["passthroughBehavior"] == "NEVER"
    headers = integration["integrationResponses"]["200"]["responseParameters"]
    assert headers == {
        "method.response.header.Access-Control-Allow-Origin": "'https://app.example.com'",
        "method.response.header.Access-Control-Allow-Headers": "'Content-Type,X-Api-Key'",
        "method.response.header.Access-Control-Allow-Methods": "'GET,OPTIONS,POST'",
        "method.response.header.Access-Control-Expose-Headers": "'ETag,Location'",
        "method.response.header.Access-Control-Max-Age": "'600'",
    }
    assert set(found["methodResponses"]["200"]["responseParameters"]) == set(headers)


def test_a_record_from_before_headers_were_exposed_by_name_is_read() -> None:
    fields = to_json(API)
    del fields["cors"]["expose"]
    assert from_json(RestApi, fields) == replace(API, cors=replace(CORS, expose=()))


def test_any_allows_every_method(workshop: Workshop) -> None:
    api = made(workshop, replace(API, routes=(Route("ANY", "/items", ALIAS),)))
    answer = method(api, "OPTIONS", "/items")["methodIntegration"]["integrationResponses"]["200"]
    allowed = answer["responseParameters"]["method.response.header.Access-Control-Allow-Methods"]
    assert allowed == "'DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT'"


def test_without_cors_there_is_no_preflight(workshop: Workshop) -> None:
    api = made(workshop, replace(API, cors=None))
    items = gateway().get_resources(restApiId=api.id)["items"]
    assert {v for item in items for v in item.get("resourceMethods", {})} == {"GET", "POST"}
    answers = gateway().get_gateway_responses(restApiId=api.id)["items"]
    assert not any("Allow-Origin" in str(answer) for answer in answers)


@pytest.mark.parametrize(
    ("kind", "status", "retry"),
    [
        ("DEFAULT_4XX", None, None),
        ("DEFAULT_5XX", None, None),
        ("BAD_REQUEST_BODY", "400", None),
        ("INVALID_API_KEY", "403", None),
        ("MISSING_AUTHENTICATION_TOKEN", "404", None),
        ("THROTTLED", "429", "'1'"),
        ("QUOTA_EXCEEDED", "429", "'3600'"),
    ],
)
def test_a_browser_can_read_every_refusal(
    workshop: Workshop, kind: str, status: str | None, retry: str | None
) -> None:
    found = gateway().get_gateway_response(restApiId=made(workshop).id, responseType=kind)
    assert found.get("statusCode") == status
    headers = found["responseParameters"]
    origin = headers["gatewayresponse.header.Access-Control-Allow-Origin"]
    assert origin == "'https://app.example.com'"
    exposed = headers["gatewayresponse.header.Access-Control-Expose-Headers"]
    assert exposed == "'ETag,Location'"
    assert headers.get("gatewayresponse.header.Retry-After") == retry
    said = found["responseTemplates"]["application/json"]
    said = said.replace("$context.error.messageString", '"said"')
    body = json.loads(said)
    assert body["message"]
    assert body["request_id"] == "$context.extendedRequestId"
    assert ("details" in body) is (kind == "BAD_REQUEST_BODY")


def test_it_is_regional(workshop: Workshop) -> None:
    found = gateway().get_rest_api(restApiId=made(workshop).id)
    assert found["endpointConfiguration"]["types"] == ["REGIONAL"]
    assert found["apiKeySource"] == "HEADER"


# -- how few calls -------------------------------------------------------------------------------


def writes(workshop: Workshop, step: RestApi) -> list[str]:
    workshop.run(one_node(step), "up")
    return workshop.last.writes


def test_looking_takes_five_calls(workshop: Workshop) -> None:
    made(workshop)
    workshop.run(one_node(API), "plan")
    assert len(workshop.last.reads) == 5


def test_another_target_takes_one_call(workshop: Workshop) -> None:
    made(workshop)
    moved = replace(API, routes=(replace(LIST, target=OTHER), ADD))
    assert writes(workshop, moved) == ["TagResource", "PutIntegration"]


def test_a_new_route_touches_no_other(workshop: Workshop) -> None:
    made(workshop)
    assert writes(workshop, replace(API, routes=(LIST, ADD, ONE))) == [
        "TagResource",
        "CreateResource",
        *("PutMethod", "PutIntegration"),
        *("PutMethod", "PutIntegration", "PutMethodResponse", "PutIntegrationResponse"),
    ]


def test_a_new_route_cut_short_is_ended_by_the_next_run(workshop: Workshop) -> None:
    """Between the writes of a route and its preflight, the routes already equal the wanted ones."""
    more = one_node(replace(API, routes=(LIST, ADD, ONE)))
    for number, last in {4: "PutIntegration", 7: "PutMethodResponse"}.items():
        made(workshop)
        with pytest.raises(Died):
            workshop.run(more, "up", recorder=Recorder(die=(Where.AFTER, number)))
        assert workshop.last.writes[-1] == last
        workshop.run(more, "up")
        assert workshop.run(more, "up").changes["it"].action is Action.KEEP, number
        assert workshop.last.writes == []


def test_a_renamed_variable_makes_room_first(workshop: Workshop) -> None:
    renamed = replace(ONE, path="/items/{key}")
    made(workshop, replace(API, routes=(LIST, ADD, ONE)))
    calls = writes(workshop, replace(API, routes=(LIST, ADD, renamed)))
    assert calls[1:3] == ["DeleteResource", "CreateResource"]


def test_a_changed_model_stays_where_it_is_used(workshop: Workshop) -> None:
    made(workshop)
    assert writes(workshop, replace(API, models={"Item": {"type": "array"}})) == [
        "TagResource",
        "UpdateModel",
    ]


def test_tags_alone_read_and_write_nothing_else(workshop: Workshop) -> None:
    made(workshop)
    assert writes(workshop, replace(API, tags={"team": "b"})) == ["TagResource"]


# -- the digest ----------------------------------------------------------------------------------


def test_the_digest_is_of_what_a_deployment_freezes(workshop: Workshop) -> None:
    digest = API.digest()
    assert made(workshop).digest() == digest
    assert replace(API, name="other", description="other", tags={}).digest() == digest
    changes: tuple[dict[str, Any], ...] = (
        {"routes": (ADD,)},
        {"routes": (replace(LIST, target=OTHER), ADD)},
        {"cors": None},
        {"models": {"Item": {}}},
        {"default_endpoint": False},
    )
    for change in changes:
        assert replace(API, **change).digest() != digest


def test_the_digest_is_unknown_while_a_target_is() -> None:
    assert replace(API, routes=(replace(LIST, target=UNKNOWN),)).digest() is UNKNOWN


def test_the_digest_does_not_depend_on_the_order_of_keys() -> None:
    turned = {"required": ["name"], "type": "object"}
    assert replace(API, models={"Item": turned}).digest() == API.digest()


# -- which one is it -----------------------------------------------------------------------------


def test_two_with_our_tag_are_for_the_user_to_tell_apart(workshop: Workshop) -> None:
    tags = dict(API.with_owner("tap-dev/it").tags)
    ids = [gateway().create_rest_api(name="tap-dev", tags=tags)["id"] for _ in range(3)]
    for api_id in ids[:2]:
        deploy(api_id)
    finding = workshop.run(one_node(API), "plan").changes["it"]
    assert finding.action is Action.FOREIGN
    assert all(api_id in finding.reason for api_id in ids[:2])


def test_the_one_that_holds_something_is_meant_and_an_empty_twin_goes(workshop: Workshop) -> None:
    tags = dict(API.with_owner("tap-dev/it").tags)
    ids = [gateway().create_rest_api(name="tap-dev", tags=tags)["id"] for _ in range(2)]
    deploy(max(ids))
    assert vars(workshop.run(one_node(API), "up").resources["it"])["id"] == max(ids)
    assert [api["id"] for api in gateway().get_rest_apis()["items"]] == [max(ids)]


def deploy(api_id: str) -> None:
    client = gateway()
    root = client.get_resources(restApiId=api_id)["items"][0]["id"]
    client.put_method(restApiId=api_id, resourceId=root, httpMethod="GET", authorizationType="NONE")
    client.put_integration(restApiId=api_id, resourceId=root, httpMethod="GET", type="MOCK")
    client.create_deployment(restApiId=api_id, stageName="v1")
