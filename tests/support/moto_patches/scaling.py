"""Corrections of moto's Application Auto Scaling."""

from __future__ import annotations

import json
from typing import Any

import pytest
from moto.applicationautoscaling.models import ApplicationAutoscalingBackend as Backend
from moto.applicationautoscaling.models import FakeScalableTarget as Target
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse as Response
from moto.core.exceptions import JsonRESTError


def teach(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give targets tags; require a target for policies; delete policies and alarms with it."""
    _teach_tags(monkeypatch)
    _teach_absence(monkeypatch)


def _teach_tags(monkeypatch: pytest.MonkeyPatch) -> None:
    register = Response.register_scalable_target

    def register_with_tags(self: Any) -> str:
        before = _targets(self.applicationautoscaling_backend)
        answer = register(self)
        arn = json.loads(answer)["ScalableTargetARN"]
        if arn not in before:  # an update's tags are ignored
            _tags(self, arn).update(self._get_param("Tags") or {})
        return answer

    def list_tags(self: Any) -> str:
        return json.dumps({"Tags": _tags(self, self._get_param("ResourceARN"))})

    def tag(self: Any) -> str:
        _tags(self, self._get_param("ResourceARN")).update(self._get_param("Tags"))
        return "{}"

    def untag(self: Any) -> str:
        tags = _tags(self, self._get_param("ResourceARN"))
        for key in self._get_param("TagKeys"):
            tags.pop(key, None)
        return "{}"

    monkeypatch.setattr(Response, "register_scalable_target", register_with_tags)
    monkeypatch.setattr(Response, "list_tags_for_resource", list_tags, raising=False)
    monkeypatch.setattr(Response, "tag_resource", tag, raising=False)
    monkeypatch.setattr(Response, "untag_resource", untag, raising=False)


def _teach_absence(monkeypatch: pytest.MonkeyPatch) -> None:
    deregister, put = Backend.deregister_scalable_target, Backend.put_scaling_policy
    delete = Backend.delete_scaling_policy

    def deregister_with_policies(self: Any, namespace: str, r_id: str, dimension: str) -> None:
        _demand(self._scalable_target_exists(r_id, dimension), "scalable target")
        deregister(self, namespace, r_id, dimension)
        for policy in list(self.policies.values()):
            if (policy.resource_id, policy.scalable_dimension) == (r_id, dimension):
                delete(self, policy.policy_name, namespace, r_id, dimension)

    def put_on_a_target(
        self: Any,
        policy_name: str,
        service_namespace: str,
        resource_id: str,
        scalable_dimension: str,
        policy_body: dict[str, Any],
        policy_type: str | None,
    ) -> Any:
        there = self._scalable_target_exists(resource_id, scalable_dimension)
        _demand(there, "scalable target")
        where = (policy_name, service_namespace, resource_id, scalable_dimension)
        if _has_policy(self, *where):  # its alarms are created again
            delete(self, *where)
        return put(self, *where, policy_body, policy_type)

    def delete_known(
        self: Any,
        policy_name: str,
        service_namespace: str,
        resource_id: str,
        scalable_dimension: str,
    ) -> None:
        where = (policy_name, service_namespace, resource_id, scalable_dimension)
        _demand(_has_policy(self, *where), "scaling policy")
        delete(self, *where)

    monkeypatch.setattr(Backend, "deregister_scalable_target", deregister_with_policies)
    monkeypatch.setattr(Backend, "put_scaling_policy", put_on_a_target)
    monkeypatch.setattr(Backend, "delete_scaling_policy", delete_known)


def _has_policy(backend: Any, name: str, namespace: str, resource: str, dimension: str) -> bool:
    return any(
        (policy.policy_name, policy.service_namespace, policy.resource_id)
        == (name, namespace, resource)
        and policy.scalable_dimension == dimension
        for policy in backend.policies.values()
    )


def _targets(backend: Any) -> dict[str, Target]:
    return {
        target.arn: target
        for by_resource in backend.targets.values()
        for target in by_resource.values()
    }


def _tags(response: Any, arn: str) -> dict[str, str]:
    target = _targets(response.applicationautoscaling_backend).get(arn)
    if target is None:
        raise JsonRESTError("ResourceNotFoundException", f"no target {arn}")
    kept: dict[str, str] = vars(target).setdefault("tags", {})
    return kept


def _demand(there: bool, what: str) -> None:
    if not there:
        raise JsonRESTError("ObjectNotFoundException", f"No {what} found")
