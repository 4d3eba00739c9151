"""Drift of the REST API, by another client's calls to API Gateway."""

from __future__ import annotations

import json
from typing import Any, Final

from provision.aws.client import Aws
from provision.steps.apigateway.rest_api.api import RestApi
from tests.conformance.drift.case import Case
from tests.conformance.drift.edits import STRAY, patched, policy


def tag(aws: Aws, api: RestApi) -> None:
    """TagResource: a tag more"""
    arn = aws.location.arn("apigateway", f"/restapis/{api.id}", account=False)
    aws.apigateway.tag_resource(resourceArn=arn, tags={STRAY: "theirs"})


def rename(aws: Aws, api: RestApi) -> None:
    """UpdateRestApi: another name"""
    _patch(aws, api, "/name", "theirs")


def describe(aws: Aws, api: RestApi) -> None:
    """UpdateRestApi: another description"""
    _patch(aws, api, "/description", "theirs")


def open_a_second_door(aws: Aws, api: RestApi) -> None:
    """UpdateRestApi: its own address answers in addition to the domain"""
    _patch(aws, api, "/disableExecuteApiEndpoint", "false")


def old_tls(aws: Aws, api: RestApi) -> None:
    """UpdateRestApi: TLS 1.0"""
    _patch(aws, api, "/securityPolicy", "TLS_1_0")


def newer_tls(aws: Aws, api: RestApi) -> None:
    """UpdateRestApi: TLS 1.3 alone, and strict access"""
    aws.apigateway.update_rest_api(
        restApiId=api.id,
        patchOperations=[
            *patched("/securityPolicy", "SecurityPolicy_TLS13_1_3_2025_09"),
            *patched("/endpointAccessMode", "STRICT"),
        ],
    )


def let_everybody_call(aws: Aws, api: RestApi) -> None:
    """UpdateRestApi: a policy on the API"""
    _patch(aws, api, "/policy", policy("execute-api:Invoke", "execute-api:/*", Principal="*"))


def take_keys_from_elsewhere(aws: Aws, api: RestApi) -> None:
    """UpdateRestApi: keys from an authorizer"""
    _patch(aws, api, "/apiKeySource", "AUTHORIZER")


def compress(aws: Aws, api: RestApi) -> None:
    """UpdateRestApi: answers are compressed"""
    _patch(aws, api, "/minimumCompressionSize", "1000")


def take_pictures(aws: Aws, api: RestApi) -> None:
    """UpdateRestApi: a binary media type"""
    aws.apigateway.update_rest_api(
        restApiId=api.id, patchOperations=[{"op": "add", "path": "/binaryMediaTypes/image~1png"}]
    )


def spoil_fonts(aws: Aws, api: RestApi) -> None:
    """UpdateRestApi: a binary media type less"""
    aws.apigateway.update_rest_api(
        restApiId=api.id,
        patchOperations=[{"op": "remove", "path": "/binaryMediaTypes/font~1woff2"}],
    )


def _patch(aws: Aws, api: RestApi, path: str, value: str) -> None:
    aws.apigateway.update_rest_api(restApiId=api.id, patchOperations=patched(path, value))


def resource(aws: Aws, api_id: str, path: str) -> str:
    """Return the id of the resource."""
    items = aws.apigateway.get_resources(restApiId=api_id, limit=500)["items"]
    return next(item["id"] for item in items if item["path"] == path)


def lead_elsewhere(aws: Aws, api: RestApi) -> None:
    """PutIntegration: a route to another function"""
    place: Any = {"resourceId": resource(aws, api.id, "/items"), "httpMethod": "GET"}
    shown = aws.apigateway.get_method(restApiId=api.id, **place)["methodIntegration"]
    aws.apigateway.put_integration(
        restApiId=api.id,
        **place,
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=shown["uri"].replace("tap-dev-items", "theirs"),
    )


def without_key(aws: Aws, api: RestApi) -> None:
    """UpdateMethod: a route without key"""
    aws.apigateway.update_method(
        restApiId=api.id,
        resourceId=resource(aws, api.id, "/items"),
        httpMethod="GET",
        patchOperations=patched("/apiKeyRequired", "false"),
    )


def drop_a_route(aws: Aws, api: RestApi) -> None:
    """DeleteMethod: a route"""
    aws.apigateway.delete_method(
        restApiId=api.id, resourceId=resource(aws, api.id, "/items"), httpMethod="POST"
    )


def let_another_origin(aws: Aws, api: RestApi) -> None:
    """PutIntegrationResponse: all preflights for another origin"""
    for item in aws.apigateway.get_resources(restApiId=api.id, limit=500)["items"]:
        if "OPTIONS" in item.get("resourceMethods", {}):
            _preflight(aws, api.id, item["id"])


def let_another_of_the_others(aws: Aws, api: RestApi) -> None:
    """PutIntegrationResponse: all preflights for another second origin"""
    assert api.cors
    ours = api.cors.others[0]
    for item in aws.apigateway.get_resources(restApiId=api.id, limit=500)["items"]:
        if "OPTIONS" in item.get("resourceMethods", {}):
            place: Any = {
                "restApiId": api.id,
                "resourceId": item["id"],
                "httpMethod": "OPTIONS",
                "statusCode": "200",
            }
            shown = aws.apigateway.get_integration_response(**place)
            aws.apigateway.put_integration_response(
                **place,
                responseParameters=shown["responseParameters"],
                responseTemplates={
                    name: text.replace(ours, "https://theirs.test")
                    for name, text in shown["responseTemplates"].items()
                },
            )


def _preflight(aws: Aws, api_id: str, resource_id: str) -> None:
    place: Any = {"restApiId": api_id, "resourceId": resource_id, "httpMethod": "OPTIONS"}
    shown = aws.apigateway.get_integration_response(**place, statusCode="200")
    name = "method.response.header.Access-Control-Allow-Origin"
    aws.apigateway.put_integration_response(
        **place,
        statusCode="200",
        responseParameters={**shown["responseParameters"], name: "'https://theirs.test'"},
        responseTemplates=shown.get("responseTemplates", {}),
    )


def accept_anything(aws: Aws, api: RestApi) -> None:
    """UpdateModel: a model that fits anything"""
    aws.apigateway.update_model(
        restApiId=api.id,
        modelName="Item",
        patchOperations=patched("/schema", json.dumps({"type": "object"})),
    )


def a_model(aws: Aws, api: RestApi) -> None:
    """CreateModel: one more"""
    aws.apigateway.create_model(
        restApiId=api.id, name="Theirs", contentType="application/json", schema="{}"
    )


def a_resource(aws: Aws, api: RestApi) -> None:
    """CreateResource: one more"""
    root = resource(aws, api.id, "/")
    aws.apigateway.create_resource(restApiId=api.id, parentId=root, pathPart="theirs")


def a_method(aws: Aws, api: RestApi) -> None:
    """PutMethod: one more, without integration"""
    aws.apigateway.put_method(
        restApiId=api.id,
        resourceId=resource(aws, api.id, "/items"),
        httpMethod="PATCH",
        authorizationType="NONE",
    )


def a_validator(aws: Aws, api: RestApi) -> None:
    """CreateRequestValidator: one more"""
    aws.apigateway.create_request_validator(restApiId=api.id, name="theirs")


def a_weaker_validator(aws: Aws, api: RestApi) -> None:
    """UpdateRequestValidator: bodies are not checked"""
    for validator in aws.apigateway.get_request_validators(restApiId=api.id)["items"]:
        aws.apigateway.update_request_validator(
            restApiId=api.id,
            requestValidatorId=validator["id"],
            patchOperations=patched("/validateRequestBody", "false"),
        )


def a_gateway_response(aws: Aws, api: RestApi) -> None:
    """PutGatewayResponse: one more"""
    aws.apigateway.put_gateway_response(
        restApiId=api.id, responseType="WAF_FILTERED", statusCode="418"
    )


def another_gateway_response(aws: Aws, api: RestApi) -> None:
    """PutGatewayResponse: one of ours, without its headers"""
    aws.apigateway.put_gateway_response(
        restApiId=api.id, responseType="DEFAULT_4XX", statusCode="418"
    )


def no_gateway_response(aws: Aws, api: RestApi) -> None:
    """DeleteGatewayResponse: one of ours"""
    aws.apigateway.delete_gateway_response(restApiId=api.id, responseType="DEFAULT_5XX")


def ask_an_authorizer(aws: Aws, api: RestApi) -> None:
    """UpdateMethod: IAM decides on a route"""
    aws.apigateway.update_method(
        restApiId=api.id,
        resourceId=resource(aws, api.id, "/items"),
        httpMethod="GET",
        patchOperations=patched("/authorizationType", "AWS_IAM"),
    )


def ask_none(aws: Aws, api: RestApi) -> None:
    """UpdateMethod: no authorizer of a route"""
    aws.apigateway.update_method(
        restApiId=api.id,
        resourceId=resource(aws, api.id, "/items/{id}"),
        httpMethod="GET",
        patchOperations=patched("/authorizationType", "NONE"),
    )


def _patch_authorizer(aws: Aws, api: RestApi, name: str, *patches: Any) -> None:
    listed = aws.apigateway.get_authorizers(restApiId=api.id)["items"]
    found = next(one["id"] for one in listed if one["name"] == name)
    aws.apigateway.update_authorizer(
        restApiId=api.id, authorizerId=found, patchOperations=list(patches)
    )


def ask_other_users(aws: Aws, api: RestApi) -> None:
    """UpdateAuthorizer: the users of one pool more"""
    pool = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_theirs"
    patch = {"op": "add", "path": "/providerARNs", "value": pool}
    _patch_authorizer(aws, api, "users-cognito", patch)


def ask_fewer_users(aws: Aws, api: RestApi) -> None:
    """UpdateAuthorizer: the users of one pool less"""
    pool = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_a"
    patch = {"op": "remove", "path": "/providerARNs", "value": pool}
    _patch_authorizer(aws, api, "users-cognito", patch)


def ask_another_function(aws: Aws, api: RestApi) -> None:
    """UpdateAuthorizer: another function answers"""
    theirs = "arn:aws:lambda:us-east-1:123456789012:function:theirs"
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{theirs}/invocations"
    _patch_authorizer(aws, api, "tokens-function", *patched("/authorizerUri", uri))


def take_the_token_elsewhere(aws: Aws, api: RestApi) -> None:
    """UpdateAuthorizer: the token is read from another header"""
    source = "method.request.header.Theirs"
    _patch_authorizer(aws, api, "tokens-function", *patched("/identitySource", source))


def keep_answers_longer(aws: Aws, api: RestApi) -> None:
    """UpdateAuthorizer: answers are kept for an hour"""
    _patch_authorizer(
        aws, api, "tokens-function", *patched("/authorizerResultTtlInSeconds", "3600")
    )


def call_as_another(aws: Aws, api: RestApi) -> None:
    """UpdateAuthorizer: the function is called by a role"""
    role = "arn:aws:iam::123456789012:role/theirs"
    _patch_authorizer(aws, api, "tokens-function", *patched("/authorizerCredentials", role))


def one_more_authorizer(aws: Aws, api: RestApi) -> None:
    """CreateAuthorizer: one more"""
    aws.apigateway.create_authorizer(
        restApiId=api.id,
        name="theirs",
        type="COGNITO_USER_POOLS",
        providerARNs=["arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_theirs"],
        identitySource="method.request.header.Authorization",
    )


API: Final = "api"
PUBLISHED: Final = ("api.deployment digest", "api.stage deployment_id")
"""A repaired API must be deployed."""


def _frozen(field: str, *changes: Any) -> tuple[Case, ...]:
    return tuple(Case(API, field, change, PUBLISHED) for change in changes)


CASES: Final = (
    Case(API, "tags", tag),
    Case(API, "name", rename),
    Case(API, "description", describe),
    *_frozen("default_endpoint", open_a_second_door),
    *_frozen("security_policy", old_tls),
    Case(API, "access_mode", newer_tls, ("api security_policy", *PUBLISHED)),
    *_frozen("routes", lead_elsewhere, without_key, drop_a_route, ask_an_authorizer, ask_none),
    *_frozen("cors", let_another_origin, let_another_of_the_others),
    *_frozen("models", accept_anything, a_model),
    *_frozen(
        "strays",
        a_resource,
        a_method,
        a_validator,
        a_weaker_validator,
        a_gateway_response,
        another_gateway_response,
        no_gateway_response,
        let_everybody_call,
        take_keys_from_elsewhere,
        compress,
    ),
    *_frozen(
        "authorizers",
        ask_other_users,
        ask_fewer_users,
        ask_another_function,
        take_the_token_elsewhere,
        keep_answers_longer,
        call_as_another,
        one_more_authorizer,
    ),
    *_frozen("binary", take_pictures, spoil_fonts),
)

REASONS: Final[dict[str, dict[str, str]]] = {}
