"""Application Auto Scaling, which the emulator lacks: it has no scaling target of any table."""

from __future__ import annotations

from typing import Any

from provision.local.corrections.success import Success


def install(events: Any) -> None:
    events.register("before-call.application-autoscaling.DescribeScalableTargets", _none)


def _none(**_: Any) -> tuple[Success, dict[str, Any]]:
    return Success(), {"ScalableTargets": []}
