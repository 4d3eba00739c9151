"""Real credentials go to AWS or to this machine; to any other address only when told: a forgotten
`AWS_ENDPOINT_URL` would hand every signed request to whoever listens there.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any, Final
from urllib.parse import urlsplit

import botocore.loaders

from provision.errors import StrangeEndpoint

_ISSUED: Final = re.compile(r"Credential=(A[KS]IA[A-Z2-7]{16})/")
"""What AWS issues: long-lived and temporary. Emulators take any other word."""


def refuse_strangers(client: Any) -> None:
    """From now on the client raises `StrangeEndpoint` before such a request leaves."""
    service = client.meta.service_model.service_id.hyphenize()
    # Where botocore signs, and after it: by another pattern the signature would not be there yet.
    client.meta.events.register_last(f"request-created.{service}", _judge)


def _judge(request: Any, **_: Any) -> None:
    """After it was signed: these are the credentials and the address, wherever they came from."""
    signed = request.headers.get("Authorization") or ""
    host = urlsplit(request.url).hostname or ""
    text = signed.decode() if isinstance(signed, bytes) else str(signed)
    if _ISSUED.search(text) and not _is_here(host) and not _is_aws(host):
        raise StrangeEndpoint(
            f"real AWS credentials would go to {host}, which is neither AWS nor this machine",
            hint="unset AWS_ENDPOINT_URL (or endpoint_url in the AWS configuration);"
            " --allow-endpoint sends them there all the same",
        )


def _is_here(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_aws(host: str) -> bool:
    return any(host.endswith(f".{suffix}") for suffix in _suffixes())


def _suffixes() -> set[str]:
    """Of every partition, as botocore knows them."""
    partitions = botocore.loaders.create_loader().load_data("partitions")["partitions"]
    names = ("dnsSuffix", "dualStackDnsSuffix")
    return {part["outputs"][name] for part in partitions for name in names}
