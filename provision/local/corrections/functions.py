"""Lambda: what is unset is absent."""

from __future__ import annotations

from typing import Any


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


def _drop_unset_queue(parsed: dict[str, Any], **_: Any) -> None:
    """AWS leaves DeadLetterConfig out once its target is set to "", here it stays, with ""."""
    configuration = parsed.get("Configuration", parsed)
    if not configuration.get("DeadLetterConfig", {}).get("TargetArn"):
        configuration.pop("DeadLetterConfig", None)
