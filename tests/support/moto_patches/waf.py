"""Corrections of moto's AWS WAF."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from moto.apigateway.models import apigateway_backends
from moto.wafv2.exceptions import WAFNonexistentItemException, WAFv2ClientError
from moto.wafv2.models import WAFV2Backend
from moto.wafv2.responses import WAFV2Response

_STAGE = re.compile(r"arn:[^:]+:apigateway:[^:]+::/restapis/([^/]+)/stages/([^/]+)")
_WHOLE = ("Description", "AssociationConfig", "CaptchaConfig", "ChallengeConfig")
_MORE = ("CustomResponseBodies", "TokenDomains", "DataProtectionConfig")


def teach(monkeypatch: pytest.MonkeyPatch) -> None:
    _names(monkeypatch)
    _whole_updates(monkeypatch)
    _data_protection(monkeypatch)
    _associations(monkeypatch)


def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse a second ACL of a name under AWS's own code."""
    create = WAFV2Backend.create_web_acl

    def create_once(self: Any, name: str, *rest: Any) -> Any:
        if self._is_duplicate_name(name):
            raise WAFv2ClientError("WAFDuplicateItemException", "some resource is a duplicate")
        return create(self, name, *rest)

    monkeypatch.setattr(WAFV2Backend, "create_web_acl", create_once)


def _whole_updates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let UpdateWebACL remove settings that it does not name."""
    update = WAFV2Response.update_web_acl

    def update_whole(self: Any) -> Any:
        body = json.loads(self.body)
        acl = self.wafv2_backend.get_web_acl(None, body["Name"], body["Id"])
        answer = update(self)
        if not body.get("Rules"):
            acl.rules = []
        for key in (*_WHOLE, *_MORE):
            if key not in body:
                setattr(acl, _attribute(key), None)
        return answer

    monkeypatch.setattr(WAFV2Response, "update_web_acl", update_whole)


def _data_protection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep and show DataProtectionConfig."""
    create, update = WAFV2Response.create_web_acl, WAFV2Response.update_web_acl
    get = WAFV2Response.get_web_acl

    def create_protected(self: Any) -> Any:
        answer = create(self)
        _keep(self, json.loads(answer[2])["Summary"]["ARN"])
        return answer

    def update_protected(self: Any) -> Any:
        answer = update(self)
        body = json.loads(self.body)
        _keep(self, self.wafv2_backend.get_web_acl(None, body["Name"], body["Id"]).arn)
        return answer

    def get_protected(self: Any) -> Any:
        status, headers, text = get(self)
        shown = json.loads(text)
        acl = self.wafv2_backend.get_web_acl(shown["WebACL"]["ARN"], None, None)
        shown["WebACL"]["DataProtectionConfig"] = getattr(acl, "data_protection_config", None)
        return status, headers, json.dumps(shown)

    monkeypatch.setattr(WAFV2Response, "create_web_acl", create_protected)
    monkeypatch.setattr(WAFV2Response, "update_web_acl", update_protected)
    monkeypatch.setattr(WAFV2Response, "get_web_acl", get_protected)


def _keep(response: Any, arn: str) -> None:
    acl = response.wafv2_backend.get_web_acl(arn, None, None)
    acl.data_protection_config = json.loads(response.body).get("DataProtectionConfig")


def _attribute(key: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", key).lower()


def _associations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make associations behave as in AWS.

    A stage must exist, has one ACL, and is deleted with its association; an ACL that protects a
    stage is not deleted.
    """
    associate, delete = WAFV2Backend.associate_web_acl, WAFV2Backend.delete_web_acl
    disassociate, get = WAFV2Backend.disassociate_web_acl, WAFV2Backend.get_web_acl_for_resource

    def associate_one(self: Any, web_acl_arn: str, resource_arn: str) -> None:
        _must_be_there(self, resource_arn)
        disassociate(self, resource_arn)
        associate(self, web_acl_arn, resource_arn)

    def disassociate_there(self: Any, resource_arn: str) -> None:
        _must_be_there(self, resource_arn)
        disassociate(self, resource_arn)

    def get_of_one_there(self: Any, resource_arn: str) -> Any:
        _must_be_there(self, resource_arn)
        return get(self, resource_arn)

    def delete_unused(self: Any, name: str, scope: str, _id: str, lock_token: str) -> None:
        for acl in self.wacls.values():
            used = [arn for arn in acl.associated_resources if _is_there(self, arn)]
            if acl.id == _id and acl.name == name and used:
                raise WAFv2ClientError("WAFAssociatedItemException", "it is in use by a resource")
        delete(self, name, scope, _id, lock_token)

    monkeypatch.setattr(WAFV2Backend, "associate_web_acl", associate_one)
    monkeypatch.setattr(WAFV2Backend, "disassociate_web_acl", disassociate_there)
    monkeypatch.setattr(WAFV2Backend, "get_web_acl_for_resource", get_of_one_there)
    monkeypatch.setattr(WAFV2Backend, "delete_web_acl", delete_unused)


def _must_be_there(backend: Any, resource_arn: str) -> None:
    if not _is_there(backend, resource_arn):
        raise WAFNonexistentItemException


def _is_there(backend: Any, resource_arn: str) -> bool:
    named = _STAGE.fullmatch(resource_arn)
    if named is None:
        return False
    api = apigateway_backends[backend.account_id][backend.region_name].apis.get(named[1])
    return api is not None and named[2] in api.stages
