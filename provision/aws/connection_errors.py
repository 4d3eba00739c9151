"""Explains why AWS gave no answer: unknown name, refusal, silence, proxy or certificate.

Each error says what to type: "check the network" does not help a user who has one.
"""

from __future__ import annotations

import shlex
from typing import Final
from urllib.parse import urlsplit

from botocore.exceptions import (
    BotoCoreError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
)

from provision.aws.answer_format import StrangeAnswer
from provision.aws.clock_skew import clock_is_wrong
from provision.errors import ProvisionError, Unreachable

UNTRUSTED: Final = "CERTIFICATE_VERIFY_FAILED"
_OUT_OF_TIME: Final = ("certificate is not yet valid", "certificate has expired")
_NO_NAME: Final = ("Failed to resolve", "Name or service not known", "nodename nor servname")


def no_answer(error: BotoCoreError) -> ProvisionError | None:
    """Return the error for the user; None if it is not about the connection."""
    match error:
        case SSLError():
            return _untrusted(error)
        case ProxyConnectionError():
            return Unreachable(
                f"the proxy {_said(error, 'proxy_url')} cannot be reached: {_cause(error)}",
                hint="`env | grep -i proxy` shows where that is set; `unset HTTPS_PROXY`"
                " connects without a proxy",
            )
        case ConnectTimeoutError():
            return Unreachable(
                f"connecting to {_host(error)} timed out",
                hint="a firewall may block it, or this network needs a proxy:"
                " `export HTTPS_PROXY=http://PROXY:PORT`; try"
                f" `curl -sv --max-time 5 -o /dev/null {_url(error)}`",
            )
        case EndpointConnectionError():
            return _not_reached(error)
        case ReadTimeoutError():
            return Unreachable(
                f"{_host(error)} accepted the request but did not answer in time",
                hint="run it again; if it happens again, something in between delays answers:"
                f" `curl -sv --max-time 10 -o /dev/null {_url(error)}`",
            )
        case ConnectionClosedError():
            return Unreachable(
                f"{_host(error)} closed the connection without an answer",
                hint="run it again; if it happens again, something in between closes it:"
                f" `curl -sv -o /dev/null {_url(error)}`",
            )
        case StrangeAnswer():
            return Unreachable(
                f"{_said(error, 'operation')} was answered with {_said(error, 'words')},"
                f" not by {_host(error)} but by something in between",
                hint="a network's sign-in page (open any page in a browser), a proxy or a filter:"
                f" `curl -sv -o /dev/null {_url(error)}` shows who answers",
            )
    return None


def _not_reached(error: EndpointConnectionError) -> Unreachable:
    cause = _cause(error)
    if any(text in cause for text in _NO_NAME):
        return Unreachable(
            f"the name {_host(error)} cannot be resolved: no network, or no such region",
            hint="check the region: `aws ec2 describe-regions --all-regions --region us-east-1"
            " --query 'Regions[].RegionName'`; check the network: `curl -sv -o /dev/null"
            " https://aws.amazon.com`",
        )
    url = _url(error)
    return Unreachable(
        f"{_host(error)} refuses the connection: {url}{f' ({cause})' if cause else ''}",
        hint="check AWS_ENDPOINT_URL and the firewall: `env | grep AWS_ENDPOINT_URL`; on local:"
        " `provision local start`",
    )


def _untrusted(error: SSLError) -> ProvisionError:
    cause = _cause(error)
    if any(text in cause for text in _OUT_OF_TIME):
        return clock_is_wrong(f"the certificate of {_host(error)} is not valid now: {cause}")
    return Unreachable(
        f"the certificate of {_host(error)} is not trusted here: {cause}",
        hint="a proxy intercepts TLS: `export AWS_CA_BUNDLE=FILE`, with the certificate of its"
        " authority in FILE (ask your network administrator)",
    )


def _cause(error: BotoCoreError) -> str:
    """Return the text of the underlying error, without the addresses of objects."""
    said = _said(error, "error")
    return said.partition("(Caused by ")[2].rstrip(")") or said.rpartition(">: ")[2] or said


def _said(error: BotoCoreError, name: str) -> str:
    return str(error.kwargs.get(name) or "")


def _url(error: BotoCoreError) -> str:
    """Return the endpoint's URL, quoted for a shell.

    It has neither the name and password that an address may contain nor the request's query, whose
    characters a shell would interpret.
    """
    address = urlsplit(_said(error, "endpoint_url"))
    return shlex.quote(f"{address.scheme}://{address.netloc.rpartition('@')[2]}/")


def _host(error: BotoCoreError) -> str:
    return urlsplit(_said(error, "endpoint_url")).hostname or "the endpoint"
