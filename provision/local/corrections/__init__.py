"""Bends the emulator's answers straight, so that every step is written for AWS only."""

from __future__ import annotations

from typing import Any

from provision.local.corrections import (
    alarms,
    functions,
    gateway_keys,
    gateway_patches,
    gateway_tags,
    gateway_tls,
    keys,
    network,
    roles,
)
from provision.local.corrections.raw import RawClient


def install(client: Any) -> None:
    """Called with every boto3 client that talks to the emulator; other services need nothing."""
    service = client.meta.service_model.service_name
    session = client._endpoint.http_session  # noqa: SLF001 - botocore has no public face for it
    raw = RawClient(client.meta.endpoint_url, client.meta.region_name, service, session)
    events = client.meta.events
    match service:
        case "apigateway":
            gateway_patches.install(events, raw)
            gateway_tags.install(events, raw)
            gateway_keys.install(events)
            gateway_tls.install(events, raw)
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
