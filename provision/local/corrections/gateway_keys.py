"""API Gateway: a key's value is returned only on request; MiniStack always returns it."""

from __future__ import annotations

from typing import Any, Final

_ASKED: Final = "provision_local_asked_for_value"


def install(events: Any) -> None:
    for operation in ("GetApiKey", "GetApiKeys"):
        events.register(f"provide-client-params.api-gateway.{operation}", _note_question)
    for operation in ("GetApiKey", "GetApiKeys", "UpdateApiKey"):
        events.register(f"after-call.api-gateway.{operation}", _hide_value)


def _note_question(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    context[_ASKED] = params.get("includeValue") or params.get("includeValues")


def _hide_value(parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    if not context.get(_ASKED):
        for key in (parsed, *parsed.get("items", [])):
            key.pop("value", None)
