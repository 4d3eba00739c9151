"""Where moto bends AWS, it is put right here, one file a service, and never in a step.

Each `teach` patches moto for one test; docs/emulators.md lists what is put right and why.
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
        waf,
    ):
        service.teach(monkeypatch)
