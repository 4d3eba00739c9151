"""Refuses to send credentials to an address that is neither AWS nor this machine.

A forgotten `AWS_ENDPOINT_URL` would otherwise send every signed request, and the tokens that
credentials are made from, to an unknown server. `--allow-endpoint` permits it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import botocore.loaders
import botocore.session

from provision.errors import AddressUnusable, UntrustedEndpoint

_SIGNED: Final = re.compile(r"Credential=([^/\s,]+)/")
_ISSUED: Final = re.compile(r"A[KS]IA[A-Z0-9]{12,}")
"""Access key ids that AWS issues, long-lived and temporary. Emulators take any other word."""
_SIGN_IN: Final = (
    "signin.aws.amazon.com", "signin.aws", "amazonaws-us-gov.com", "amazonaws-eusc.eu",
    "amazonaws.cn", "c2shome.ic.gov", "sc2shome.sgov.gov", "csphome.hci.ic.gov",
    "csphome.adc-e.uk",
)  # fmt: skip
"""Domains where `aws login` signs in, besides the suffixes that botocore has for partitions."""
_METADATA: Final = ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_CONTAINER_CREDENTIALS_FULL_URI")
"""Variables with addresses that credentials are fetched from, without a client of the SDK."""
_ENDPOINT: Final = "AWS_ENDPOINT_URL"
"""The variable for all services. One for a single service is `AWS_ENDPOINT_URL_DYNAMODB`."""
_LINK_LOCAL: Final = ("169.254.0.0/16", "fe80::/10", "fd00:ec2::/32")
"""Networks where instances and containers find their credentials (EC2, ECS, EKS)."""


def check_addresses(environment: Mapping[str, str]) -> None:
    """Raise `AddressUnusable` if a variable that must hold an address for the SDK does not.

    The SDK would report it deep inside, without the name of the variable.
    """
    for name, text in environment.items():
        if text and (name in _METADATA or name.startswith(_ENDPOINT)) and not _is_address(text):
            raise AddressUnusable(
                f'{name} is "{text}", which is not a URL',
                hint=f"write it like http://localhost:4566, or `unset {name}`",
            )


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets that do not close, or an invalid port
        return False


def guard_credentials(session: botocore.session.Session, environment: Mapping[str, str]) -> None:
    """Make every client of the session raise `UntrustedEndpoint` before such a request leaves.

    This includes the clients that botocore creates to get credentials (STS, SSO, sign-in). Raises
    the error at once if credentials would be fetched from an unknown address.
    """
    for name in _METADATA:
        host = urlsplit(environment.get(name, "")).hostname
        if host and not _is_here(host) and not _is_link_local(host):
            raise _strange(host, "credentials would be requested from", name)
    session.register("before-send", _judge)


def _judge(**sent: Any) -> None:
    """Check `sent["request"]` as it leaves: signed, and with its final address.

    An unsigned request may carry a token instead, so it is not sent to an unknown address either.
    """
    request = sent["request"]
    host = urlsplit(request.url).hostname or ""
    key = _access_key(request)
    if _is_here(host) or _is_aws(host) or (key and not _ISSUED.fullmatch(key)):
        return
    raise _strange(host, "real AWS credentials would be sent to", "AWS_ENDPOINT_URL")


def _strange(host: str, what: str, variable: str) -> UntrustedEndpoint:
    also = " (or endpoint_url in the AWS configuration)" if variable == "AWS_ENDPOINT_URL" else ""
    return UntrustedEndpoint(
        f"{what} {host}, which is neither AWS nor this machine",
        hint=f"unset {variable}{also}; --allow-endpoint permits it",
    )


def _access_key(request: Any) -> str:
    """Return the id of the key that signed it, from header or address; empty if there is none."""
    header = request.headers.get("Authorization") or ""
    text = header.decode() if isinstance(header, bytes) else str(header)
    if found := _SIGNED.search(text):
        return found[1]
    asked = parse_qs(str(urlsplit(request.url).query)).get("X-Amz-Credential", [""])
    return asked[0].partition("/")[0]


def _is_here(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_link_local(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(address in ipaddress.ip_network(network) for network in _LINK_LOCAL)


def _is_aws(host: str) -> bool:
    return any(host.endswith(f".{suffix}") for suffix in (*_suffixes(), *_SIGN_IN))


@cache
def _suffixes() -> frozenset[str]:
    """Return the DNS suffixes of every partition, as botocore knows them."""
    partitions = botocore.loaders.create_loader().load_data("partitions")["partitions"]
    names = ("dnsSuffix", "dualStackDnsSuffix")
    return frozenset(part["outputs"][name] for part in partitions for name in names)
