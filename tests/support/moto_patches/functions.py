"""Corrections of moto's Lambda."""

from __future__ import annotations

import copy
import json
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import pytest
from moto.awslambda.exceptions import (
    InvalidParameterValueException,
    LambdaClientError,
    PreconditionFailedException,
    UnknownEventConfig,
)
from moto.awslambda.models import EventInvokeConfig, LambdaAlias, LambdaFunction, LambdaStorage
from moto.awslambda.policy import Policy
from moto.awslambda.responses import LambdaResponse
from moto.core.responses import ActionResult
from moto.kms.models import kms_backends

_FORGOTTEN = ("DeadLetterConfig", "KMSKeyArn", "LoggingConfig", "TracingConfig")
_MOVING = ("Version", "FunctionArn", "LastModified", "RevisionId", "LastUpdateStatus")


class Conflict(LambdaClientError):
    code = 409

    def __init__(self, message: str) -> None:
        super().__init__("ResourceConflictException", message)


class NotShared(LambdaClientError):
    code = 403

    def __init__(self, layer: str) -> None:
        said = f"not authorized to perform: lambda:GetLayerVersion on resource: {layer} because"
        allows = "no resource-based policy allows the lambda:GetLayerVersion action"
        super().__init__("AccessDeniedException", f"{said} {allows}")


def teach(monkeypatch: pytest.MonkeyPatch) -> None:
    _remember_settings(monkeypatch)
    _guard_updates(monkeypatch)
    _publish_by_content(monkeypatch)
    _guard_versions(monkeypatch)
    _guard_aliases(monkeypatch)
    _keep_a_policy_for_each_qualifier(monkeypatch)
    _keep_event_invoke_configs(monkeypatch)
    _show_layers_by_arn(monkeypatch)


def _overtaken(asked: str, revision: str) -> None:
    if asked and asked != revision:
        raise PreconditionFailedException(
            "The Revision Id provided does not match the latest Revision Id. Call the"
            " GetFunction/GetAlias API to retrieve the latest Revision Id"
        )


def _name(response: Any, position: int) -> str:
    return unquote(response.path.split("/")[position])


def _qualifier(response: Any) -> str | None:
    found: str | None = response.querystring.get("Qualifier", [None])[0]
    return found


def _remember_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep settings that moto forgets, and add RevisionId.

    They are the destinations of failures and logs, changes of tracing, key and storage, and a
    concurrency limit of none.
    """
    init, get_configuration = LambdaFunction.__init__, LambdaFunction.get_configuration
    update_configuration, get_code = LambdaFunction.update_configuration, LambdaFunction.get_code

    def make(self: Any, account_id: str, spec: Any, region: str, version: Any = 1) -> None:
        self.settings = {name: spec[name] for name in _FORGOTTEN if name in spec}
        self.revision = str(uuid4())
        init(self, account_id, spec, region, version)

    def show(self: Any, on_create: bool = False) -> Any:
        shown = get_configuration(self, on_create) | self.settings
        shown.setdefault(
            "LoggingConfig",
            {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{self.function_name}"},
        )
        if not shown.get("DeadLetterConfig", {}).get("TargetArn"):
            shown.pop("DeadLetterConfig", None)
        return shown | {"RevisionId": self.revision}

    def tell(self: Any) -> Any:
        limit = self.reserved_concurrency
        limited = {} if limit is None else {"ReservedConcurrentExecutions": limit}
        found = get_code(self) | ({"Concurrency": limited} if limited else {})
        _hide_variables(self, found["Configuration"])
        return found

    def change(self: Any, updates: Any) -> Any:
        new = {name: updates[name] for name in _FORGOTTEN if name in updates}
        self.settings, self.revision = self.settings | new, str(uuid4())
        self.ephemeral_storage = updates.get("EphemeralStorage", {}).get(
            "Size", self.ephemeral_storage
        )
        return update_configuration(self, updates)

    monkeypatch.setattr(LambdaFunction, "__init__", make)
    monkeypatch.setattr(LambdaFunction, "get_configuration", show)
    monkeypatch.setattr(LambdaFunction, "update_configuration", change)
    monkeypatch.setattr(LambdaFunction, "get_code", tell)


def _hide_variables(function: Any, shown: dict[str, Any]) -> None:
    """Show no variables if the key is unusable (L34); keys that exist nowhere do not count."""
    arn = str(shown.get("KMSKeyArn") or "")
    key = kms_backends[function.account_id][function.region].keys.get(arn.rpartition("/")[2])
    if key is not None and key.key_state != "Enabled" and "Environment" in shown:
        error = {"ErrorCode": "KMSInvalidStateException", "Message": f"see the key {arn}"}
        shown["Environment"] = {"Error": error}


def _guard_updates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let UpdateFunctionCode keep Architectures, and every update check RevisionId (L10)."""
    update_code = LambdaResponse.update_function_code
    update_configuration = LambdaResponse.update_function_configuration

    def latest(response: Any) -> Any:
        function = response.backend.get_function(_name(response, -2))
        _overtaken(response.json_body.get("RevisionId", ""), function.revision)
        return function

    def code(self: Any) -> Any:
        function = latest(self)
        function.architectures = self.json_body.get("Architectures", function.architectures)
        function.revision = str(uuid4())
        return update_code(self)

    def configuration(self: Any) -> Any:
        latest(self)
        return update_configuration(self)

    monkeypatch.setattr(LambdaResponse, "update_function_code", code)
    monkeypatch.setattr(LambdaResponse, "update_function_configuration", configuration)


def _publish_by_content(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let PublishVersion return the newest version if $LATEST is unchanged since.

    The description of the version itself does not count (L11). Numbers are never used again.
    Source: localstack/localstack tests/aws/services/lambda_/test_lambda_api.py
    test_publish_version_on_create
    """

    def content(function: Any) -> Any:
        shown = function.get_configuration()
        return {key: value for key, value in shown.items() if key not in _MOVING}

    def publish(self: Any, name: str, description: str = "") -> Any:
        latest = self.get_function_by_name_or_arn_forbid_qualifier(name)
        group = self._functions[latest.function_name]
        if group["versions"] and group["published"] == content(latest):
            return group["versions"][-1]
        group["published"] = content(latest)
        group["number"] = group.get("number", 0) + 1
        version = copy.copy(latest)
        version.set_version(group["number"])
        version.description = description or latest.description
        version.revision, latest.revision = str(uuid4()), str(uuid4())  # (L9)
        group["versions"].append(version)
        self._arns[version.function_arn] = version
        return version

    monkeypatch.setattr(LambdaStorage, "publish_version", publish)


def _guard_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let PublishVersion check its guards, and DeleteFunction refuse a version an alias uses."""
    publish_version, del_function = LambdaResponse.publish_version, LambdaStorage.del_function

    def publish(self: Any) -> Any:
        latest, body = self.backend.get_function(_name(self, -2)), json.loads(self.body or "{}")
        _overtaken(body.get("RevisionId", ""), latest.revision)
        if body.get("CodeSha256", latest.code_sha_256) != latest.code_sha_256:
            raise InvalidParameterValueException(
                f"CodeSHA256 ({body['CodeSha256']}) is different from current CodeSHA256 in"
                f" $LATEST ({latest.code_sha_256}). Please try again with the CodeSHA256 in"
                " $LATEST."
            )
        return publish_version(self)

    def delete(self: Any, name: str, qualifier: str | None = None) -> None:
        if qualifier:
            for alias in self.list_aliases(name):
                weights = (alias.routing_config or {}).get("AdditionalVersionWeights", {})
                if qualifier in {alias.function_version, *weights}:
                    raise Conflict(
                        "Unable to delete version because the following aliases reference it:"
                        f" [{alias.name}]"
                    )
        del_function(self, name, qualifier)

    monkeypatch.setattr(LambdaResponse, "publish_version", publish)
    monkeypatch.setattr(LambdaStorage, "del_function", delete)


def _guard_aliases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add RevisionId to UpdateAlias; a second CreateAlias answers with AWS's code (L13)."""
    update_response, update = LambdaResponse.update_alias, LambdaAlias.update
    put_alias = LambdaStorage.put_alias

    def respond(self: Any) -> Any:
        alias = self.backend.get_alias(unquote(self.path.split("/")[-1]), _name(self, -3))
        _overtaken(json.loads(self.body).get("RevisionId", ""), alias.revision_id)
        return update_response(self)

    def change(self: Any, *values: Any) -> None:
        self.revision_id = str(uuid4())
        update(self, *values)

    def put(self: Any, name: str, function_name: str, *values: Any) -> Any:
        if name in self._get_function_aliases(function_name):
            raise Conflict(f"Alias already exists: {self.get_alias(name, function_name).arn}")
        return put_alias(self, name, function_name, *values)

    monkeypatch.setattr(LambdaResponse, "update_alias", respond)
    monkeypatch.setattr(LambdaAlias, "update", change)
    monkeypatch.setattr(LambdaStorage, "put_alias", put)


def _keep_a_policy_for_each_qualifier(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a policy for each qualifier, refuse an equal statement (L15), and check RevisionId.

    moto has one policy for all qualifiers, adds the same statement twice, and cannot remove one
    with a RevisionId.
    """
    delete_alias = LambdaStorage.delete_alias

    def policies(backend: Any, name: str) -> dict[str | None, Policy]:
        kept: dict[str | None, Policy] = vars(backend.get_function(name)).setdefault("policies", {})
        return kept

    def policy(response: Any, name: str) -> Policy:
        qualifier = _qualifier(response)
        response.backend.get_function(name, qualifier)  # ResourceNotFoundException when absent
        latest = response.backend.get_function(name)
        return policies(response.backend, name).setdefault(qualifier, Policy(latest))

    def add(self: Any) -> str:
        statement = json.loads(self.body)["StatementId"]
        found = policy(self, _name(self, -2))
        if any(entry["Sid"] == statement for entry in found.statements):
            raise Conflict(
                f"The statement id ({statement}) provided already exists. Please provide a new"
                " statement id, or remove the existing statement."
            )
        added, _ = found.add_statement(self.body, _qualifier(self))
        return json.dumps({"Statement": json.dumps(added)})

    def get(self: Any) -> str:
        shown: str = policy(self, _name(self, -2)).wire_format()
        return shown

    def remove(self: Any) -> Any:
        revision = self.querystring.get("RevisionId", [""])[0]
        policy(self, _name(self, -3)).del_statement(_name(self, -1).split("?")[0], revision)
        return 204, {"status": 204}, "{}"

    def forget(self: Any, name: str, function_name: str) -> None:
        function = self.get_function_by_name_or_arn_with_qualifier(function_name)
        vars(function).get("policies", {}).pop(name, None)
        delete_alias(self, name, function_name)

    monkeypatch.setattr(LambdaResponse, "add_permission", add)
    monkeypatch.setattr(LambdaResponse, "get_policy", get)
    monkeypatch.setattr(LambdaResponse, "remove_permission", remove)
    monkeypatch.setattr(LambdaStorage, "delete_alias", forget)


def _show_layers_by_arn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add GetLayerVersionByArn, which moto lacks; of other accounts it has no layers (L45)."""

    def get(self: Any) -> str:
        layer, _, number = self.querystring["Arn"][0].rpartition(":")
        if layer.split(":")[4] != self.current_account:
            raise NotShared(layer)
        return json.dumps(self.backend.get_layer_version(layer, number).get_layer_version())

    monkeypatch.setattr(LambdaResponse, "get_layer_version_by_arn", get, raising=False)


def _keep_event_invoke_configs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep one configuration for each qualifier; moto has one and shows only the first (L25)."""

    def configs(response: Any) -> tuple[Any, dict[str | None, EventInvokeConfig]]:
        name = _name(response, -2)
        response.backend.get_function(name, _qualifier(response))
        latest = response.backend.get_function(name)
        return latest, vars(latest).setdefault("event_invoke_configs", {})

    def put(self: Any) -> ActionResult:
        latest, kept = configs(self)
        config = EventInvokeConfig(latest.function_arn, latest.last_modified, self.json_body)
        kept[_qualifier(self)] = config
        return ActionResult(config.response())

    def get(self: Any) -> ActionResult:
        latest, kept = configs(self)
        if _qualifier(self) not in kept:
            raise UnknownEventConfig(latest.function_arn)
        return ActionResult(kept[_qualifier(self)].response())

    def delete(self: Any) -> Any:
        latest, kept = configs(self)
        if kept.pop(_qualifier(self), None) is None:
            raise UnknownEventConfig(latest.function_arn)
        return 204, {"status": 204}, "{}"

    monkeypatch.setattr(LambdaResponse, "put_function_event_invoke_config", put)
    monkeypatch.setattr(LambdaResponse, "get_function_event_invoke_config", get)
    monkeypatch.setattr(LambdaResponse, "delete_function_event_invoke_config", delete)
