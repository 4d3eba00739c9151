"""moto asks IAM for an operation of the model; IAM has names of its own.

What moto knows of a policy are its actions: a resource that is not `*` and a condition make it
refuse. So what it enforces are the actions of a policy alone. Signatures of the REST services it
works out in another way than botocore, so none is compared here.
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
"""Names that services sign with or botocore has for them → IAM's prefix."""


def teach(monkeypatch: pytest.MonkeyPatch) -> None:
    """Name the action as IAM does."""
    original = IAMRequestBase.check_action_permitted

    def check_action_permitted(self: Any, resource: str) -> None:
        self._action = iam_action(self._action, self._method)
        original(self, resource)

    monkeypatch.setattr(IAMRequestBase, "check_action_permitted", check_action_permitted)
    monkeypatch.setattr(IAMRequestBase, "check_signature", lambda _: None)


def iam_action(asked: str, method: str) -> str:
    """What IAM calls `service:Operation`, sent by this HTTP method."""
    service, _, operation = asked.partition(":")
    if service == "apigateway":
        return f"apigateway:{method}"
    if asked == "lambda:Invoke":
        return "lambda:InvokeFunction"
    return f"{_SERVICES.get(service, service)}:{operation}"
