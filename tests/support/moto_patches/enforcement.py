"""IAM's names for actions, because moto checks policies by the model's operation names.

moto reads only the actions of a policy: with a resource other than `*`, or a condition, it refuses.
So only actions are enforced. It computes signatures of the REST services in another way than
botocore, so none is compared here.
"""

from __future__ import annotations

from typing import Any, Final

import pytest
from moto.iam.access_control import IAMRequestBase

_SERVICES: Final = {
    "monitoring": "cloudwatch",
    "resourcegroupstaggingapi": "tag",
    "tagging": "tag",
}
"""Service names of signatures or of botocore → IAM's prefix."""


def teach(monkeypatch: pytest.MonkeyPatch) -> None:
    """Name the action as IAM does."""
    original = IAMRequestBase.check_action_permitted

    def check_action_permitted(self: Any, resource: str) -> None:
        self._action = iam_action(self._action, self._method)
        original(self, resource)

    monkeypatch.setattr(IAMRequestBase, "check_action_permitted", check_action_permitted)
    monkeypatch.setattr(IAMRequestBase, "check_signature", lambda _: None)


def iam_action(asked: str, method: str) -> str:
    """Return IAM's name of `service:Operation`, sent by this HTTP method."""
    service, _, operation = asked.partition(":")
    if service == "apigateway":
        return f"apigateway:{method}"
    if asked == "lambda:Invoke":
        return "lambda:InvokeFunction"
    return f"{_SERVICES.get(service, service)}:{operation}"
