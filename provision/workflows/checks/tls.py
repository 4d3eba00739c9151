"""Checks the endpoint's TLS, its certificate, and that a custom domain is the only way in."""

from __future__ import annotations

import secrets
import socket
import ssl
import struct
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from provision.workflows.checks.check import EndpointCheck
from provision.workflows.checks.deadline import Deadline
from provision.workflows.checks.http import is_behind_proxy
from provision.workflows.checks.round import Round
from provision.workflows.checks.verdict import Verdict, clipped, failed, passed, skipped

DAYS: Final = 14
"""Days for which the certificate must be valid still: AWS renews its own 60 days ahead."""
_PATIENCE: Final = 10.0
_ALL: Final = 30.0
"""Seconds for one handshake in all."""
_DAY: Final = 86_400
_HANDSHAKE: Final = 0x16
_VERSION: Final = b"\x03\x02"
"""TLS 1.1, as it is sent."""
_CIPHERS: Final = (0xC013, 0xC014, 0xC009, 0xC00A, 0x002F, 0x0035, 0x000A)
"""The ciphers of TLS 1.1 that servers had: ECDHE and RSA with AES or 3DES, and SHA-1."""


@dataclass(frozen=True)
class Handshake:
    """The protocol that was agreed on, and the seconds for which the certificate is valid still."""

    protocol: str
    seconds_left: float


def shake_hands(host: str, port: int, bundle: str, now: float) -> Handshake:
    """Connect with TLS 1.2 or newer. Raises OSError if there is none, or no valid certificate."""
    context = ssl.create_default_context(cafile=bundle)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    with (
        Deadline(_ALL) as deadline,
        socket.create_connection((host, port), timeout=_PATIENCE) as plain,
    ):
        deadline.watch(plain)
        with context.wrap_socket(plain, server_hostname=host) as secure:
            shown = secure.getpeercert() or {}
            until = ssl.cert_time_to_seconds(str(shown["notAfter"]))
            return Handshake(secure.version() or "", until - now)


def accepts_tls_1_1(host: str, port: int) -> bool:
    """Return whether the server agrees to TLS 1.1. Raises OSError if it cannot be reached.

    The first message is written here: the OpenSSL of this machine may have no TLS 1.1.

    https://www.rfc-editor.org/rfc/rfc4346#section-7.4.1
    """
    with (
        Deadline(_ALL) as deadline,
        socket.create_connection((host, port), timeout=_PATIENCE) as connection,
    ):
        deadline.watch(connection)
        connection.sendall(_client_hello(host))
        try:
            answer = _exactly(connection, 11)
        except (TimeoutError, ConnectionError):
            return False
    # Of a record that holds ServerHello, bytes 9 and 10 are the version that was chosen.
    return len(answer) == 11 and answer[0] == _HANDSHAKE and answer[9:11] <= _VERSION  # noqa: PLR2004


def _exactly(connection: socket.socket, number: int) -> bytes:
    """Return that many bytes; fewer if the other end closes before."""
    read = b""
    while len(read) < number and (part := connection.recv(number - len(read))):
        read += part
    return read


def _client_hello(host: str) -> bytes:
    """Return the first message of a client that knows TLS 1.1 and nothing newer."""
    name = host.encode("idna")
    server_name = struct.pack("!HBH", len(name) + 3, 0, len(name)) + name
    extensions = b"".join(
        struct.pack("!HH", kind, len(data)) + data
        for kind, data in (
            (0, server_name),
            (10, b"\x00\x04\x00\x17\x00\x18"),  # the curves P-256 and P-384
            (11, b"\x01\x00"),  # points are uncompressed
        )
    )
    ciphers = b"".join(struct.pack("!H", cipher) for cipher in _CIPHERS)
    body = (
        _VERSION
        + secrets.token_bytes(32)
        + b"\x00"
        + struct.pack("!H", len(ciphers))
        + ciphers
        + b"\x01\x00"
        + struct.pack("!H", len(extensions))
        + extensions
    )
    message = b"\x01" + struct.pack("!I", len(body))[1:] + body
    return bytes([_HANDSHAKE]) + b"\x03\x01" + struct.pack("!H", len(message)) + message


def _tls(this: Round, subject: str) -> Verdict:
    place = urlsplit(this.target.endpoint)
    if place.scheme != "https":
        return skipped("the endpoint has no TLS")
    if is_behind_proxy(this.aws, this.target.endpoint):
        return skipped("a proxy is in between, and shows its own TLS")
    now = this.aws.clock.today().timestamp()
    return tls_verdict(subject, place.port or 443, this.aws.ca_bundle, now)


def tls_verdict(host: str, port: int, bundle: str, now: float) -> Verdict:
    """Return the verdict about one server. `bundle`: the authorities that are trusted."""
    want = f"TLS 1.2 or newer alone, and a certificate valid for {DAYS} days more"
    try:
        found = shake_hands(host, port, bundle, now)
    except ssl.SSLCertVerificationError as error:
        return failed(want, clipped(f"certificate: {error.verify_message}"))
    except (OSError, KeyError, ValueError) as error:
        return failed(want, f"no TLS 1.2: {error}")
    if found.seconds_left < DAYS * _DAY:
        days = int(found.seconds_left // _DAY)
        return failed(want, f"the certificate is valid for {days} days more")
    try:
        if accepts_tls_1_1(host, port):
            return failed(want, "TLS 1.1 is accepted too")
    except OSError as error:
        return failed(want, f"no second connection: {error}")
    return passed(f"{found.protocol}, {int(found.seconds_left // _DAY)} days")


def _domain(this: Round, subject: str) -> Verdict:
    answer = this.unknown()
    if answer.error:
        return failed(f"an answer at {subject}", answer.label)
    path = f"/{this.target.name}"
    own = this.own.get(path, {})
    # AWS's own address, switched off, answers 403 before it looks for a route, and the API 404.
    if own.status == HTTPStatus.FORBIDDEN or own.error:
        return passed(f"{answer.status} at {subject}, and AWS's own address is refused")
    return failed("AWS's own address is refused", f"it answers {own.label}")


def _names(this_domain: str | None) -> list[str]:
    return [this_domain] if this_domain else []


TLS_CHECKS: Final = (
    EndpointCheck(
        id="tls",
        subjects=lambda target: _names(urlsplit(target.endpoint).hostname),
        ask=_tls,
        not_on_local=True,
    ),
    EndpointCheck(
        id="domain",
        subjects=lambda target: _names(
            domain.name if (domain := target.inputs.config.api.domain) else None
        ),
        ask=_domain,
        absent="config.yaml has no domain",
        not_on_local=True,
    ),
)
