"""Manual changes of a REST API are seen, reported in words, and undone."""

from __future__ import annotations

from dataclasses import replace

from provision.plan.change import Action
from provision.steps.apigateway.rest_api.api import RestApi
from tests.support.harness import Workshop, one_node
from tests.unit.steps.apigateway.test_rest_api import (
    ADD,
    ALIAS,
    API,
    LIST,
    MODEL,
    OTHER,
    gateway,
    made,
    method,
    resource_ids,
)


def put_stray_method(api: RestApi) -> None:
    gateway().put_method(
        restApiId=api.id, resourceId=api.root_id, httpMethod="PUT", authorizationType="NONE"
    )


def put_stray_resource(api: RestApi) -> None:
    made = gateway().create_resource(restApiId=api.id, parentId=api.root_id, pathPart="stray")
    gateway().create_resource(restApiId=api.id, parentId=made["id"], pathPart="below")


def put_other_integration(api: RestApi) -> None:
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{ALIAS}/invocations"
    gateway().put_integration(
        restApiId=api.id,
        resourceId=resource_ids(api)["/items"],
        httpMethod="GET",
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=uri,
        timeoutInMillis=1000,
    )


def drop_integration(api: RestApi) -> None:
    gateway().delete_integration(
        restApiId=api.id, resourceId=resource_ids(api)["/items"], httpMethod="GET"
    )


def drop_preflight(api: RestApi) -> None:
    gateway().delete_method(
        restApiId=api.id, resourceId=resource_ids(api)["/items"], httpMethod="OPTIONS"
    )


def put_other_target(api: RestApi) -> None:
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{OTHER}/invocations"
    gateway().put_integration(
        restApiId=api.id,
        resourceId=resource_ids(api)["/items"],
        httpMethod="GET",
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=uri,
    )


def open_to_all(api: RestApi) -> None:
    place = {"restApiId": api.id, "resourceId": resource_ids(api)["/items"], "httpMethod": "GET"}
    uri = method(api, "GET", "/items")["methodIntegration"]["uri"]
    gateway().delete_method(**place)
    gateway().put_method(**place, authorizationType="NONE", apiKeyRequired=False)
    gateway().put_integration(**place, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)


def put_gateway_response(api: RestApi) -> None:
    gateway().put_gateway_response(
        restApiId=api.id, responseType="THROTTLED", statusCode="418", responseTemplates={}
    )


def put_other_gateway_response(api: RestApi) -> None:
    gateway().put_gateway_response(
        restApiId=api.id, responseType="UNAUTHORIZED", statusCode="401", responseTemplates={}
    )


def drop_gateway_response(api: RestApi) -> None:
    gateway().delete_gateway_response(restApiId=api.id, responseType="DEFAULT_4XX")


def put_model(api: RestApi) -> None:
    gateway().create_model(
        restApiId=api.id, name="Stray", contentType="application/json", schema="{}"
    )


def put_validator(api: RestApi) -> None:
    gateway().create_request_validator(restApiId=api.id, name="body and parameters")


def loosen_validator(api: RestApi) -> None:
    validator = gateway().get_request_validators(restApiId=api.id)["items"][0]
    gateway().update_request_validator(
        restApiId=api.id,
        requestValidatorId=validator["id"],
        patchOperations=[{"op": "replace", "path": "/validateRequestBody", "value": "false"}],
    )


def take_keys_from_elsewhere(api: RestApi) -> None:
    patch = {"op": "replace", "path": "/apiKeySource", "value": "AUTHORIZER"}
    gateway().update_rest_api(restApiId=api.id, patchOperations=[patch])


def put_policy(api: RestApi) -> None:
    patch = {"op": "replace", "path": "/policy", "value": "{}"}
    gateway().update_rest_api(restApiId=api.id, patchOperations=[patch])


DRIFTS = {
    put_stray_method: ("strays", ("method PUT /",)),
    put_stray_resource: ("strays", ("resource /stray", "resource /stray/below")),
    put_other_integration: ("strays", ("method GET /items: integration timeout",)),
    drop_integration: ("routes", (ADD,)),
    drop_preflight: ("cors", None),
    put_other_target: ("routes", (replace(LIST, target=OTHER), ADD)),
    open_to_all: ("routes", (replace(LIST, api_key=False), ADD)),
    put_gateway_response: ("strays", ("gateway response THROTTLED differs",)),
    put_other_gateway_response: ("strays", ("gateway response UNAUTHORIZED",)),
    drop_gateway_response: ("strays", ("no gateway response DEFAULT_4XX",)),
    put_model: ("models", {"Item": MODEL, "Stray": {}}),
    loosen_validator: ("strays", ("validator body and parameters differs",)),
    take_keys_from_elsewhere: ("strays", ("setting key_source differs",)),
    put_policy: ("strays", ("setting policy differs",)),
}


def test_every_drift_is_seen_and_undone(workshop: Workshop) -> None:
    """One API is changed repeatedly, because creating it takes as long as three changes."""
    api = made(workshop)
    for drift, (field, value) in DRIFTS.items():
        drift(api)
        finding = workshop.run(one_node(API), "plan").changes["it"]
        assert finding.action is Action.UPDATE, drift
        changes = {diff.field: diff.have for diff in finding.diffs}
        assert field in changes, drift
        assert changes[field] == value, drift
        workshop.run(one_node(API), "up")
        assert workshop.run(one_node(API), "up").changes["it"].action is Action.KEEP, drift


def test_of_two_validators_of_one_name_one_is_left(workshop: Workshop) -> None:
    api = made(workshop)
    put_validator(api)
    workshop.run(one_node(API), "up")
    assert len(gateway().get_request_validators(restApiId=api.id)["items"]) == 1
