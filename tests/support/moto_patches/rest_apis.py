"""Corrections of moto's REST APIs, their deployments and their stages."""

from __future__ import annotations

import json
from typing import Any

import pytest
from moto.apigateway.exceptions import (
    BadRequestException,
    ConflictException,
    NotFoundException,
    StageStillActive,
)
from moto.apigateway.models import (
    APIGatewayBackend,
    Authorizer,
    Deployment,
    Resource,
    RestAPI,
    Stage,
)
from moto.apigateway.responses import APIGatewayResponse

TLS = ("securityPolicy", "endpointAccessMode")


def teach(monkeypatch: pytest.MonkeyPatch) -> None:
    """Apply every correction below."""
    teach_apis(monkeypatch)
    teach_tls(monkeypatch)
    teach_models(monkeypatch)
    teach_resources(monkeypatch)
    teach_methods(monkeypatch)
    teach_validators(monkeypatch)
    teach_authorizers(monkeypatch)
    teach_gateway_responses(monkeypatch)
    teach_deployments(monkeypatch)
    teach_stages(monkeypatch)


def teach_apis(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make patches of an API behave as in AWS, and answer 404, not 500.

    A flag patched to "false" is false; no compression is none; media types are in the path of a
    patch, and in CreateRestApi.
    """
    apply_patch_operations = RestAPI.apply_patch_operations
    create_rest_api = APIGatewayResponse.create_rest_api

    def apply_typed(self: Any, patch_operations: Any) -> None:
        kinds = list(self.binaryMediaTypes)
        bare = [op for op in patch_operations if not op["path"].startswith("/binaryMediaTypes/")]
        apply_patch_operations(self, bare)
        for op in patch_operations:
            if op["path"] == "/disableExecuteApiEndpoint":
                self.disableExecuteApiEndpoint = op["value"] == "true"
            if op["path"] == "/minimumCompressionSize":
                self.minimum_compression_size = int(op["value"]) if op["value"] else None
            if op["path"].startswith("/binaryMediaTypes/"):
                named = op["path"].removeprefix("/binaryMediaTypes/").replace("~1", "/")
                others = [one for one in kinds if one != named]
                kinds = others if op["op"] == "remove" else [*others, named]
        self.binaryMediaTypes = kinds

    def delete_rest_api(self: Any, function_id: str) -> Any:
        self.get_rest_api(function_id)
        return self.apis.pop(function_id)

    def create_rest_api_with_types(self: Any) -> Any:
        status, headers, body = create_rest_api(self)
        if named := self._get_param("binaryMediaTypes"):
            api = self.backend.get_rest_api(json.loads(body)["id"])
            api.binaryMediaTypes = list(named)
        return status, headers, body

    monkeypatch.setattr(APIGatewayResponse, "create_rest_api", create_rest_api_with_types)
    monkeypatch.setattr(RestAPI, "apply_patch_operations", apply_typed)
    monkeypatch.setattr(APIGatewayBackend, "delete_rest_api", delete_rest_api)


def teach_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give APIs a security policy and a state; the default of a Regional API is TLS_1_0.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies-list.html
    """
    create_rest_api = APIGatewayResponse.create_rest_api
    apply_patch_operations = RestAPI.apply_patch_operations
    to_dict = RestAPI.to_dict

    def create_rest_api_with_policy(self: Any) -> Any:
        status, headers, body = create_rest_api(self)
        api = self.backend.get_rest_api(json.loads(body)["id"])
        vars(api)["tls"] = {
            name: value for name in TLS if (value := self._get_param(name)) is not None
        }
        return status, headers, json.dumps(api.to_dict())

    def apply_with_policy(self: Any, patch_operations: Any) -> None:
        apply_patch_operations(self, patch_operations)
        for op in patch_operations:
            if (name := op["path"].removeprefix("/")) in TLS:
                vars(self)["tls"] = {**vars(self).get("tls", {}), name: op["value"]}

    def to_dict_with_policy(self: Any) -> Any:
        shown = {"securityPolicy": "TLS_1_0", "apiStatus": "AVAILABLE"} | vars(self).get("tls", {})
        return to_dict(self) | {name: value for name, value in shown.items() if value}

    monkeypatch.setattr(APIGatewayResponse, "create_rest_api", create_rest_api_with_policy)
    monkeypatch.setattr(RestAPI, "apply_patch_operations", apply_with_policy)
    monkeypatch.setattr(RestAPI, "to_dict", to_dict_with_policy)


def teach_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make models behave as in AWS.

    In moto, a new API has no models (in AWS: two); a name can be taken twice; there is no
    UpdateModel; and one that a method refers to can be deleted.
    """
    create_rest_api = APIGatewayBackend.create_rest_api
    add_model = RestAPI.add_model
    delete_model = APIGatewayBackend.delete_model

    def create_rest_api_with_models(self: Any, *args: Any, **kwargs: Any) -> Any:
        api = create_rest_api(self, *args, **kwargs)
        for name in ("Empty", "Error"):
            schema = {"title": f"{name} Schema", "type": "object"}
            api.add_model(name, "", json.dumps(schema), "application/json")
        return api

    def add_model_once(self: Any, name: str, *args: Any, **kwargs: Any) -> Any:
        if name in self.models:
            raise ConflictException("Model name already exists for this REST API")
        return add_model(self, name, *args, **kwargs)

    def update_model(self: Any) -> str:
        _, _, api_id, _, name = self.path.split("/")
        model = self.backend.get_model(api_id, name)
        for op in self._get_param("patchOperations"):
            assert op["path"] == "/schema"
            model.schema = op["value"]
        return json.dumps(model.to_json())

    def delete_unused_model(self: Any, rest_api_id: str, model_name: str) -> None:
        for method in _methods(self.get_rest_api(rest_api_id)):
            if model_name in (method.request_models or {}).values():
                raise ConflictException("Cannot delete model, is referenced in method")
        delete_model(self, rest_api_id, model_name)

    monkeypatch.setattr(APIGatewayBackend, "create_rest_api", create_rest_api_with_models)
    monkeypatch.setattr(RestAPI, "add_model", add_model_once)
    monkeypatch.setattr(APIGatewayResponse, "update_model", update_model, raising=False)
    monkeypatch.setattr(APIGatewayBackend, "delete_model", delete_unused_model)


def teach_resources(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse equal names and a second variable among siblings; delete children too (A9)."""
    create_resource = APIGatewayBackend.create_resource

    def create_sibling(self: Any, function_id: str, parent: str, path_part: str) -> Any:
        siblings = [
            resource.path_part
            for resource in self.get_resources(function_id)
            if resource.parent_id == parent
        ]
        if path_part in siblings:
            raise ConflictException(
                f"Another resource with the same parent already has this name: {path_part}"
            )
        if path_part.startswith("{") and any(name.startswith("{") for name in siblings):
            raise BadRequestException("A sibling of this resource already has a variable path part")
        return create_resource(self, function_id, parent, path_part)

    def delete_resource(self: Any, function_id: str, resource_id: str) -> Any:
        resources = self.get_rest_api(function_id).resources
        if resource_id not in resources:
            raise NotFoundException("Invalid Resource identifier specified")
        for child in [one.id for one in resources.values() if one.parent_id == resource_id]:
            delete_resource(self, function_id, child)
        return resources.pop(resource_id)

    monkeypatch.setattr(APIGatewayBackend, "create_resource", create_sibling)
    monkeypatch.setattr(APIGatewayBackend, "delete_resource", delete_resource)


def teach_methods(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make methods behave as in AWS.

    A method that exists cannot be put again, a missing one cannot be deleted, and an integration
    response needs its method response (A10). moto has no UpdateMethod.
    """
    add_method = Resource.add_method
    put_method_response = APIGatewayBackend.put_method_response
    put_integration_response = APIGatewayBackend.put_integration_response

    def add_method_once(self: Any, method_type: str, *args: Any, **kwargs: Any) -> Any:
        if method_type in self.resource_methods:
            raise ConflictException("Method already exists for this resource")
        return add_method(self, method_type, *args, **kwargs)

    def delete_method(self: Any, method_type: str) -> None:
        if self.resource_methods.pop(method_type, None) is None:
            raise NotFoundException("Invalid Method identifier specified")

    def put_method_response_once(self: Any, *args: Any) -> Any:
        *method, status = args[:4]
        if self.get_method(*method).get_response(status):
            raise ConflictException("Response already exists for this resource")
        return put_method_response(self, *args)

    def put_declared_integration_response(self: Any, *args: Any) -> Any:
        *method, status = args[:4]
        if not self.get_method(*method).get_response(status):
            raise BadRequestException("No method response exists for method.")
        return put_integration_response(self, *args)

    def update_method(self: Any) -> str:
        _, _, api_id, _, resource_id, _, verb = self.path.split("/")
        method = self.backend.get_method(api_id, resource_id, verb)
        for op in self._get_param("patchOperations"):
            if op["path"] == "/apiKeyRequired":
                method.api_key_required = op["value"] == "true"
            else:
                assert op["path"] == "/authorizationType"
                method.authorization_type = op["value"]
        return json.dumps(method.to_json())

    monkeypatch.setattr(APIGatewayResponse, "update_method", update_method, raising=False)
    monkeypatch.setattr(Resource, "add_method", add_method_once)
    monkeypatch.setattr(Resource, "delete_method", delete_method)
    monkeypatch.setattr(APIGatewayBackend, "put_method_response", put_method_response_once)
    monkeypatch.setattr(
        APIGatewayBackend, "put_integration_response", put_declared_integration_response
    )


def teach_validators(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse to delete a validator that a method uses."""
    delete_request_validator = RestAPI.delete_request_validator

    def delete_unused(self: Any, validator_id: str) -> Any:
        if any(method.request_validator_id == validator_id for method in _methods(self)):
            raise ConflictException("Cannot delete request validator, is referenced in method")
        return delete_request_validator(self, validator_id)

    monkeypatch.setattr(RestAPI, "delete_request_validator", delete_unused)


def teach_authorizers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse a second one of a name, and to delete one in use; let user pools change (A48)."""
    create_authorizer = RestAPI.create_authorizer
    delete_authorizer = APIGatewayBackend.delete_authorizer
    apply_operations = Authorizer.apply_operations

    def create_named(self: Any, authorizer_id: str, name: str, *args: Any, **kwargs: Any) -> Any:
        if any(one.name == name for one in self.authorizers.values()):
            raise BadRequestException(
                f"Authorizer name must be unique. Authorizer {name} already exists in this RestApi."
            )
        return create_authorizer(self, authorizer_id, name, *args, **kwargs)

    def delete_unused(self: Any, restapi_id: str, authorizer_id: str) -> None:
        if any(
            one.authorizer_id == authorizer_id for one in _methods(self.get_rest_api(restapi_id))
        ):
            raise ConflictException("Cannot delete authorizer, is referenced in method")
        delete_authorizer(self, restapi_id, authorizer_id)

    def apply(self: Any, patch_operations: Any) -> Any:
        for op in patch_operations:
            if op["path"] == "/providerARNs":
                others = [pool for pool in self.provider_arns or [] if pool != op["value"]]
                self.provider_arns = others if op["op"] == "remove" else [*others, op["value"]]
                if not self.provider_arns:
                    raise BadRequestException("ProviderARNs can not be empty")
        bare = [op for op in patch_operations if op["path"] != "/providerARNs"]
        return apply_operations(self, bare)

    monkeypatch.setattr(RestAPI, "create_authorizer", create_named)
    monkeypatch.setattr(APIGatewayBackend, "delete_authorizer", delete_unused)
    monkeypatch.setattr(Authorizer, "apply_operations", apply)


def teach_gateway_responses(monkeypatch: pytest.MonkeyPatch) -> None:
    """List unset gateway responses with their defaults, which cannot be deleted (A33)."""

    def get_gateway_responses(self: Any) -> Any:
        default = {
            "responseType": "WAF_FILTERED",
            "defaultResponse": True,
            "statusCode": "403",
            "responseParameters": {},
            "responseTemplates": {"application/json": "{}"},
        }
        ours = self.backend.get_gateway_responses(rest_api_id=self.path.split("/")[-2])
        return 200, {}, json.dumps({"item": [default, *(one.to_json() for one in ours)]})

    def delete_gateway_response(self: Any, response_type: str) -> None:
        if self.gateway_responses.pop(response_type, None) is None:
            raise NotFoundException("Gateway response type not defined on api")

    monkeypatch.setattr(APIGatewayResponse, "get_gateway_responses", get_gateway_responses)
    monkeypatch.setattr(RestAPI, "delete_gateway_response", delete_gateway_response)


def teach_deployments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make deployments behave as in AWS.

    In moto, a stage keeps its deployment only if that deployment created the stage (A12). No
    deployment shows its snapshot; a missing one is a 500.
    """
    create_deployment = APIGatewayBackend.create_deployment
    get_deployment = APIGatewayBackend.get_deployment
    to_json = Deployment.to_json

    def create_deployment_of(self: Any, function_id: str, *args: Any, **kwargs: Any) -> Any:
        made = create_deployment(self, function_id, *args, **kwargs)
        summary: dict[str, dict[str, Any]] = {}
        for resource in self.get_resources(function_id):
            for verb, method in resource.resource_methods.items():
                summary.setdefault(resource.get_path(), {})[verb] = {
                    "authorizationType": method.authorization_type,
                    "apiKeyRequired": bool(method.api_key_required),
                }
        vars(made)["summary"] = summary
        return made

    def get_known_deployment(self: Any, function_id: str, deployment_id: str) -> Any:
        if deployment_id not in self.get_rest_api(function_id).deployments:
            raise NotFoundException("Invalid Deployment identifier specified")
        return get_deployment(self, function_id, deployment_id)

    def get_deployment_embedding(self: Any) -> str:
        *_, api_id, _, deployment_id = self.path.split("/")
        found = self.backend.get_deployment(api_id, deployment_id)
        embedded = self.querystring.get("embed") == ["apisummary"]
        return json.dumps(
            to_json(found) | ({"apiSummary": vars(found)["summary"]} if embedded else {})
        )

    def delete_deployment(self: Any, deployment_id: str) -> Any:
        if deployment_id not in self.deployments:
            raise NotFoundException("Invalid Deployment identifier specified")
        if any(stage.deployment_id == deployment_id for stage in self.stages.values()):
            raise StageStillActive
        return self.deployments.pop(deployment_id)

    monkeypatch.setattr(RestAPI, "delete_deployment", delete_deployment)
    monkeypatch.setattr(APIGatewayBackend, "create_deployment", create_deployment_of)
    monkeypatch.setattr(APIGatewayBackend, "get_deployment", get_known_deployment)
    monkeypatch.setattr(APIGatewayResponse, "get_deployment", get_deployment_embedding)


def teach_stages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let method settings be removed, and refuse a log's ARN that ends in `:*` (A16, A17)."""
    apply_operations = Stage.apply_operations

    def apply(self: Any, patch_operations: Any) -> Any:
        for op in patch_operations:
            if op["path"] == "/accessLogSettings/destinationArn" and op["value"].endswith(":*"):
                raise BadRequestException("Access log destination must only contain characters")
            if op["op"] == "remove" and op["path"].count("/") == 2:
                self.method_settings.pop(op["path"].removeprefix("/"), None)
        return apply_operations(self, patch_operations)

    monkeypatch.setattr(Stage, "apply_operations", apply)


def _methods(api: RestAPI) -> list[Any]:
    return [
        method
        for resource in api.resources.values()
        for method in resource.resource_methods.values()
    ]
