"""Corrections of moto where it differs from AWS, one file a service, so that no step needs any.

Each `teach` patches moto for one test; docs/emulators.md lists the corrections with their reasons.
"""

from __future__ import annotations

import pytest

from tests.support.moto_patches import (
    apigateway,
    dynamodb,
    functions,
    identity,
    invocations,
    keys,
    monitoring,
    names,
    network,
    queues,
    scaling,
    schedules,
    waf,
)


def teach_moto(monkeypatch: pytest.MonkeyPatch) -> None:
    for service in (
        apigateway,
        dynamodb,
        functions,
        identity,
        invocations,
        keys,
        monitoring,
        names,
        network,
        queues,
        scaling,
        schedules,
        waf,
    ):
        service.teach(monkeypatch)
