"""Corrections of moto's IAM."""

from __future__ import annotations

import json
from typing import Any

import pytest
from moto.core.responses import ActionResult
from moto.iam.models import IAMBackend
from moto.iam.responses import IamResponse

PAGE = 100
"""The number of names that AWS lists at once, unless more are requested."""


def teach(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rewrite policies as AWS does, and list in pages.

    AWS shows a policy in other words than it was given; moto returns the same text (I6). moto lists
    all names of inline policies at once.
    """
    create_role = IAMBackend.create_role
    put_role_policy = IAMBackend.put_role_policy

    def create_role_rewording(self: Any, name: str, trust: str, *rest: Any, **more: Any) -> Any:
        return create_role(self, name, _reworded(trust), *rest, **more)

    def put_role_policy_rewording(self: Any, role: str, name: str, document: str) -> None:
        put_role_policy(self, role, name, _reworded(document))

    def list_role_policies_by_page(self: Any) -> ActionResult:
        names = self.backend.list_role_policies(self._get_param("RoleName"))
        begin = int(self._get_param("Marker") or 0)
        page: dict[str, Any] = {"PolicyNames": names[begin : begin + PAGE], "IsTruncated": False}
        if len(names) > begin + PAGE:
            page |= {"IsTruncated": True, "Marker": str(begin + PAGE)}
        return ActionResult(page)

    monkeypatch.setattr(IamResponse, "list_role_policies", list_role_policies_by_page)
    monkeypatch.setattr(IAMBackend, "create_role", create_role_rewording)
    monkeypatch.setattr(IAMBackend, "put_role_policy", put_role_policy_rewording)


def _reworded(policy: str) -> str:
    """Return an equal policy: statements and values reversed, lists of one value collapsed."""
    document = json.loads(policy)
    return json.dumps({**document, "Statement": _turned(document["Statement"])})


def _turned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _turned(part) for key, part in reversed(value.items())}
    if isinstance(value, list):
        return _turned(value[0]) if len(value) == 1 else [_turned(part) for part in reversed(value)]
    return value
