"""Corrections of the emulator's requests and answers, so that every step is written for AWS only.

`install` registers the corrections of a client's service as botocore event hooks. Each module
corrects one area; some send requests of their own (`RawClient`) or answer in the emulator's place
(`Success`). docs/emulators.md lists the differences.
"""

from __future__ import annotations

from typing import Any

from provision.local.corrections import (
    alarms,
    functions,
    gateway_keys,
    gateway_methods,
    gateway_patches,
    gateway_tags,
    gateway_tls,
    keys,
    network,
    roles,
    scaling,
)
from provision.local.corrections.raw import RawClient


def install(client: Any) -> None:
    """Register the corrections of the client's service, if there are any.

    Called with every boto3 client that talks to the emulator.
    """
    service = client.meta.service_model.service_name
    session = client._endpoint.http_session  # noqa: SLF001 - botocore has no public interface
    raw = RawClient(client.meta.endpoint_url, client.meta.region_name, service, session)
    events = client.meta.events
    match service:
        case "apigateway":
            gateway_patches.install(events, raw)
            gateway_tags.install(events, raw)
            gateway_keys.install(events)
            gateway_methods.install(events)
            gateway_tls.install(events, raw)
        case "application-autoscaling":
            scaling.install(events)
        case "cloudwatch":
            alarms.install(events)
        case "ec2":
            network.install(events, raw)
        case "iam":
            roles.install(events, raw)
        case "kms":
            keys.install(events)
        case "lambda":
            functions.install(events)
        case _:
            pass
