"""API Gateway: a stage names a method by its escaped path (A44); MiniStack shows it unescaped."""

from __future__ import annotations

from typing import Any


def install(events: Any) -> None:
    for operation in ("GetStage", "GetStages", "UpdateStage"):
        events.register(f"after-call.api-gateway.{operation}", _escape)


def _escape(parsed: dict[str, Any], **_: Any) -> None:
    for stage in parsed.get("item", [parsed]):
        if settings := stage.get("methodSettings"):
            stage["methodSettings"] = {_escaped(key): one for key, one in settings.items()}


def _escaped(key: str) -> str:
    """Return the key as AWS shows it; one that is escaped already is left alone."""
    resource, _, verb = key.rpartition("/")
    return f"{resource.replace('/', '~1')}/{verb}"
