"""Lambda: an unset queue is absent, and a policy is the requested one."""

from __future__ import annotations

import json
from typing import Any, Final

_NO_POLICY: Final = "No policy is associated with the given resource."
_UNQUALIFIED: Final = 6
"""Number of colons in a function's ARN; an alias or a version adds one."""


def install(events: Any) -> None:
    for operation in (
        "CreateFunction",
        "GetFunction",
        "GetFunctionConfiguration",
        "PublishVersion",
        "UpdateFunctionConfiguration",
        "UpdateFunctionCode",
    ):
        events.register(f"after-call.lambda.{operation}", _drop_unset_queue)
    events.register("after-call.lambda.GetPolicy", _drop_the_qualified)


def _drop_unset_queue(parsed: dict[str, Any], **_: Any) -> None:
    """Drop DeadLetterConfig if its target is ""; AWS leaves it out, MiniStack does not."""
    configuration = parsed.get("Configuration", parsed)
    if not configuration.get("DeadLetterConfig", {}).get("TargetArn"):
        configuration.pop("DeadLetterConfig", None)


def _drop_the_qualified(http_response: Any, parsed: dict[str, Any], **_: Any) -> None:
    """Drop the aliases' statements from a function's own policy, as AWS does."""
    if "Policy" not in parsed or "Qualifier=" in http_response.url:
        return
    policy = json.loads(parsed["Policy"])
    own = [each for each in policy["Statement"] if each["Resource"].count(":") == _UNQUALIFIED]
    if own:
        parsed["Policy"] = json.dumps({**policy, "Statement": own})
        return
    http_response.status_code = 404
    parsed.clear()
    parsed["Error"] = {"Code": "ResourceNotFoundException", "Message": _NO_POLICY}
