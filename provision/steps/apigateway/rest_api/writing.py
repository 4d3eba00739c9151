"""The calls that change the contents of one REST API into the wanted ones, and no others.

Nothing here is live before the next deployment, so a method that differs is deleted and put again.
The order satisfies AWS at every call (A9, A10): deletions that make room come first, and an object
is written before those that refer to it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, cast

from provision.aws.client import Aws
from provision.model import iam
from provision.steps.apigateway.rest_api.authorizers import WRITING as AUTHORIZERS
from provision.steps.apigateway.rest_api.authorizers import put_authorizers, remove_authorizers
from provision.steps.apigateway.rest_api.contents import (
    Contents,
    Integration,
    Method,
    parent,
)
from provision.steps.apigateway.rest_api.reading import Reading
from provision.steps.not_found import ignore_not_found

if TYPE_CHECKING:
    from mypy_boto3_apigateway.literals import (
        ConnectionTypeType,
        ContentHandlingStrategyType,
        GatewayResponseTypeType,
        IntegrationTypeType,
    )
    from mypy_boto3_apigateway.type_defs import (
        PatchOperationTypeDef,
        PutGatewayResponseRequestTypeDef,
        PutIntegrationRequestTypeDef,
        PutMethodRequestTypeDef,
    )


_METHOD: Final = "resources/*/methods/*"
_CONTENTS: Final = tuple(
    iam.call(
        f"apigateway.{operation}",
        iam.gateway_permission(method, f"/restapis/{{id}}/{path}", iam.OWNED),
    )
    for operation, method, path in (
        ("CreateModel", "POST", "models"),
        ("CreateRequestValidator", "POST", "requestvalidators"),
        ("CreateResource", "POST", "resources/*"),
        ("DeleteGatewayResponse", "DELETE", "gatewayresponses/*"),
        ("DeleteMethod", "DELETE", _METHOD),
        ("DeleteModel", "DELETE", "models/*"),
        ("DeleteRequestValidator", "DELETE", "requestvalidators/*"),
        ("DeleteResource", "DELETE", "resources/*"),
        ("PutGatewayResponse", "PUT", "gatewayresponses/*"),
        ("PutIntegration", "PUT", f"{_METHOD}/integration"),
        ("PutIntegrationResponse", "PUT", f"{_METHOD}/integration/responses/*"),
        ("PutMethod", "PUT", _METHOD),
        ("PutMethodResponse", "PUT", f"{_METHOD}/responses/*"),
        ("UpdateModel", "PATCH", "models/*"),
        ("UpdateRequestValidator", "PATCH", "requestvalidators/*"),
    )
)
WRITING: Final = (*_CONTENTS, *AUTHORIZERS)


def write(aws: Aws, api_id: str, have: Reading, want: Contents) -> None:
    """Change the API's contents into `want`, except for the settings (`settings.py`).

    Only one writer may change an API at a time (A3).
    """
    ids = (dict(have.resources), dict(have.validators), dict(have.authorizers))
    writing = _Writing(aws, api_id, have, want, *ids)
    writing.remove_resources()
    writing.put_models()
    writing.put_validators()
    put_authorizers(aws, api_id, want.authorizers, have.contents.authorizers, writing.authorizers)
    writing.put_resources()
    writing.put_methods()
    writing.put_gateway_responses()
    writing.remove_unused()
    remove_authorizers(aws, api_id, want.authorizers, writing.authorizers)


@dataclass(frozen=True)
class _Writing:
    aws: Aws
    api_id: str
    have: Reading
    want: Contents
    resources: dict[str, str]
    """Path → id, kept current while writing; likewise the others, by name."""
    validators: dict[str, str]
    authorizers: dict[str, str]

    def remove_resources(self) -> None:
        """Delete undeclared resources, children before parents, and undeclared methods.

        This is done first, since AWS refuses a second `{name}` next to the first (A9).
        """
        client = self.aws.apigateway
        for path in sorted(self.resources.keys() - self.want.resources.keys(), reverse=True):
            resource_id = self.resources.pop(path)
            with ignore_not_found():  # deleted by a call with a lost answer (X1); so below
                client.delete_resource(restApiId=self.api_id, resourceId=resource_id)
        for path, resource_id in self.resources.items():
            for verb in self._verbs(path) - self.want.resources[path].keys():
                self._delete_method(resource_id, verb)

    def put_models(self) -> None:
        for name, schema in self.want.models.items():
            if self.have.contents.models.get(name) == schema:
                continue
            text = json.dumps(schema, sort_keys=True)
            if name in self.have.taken:
                self.aws.apigateway.update_model(
                    restApiId=self.api_id,
                    modelName=name,
                    patchOperations=[{"op": "replace", "path": "/schema", "value": text}],
                )
            else:
                self.aws.apigateway.create_model(
                    restApiId=self.api_id,
                    name=name,
                    contentType="application/json",
                    schema=text,
                )

    def put_validators(self) -> None:
        for name, checks in self.want.validators.items():
            if name not in self.validators:
                made = self.aws.apigateway.create_request_validator(
                    restApiId=self.api_id,
                    name=name,
                    validateRequestBody=checks.body,
                    validateRequestParameters=checks.parameters,
                )
                self.validators[name] = made["id"]
            elif self.have.contents.validators[name] != checks:
                patches: list[PatchOperationTypeDef] = [
                    {"op": "replace", "path": f"/{path}", "value": str(value).lower()}
                    for path, value in (
                        ("validateRequestBody", checks.body),
                        ("validateRequestParameters", checks.parameters),
                    )
                ]
                self.aws.apigateway.update_request_validator(
                    restApiId=self.api_id,
                    requestValidatorId=self.validators[name],
                    patchOperations=patches,
                )

    def put_resources(self) -> None:
        for path in sorted(self.want.resources.keys() - self.resources.keys()):  # parents first
            made = self.aws.apigateway.create_resource(
                restApiId=self.api_id,
                parentId=self.resources[parent(path)],
                pathPart=path.rpartition("/")[2],
            )
            self.aws.new_ids.add(made["id"])
            self.resources[path] = made["id"]

    def put_methods(self) -> None:
        for path, methods in self.want.resources.items():
            for verb, want in methods.items():
                have = self._have(path).get(verb)
                if have != want:
                    self._put_method(self.resources[path], verb, want, have)

    def put_gateway_responses(self) -> None:
        client, have = self.aws.apigateway, self.have.contents.gateway_responses
        for name in have.keys() - self.want.gateway_responses.keys():
            with ignore_not_found():
                client.delete_gateway_response(
                    restApiId=self.api_id, responseType=cast("GatewayResponseTypeType", name)
                )
        for name, response in self.want.gateway_responses.items():
            if have.get(name) == response:
                continue
            request: PutGatewayResponseRequestTypeDef = {
                "restApiId": self.api_id,
                "responseType": cast("GatewayResponseTypeType", name),
                "responseParameters": response.headers,
                "responseTemplates": response.templates,
            }
            if response.status:
                request["statusCode"] = response.status
            client.put_gateway_response(**request)

    def remove_unused(self) -> None:
        """Delete undeclared models and validators last: AWS refuses while a method uses them."""
        client = self.aws.apigateway
        for name in self.have.contents.models.keys() - self.want.models.keys():
            with ignore_not_found():
                client.delete_model(restApiId=self.api_id, modelName=name)
        for name in self.validators.keys() - self.want.validators.keys():
            with ignore_not_found():
                client.delete_request_validator(
                    restApiId=self.api_id, requestValidatorId=self.validators[name]
                )

    def _have(self, path: str) -> Mapping[str, Method]:
        return self.have.contents.resources.get(path, {})

    def _verbs(self, path: str) -> set[str]:
        return set(self._have(path))

    def _put_method(self, resource_id: str, verb: str, want: Method, have: Method | None) -> None:
        """Put method, integration, method and integration responses, in this order (A10)."""
        client, api_id = self.aws.apigateway, self.api_id
        assert want.integration is not None
        if have and _differ_in_integration_alone(want, have):
            client.put_integration(**self._integration(resource_id, verb, want.integration))
            return
        if have:  # PutMethod and PutMethodResponse refuse what exists already
            self._delete_method(resource_id, verb)
        request: PutMethodRequestTypeDef = {
            "restApiId": api_id,
            "resourceId": resource_id,
            "httpMethod": verb,
            "authorizationType": want.authorization,
            "apiKeyRequired": want.api_key,
            "requestParameters": want.parameters,
            "requestModels": want.models,
        }
        if want.validator:
            request["requestValidatorId"] = self.validators[want.validator]
        if want.authorizer:
            request["authorizerId"] = self.authorizers[want.authorizer]
        if want.scopes:
            request["authorizationScopes"] = want.scopes
        client.put_method(**request)
        client.put_integration(**self._integration(resource_id, verb, want.integration))
        self._put_responses(resource_id, verb, want)

    def _delete_method(self, resource_id: str, verb: str) -> None:
        with ignore_not_found():
            self.aws.apigateway.delete_method(
                restApiId=self.api_id, resourceId=resource_id, httpMethod=verb
            )

    def _put_responses(self, resource_id: str, verb: str, want: Method) -> None:
        client, api_id = self.aws.apigateway, self.api_id
        for status, headers in want.responses.items():
            client.put_method_response(
                restApiId=api_id,
                resourceId=resource_id,
                httpMethod=verb,
                statusCode=status,
                responseParameters=headers,
            )
        for status, response in want.integration.responses.items() if want.integration else ():
            client.put_integration_response(
                restApiId=api_id,
                resourceId=resource_id,
                httpMethod=verb,
                statusCode=status,
                responseParameters=response.headers,
                responseTemplates=response.templates,
            )

    def _integration(
        self, resource_id: str, verb: str, want: Integration
    ) -> PutIntegrationRequestTypeDef:
        request: PutIntegrationRequestTypeDef = {
            "restApiId": self.api_id,
            "resourceId": resource_id,
            "httpMethod": verb,
            "type": cast("IntegrationTypeType", want.kind),
            "timeoutInMillis": want.timeout,
            "passthroughBehavior": want.passthrough,
            "requestTemplates": want.templates,
        }
        if want.verb and want.uri:
            request["integrationHttpMethod"] = want.verb
            request["uri"] = want.uri
            request["connectionType"] = cast("ConnectionTypeType", want.connection)
        if want.conversion:
            request["contentHandling"] = cast("ContentHandlingStrategyType", want.conversion)
        return request


def _differ_in_integration_alone(want: Method, have: Method) -> bool:
    """Return whether PutIntegration is enough: it replaces only the integration.

    False if there are responses: its documentation does not say what happens to them.
    """
    if have.integration is None or have.integration.responses:
        return False
    return replace(have, integration=want.integration) == want and not want.responses
