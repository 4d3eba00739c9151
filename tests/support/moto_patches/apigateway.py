"""Corrections of moto's API Gateway."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

import pytest
from moto.apigateway.exceptions import BadRequestException, NotFoundException
from moto.apigateway.models import APIGatewayBackend, UsagePlan
from moto.apigateway.responses import APIGatewayResponse
from moto.apigateway.urls import url_paths

from tests.support.moto_patches import domains, rest_apis


def teach(monkeypatch: pytest.MonkeyPatch) -> None:
    """Apply every correction below."""
    rest_apis.teach(monkeypatch)
    domains.teach(monkeypatch)
    teach_tags(monkeypatch)
    teach_keys(monkeypatch)
    teach_plans(monkeypatch)


def teach_tags(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let tags be read and written for every resource that has them (A18).

    moto's TagResource, UntagResource and GetTags know only stages, and its server routes only their
    ARNs.
    """

    def tagged(self: Any) -> Any:
        arn = unquote(self.path.split("/tags/")[1])
        match arn.split("::/")[1].split("/"):
            case ["restapis", api_id, "stages", name]:
                return self.backend.get_stage(api_id, name)
            case ["restapis", api_id]:
                return self.backend.get_rest_api(api_id)
            case ["apikeys", key_id]:
                return self.backend.get_api_key(key_id)
            case ["usageplans", plan_id]:
                return self.backend.get_usage_plan(plan_id)
            case ["domainnames", name]:
                return self.backend.get_domain_name(name)
        raise BadRequestException(f"Invalid resource ARN: {arn}")

    def get_tags(self: Any) -> str:
        return json.dumps({"tags": tagged(self).tags or {}})

    def tag_resource(self: Any) -> str:
        resource = tagged(self)
        resource.tags = {**(resource.tags or {}), **self._get_param("tags")}
        return "{}"

    def untag_resource(self: Any) -> str:
        resource = tagged(self)
        gone = self.querystring.get("tagKeys") or []
        resource.tags = {k: v for k, v in (resource.tags or {}).items() if k not in gone}
        return "{}"

    part = "(?P<{}>[^/]+)".format
    arn = f"arn:{part('partition')}:apigateway:{part('region')}::/{part('kind')}/{part('id')}"
    monkeypatch.setitem(url_paths, f"{{0}}/tags/{arn}$", APIGatewayResponse.dispatch)
    monkeypatch.setattr(APIGatewayResponse, "get_tags", get_tags)
    monkeypatch.setattr(APIGatewayResponse, "tag_resource", tag_resource)
    monkeypatch.setattr(APIGatewayResponse, "untag_resource", untag_resource)


def teach_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """GetApiKeys lists tags, unlike AWS (A22); DeleteApiKey leaves the key in its plans."""
    get_api_keys = APIGatewayResponse.get_api_keys
    delete_api_key = APIGatewayBackend.delete_api_key

    def get_api_keys_without_tags(self: Any) -> str:
        return _without_tags(get_api_keys(self))

    def delete_api_key_from_plans(self: Any, api_key_id: str) -> None:
        delete_api_key(self, api_key_id)
        for keys in self.usage_plan_keys.values():
            keys.pop(api_key_id, None)

    monkeypatch.setattr(APIGatewayResponse, "get_api_keys", get_api_keys_without_tags)
    monkeypatch.setattr(APIGatewayBackend, "delete_api_key", delete_api_key_from_plans)


def teach_plans(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make usage plans behave as in AWS.

    In moto, GetUsagePlans lists tags (A24), a plan of an unknown stage is created (A24), one with
    stages is deleted (A26), deleting a missing plan is a 500, and patched numbers become text.
    """
    get_usage_plans = APIGatewayResponse.get_usage_plans
    create_usage_plan = APIGatewayBackend.create_usage_plan
    apply_patch_operations = UsagePlan.apply_patch_operations

    def get_usage_plans_without_tags(self: Any) -> str:
        return _without_tags(get_usage_plans(self))

    def create_usage_plan_of_stages(self: Any, payload: Any) -> Any:
        for stage in payload.get("apiStages", []):
            api = self.apis.get(stage["apiId"])
            if api is None or stage["stage"] not in api.stages:
                raise NotFoundException(f"Invalid API Stage {stage} specified for usageplan")
        return create_usage_plan(self, payload)

    def delete_usage_plan(self: Any, usage_plan_id: str) -> None:
        plan = self.get_usage_plan(usage_plan_id)
        if plan.api_stages:
            raise BadRequestException(
                f"Cannot delete Usage Plan {usage_plan_id} because there are API Stages "
                "associated with it"
            )
        self.usage_plans.pop(usage_plan_id)
        self.usage_plan_keys.pop(usage_plan_id, None)

    def delete_usage_plan_key(self: Any, usage_plan_id: str, key_id: str) -> None:
        if self.usage_plan_keys.get(usage_plan_id, {}).pop(key_id, None) is None:
            raise NotFoundException("Invalid API Key identifier specified")

    def apply_typed_patch_operations(self: Any, patch_operations: Any) -> None:
        apply_patch_operations(self, [op for op in patch_operations if _is_typed(op["path"])])
        for op in patch_operations:
            *_, group, field = op["path"].split("/")
            if op["op"] == "replace" and group == "throttle":
                self.throttle[field] = (
                    float(op["value"]) if field == "rateLimit" else int(op["value"])
                )
            if op["op"] == "replace" and group == "quota":
                self.quota[field] = op["value"] if field == "period" else int(op["value"])

    monkeypatch.setattr(APIGatewayResponse, "get_usage_plans", get_usage_plans_without_tags)
    monkeypatch.setattr(APIGatewayBackend, "create_usage_plan", create_usage_plan_of_stages)
    monkeypatch.setattr(APIGatewayBackend, "delete_usage_plan", delete_usage_plan)
    monkeypatch.setattr(APIGatewayBackend, "delete_usage_plan_key", delete_usage_plan_key)
    monkeypatch.setattr(UsagePlan, "apply_patch_operations", apply_typed_patch_operations)


def _is_typed(path: str) -> bool:
    return not path.startswith(("/throttle/", "/quota/"))


def _without_tags(answer: str) -> str:
    items = json.loads(answer)["item"]
    return json.dumps({"item": [{**item, "tags": None} for item in items]})
