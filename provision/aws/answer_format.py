"""Checks whether an answer comes from AWS.

A sign-in page or a filter may answer instead, and the SDK would read a well-formed page as an
empty result, which means "not found". Every answer, to reads and writes, is checked before the SDK
parses it, by what the service's protocol allows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import unescape
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from botocore.exceptions import HTTPClientError

_PAGE: Final = re.compile(
    rb"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)
_TITLE: Final = re.compile(rb"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
_LONGEST_TITLE: Final = 60
_CBOR_MAP: Final = 0b101
"""The three highest bits of the first byte of a CBOR map."""
_OF_ERRORS: Final = ("Response", "Error", "Exception")
"""Endings of the root element of AWS's errors: `ErrorResponse`, EC2's `Response`. Services that use
JSON answer a request that they cannot read with `<AccessDeniedException>`."""


class StrangeAnswer(HTTPClientError):
    """An answer that is not AWS's. As after a lost answer, AWS may have carried out the call."""

    fmt = "{operation}: {words}: {endpoint_url}"


def demand_form(
    endpoint: str, operation_model: Any, response_dict: dict[str, Any], **_: Any
) -> None:
    """Raise `StrangeAnswer` if the answer is not AWS's.

    If a server or load balancer reports its own failure (HTTP 5xx), only the status is kept: such
    an error is temporary.
    """
    status: int = response_dict["status_code"]
    words = _strange(operation_model, status, response_dict)
    if not words:
        return
    if status < HTTPStatus.INTERNAL_SERVER_ERROR or (
        status == HTTPStatus.NETWORK_AUTHENTICATION_REQUIRED
    ):
        raise StrangeAnswer(operation=operation_model.name, words=words, endpoint_url=endpoint)
    response_dict["body"] = b""


def _strange(model: Any, status: int, answer: Mapping[str, Any]) -> str:
    """Describe the answer that is not AWS's; return an empty text if it may be AWS's."""
    body, headers = answer["body"], answer["headers"]
    if status == HTTPStatus.NETWORK_AUTHENTICATION_REQUIRED:
        return "a network that requires signing in first (HTTP 511)"
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        leads = urlsplit(str(headers.get("location", ""))).hostname
        return f"a redirection{f' to {leads}' if leads else ''} (HTTP {status})"
    if not isinstance(body, bytes):  # a stream, which must not be read here
        page = "html" in str(headers.get("content-type", ""))
        return f"a web page (HTTP {status})" if page else ""
    if _PAGE.match(body):
        return f"a web page{_title(body)} (HTTP {status})"
    good = status < HTTPStatus.MULTIPLE_CHOICES
    if _is_result(model, body, status) if good else _is_error(model, body):
        return ""
    return f"something that is not an AWS response (HTTP {status}, {_size(body)})"


def _is_result(model: Any, body: bytes, status: int) -> bool:
    if not body:
        return not _says_anything(model) or status in {HTTPStatus.ACCEPTED, HTTPStatus.NO_CONTENT}
    match model.service_model.resolved_protocol:
        case "query" | "ec2":
            return _is_wrapped(model, _root(body))
        case "rest-xml":
            return _name(_root(body)).endswith("Response")
        case "smithy-rpc-v2-cbor":
            return body[0] >> 5 == _CBOR_MAP
    if _payload(model) == "string" or _is_object(body):
        return True
    return body == b"null" and not _says_anything(model)


def _is_error(model: Any, body: bytes) -> bool:
    """Return whether this may be an error of AWS's: empty, or of a simpler form than a result."""
    if not body:
        return True
    if body.lstrip().startswith(b"<"):
        name = _name(_root(body))
        # Route 53's InvalidChangeBatch is itself the root element.
        return name.endswith(_OF_ERRORS) or name in {shape.name for shape in model.error_shapes}
    match model.service_model.resolved_protocol:
        case "query" | "ec2" | "rest-xml":
            return False
        case "smithy-rpc-v2-cbor":
            return body[0] >> 5 == _CBOR_MAP
    return _is_object(body)


def _is_wrapped(model: Any, root: ET.Element | None) -> bool:
    """Return whether the elements are named for the operation: `<GetRoleResponse><GetRoleResult>`.

    The inner one may be missing if the operation has no output.
    """
    if root is None or _name(root) != f"{model.name}Response":
        return False
    if not _says_anything(model):
        return True
    wrapper = model.output_shape.serialization.get("resultWrapper")
    return not wrapper or any(_name(child) == wrapper for child in root)


def _says_anything(model: Any) -> bool:
    """Return whether the body of a successful answer cannot be empty."""
    shape = model.output_shape
    members = shape.members.values() if shape else ()
    return any("location" not in member.serialization for member in members)


def _payload(model: Any) -> str:
    """Return the type of the member that is the whole body; empty if the body is a document."""
    shape = model.output_shape
    name = shape.serialization.get("payload") if shape else None
    return str(shape.members[name].type_name) if name else ""


def _root(body: bytes) -> ET.Element | None:
    try:
        return ET.fromstring(body)  # noqa: S314  (as the SDK itself does right after)
    except ET.ParseError:
        return None


def _name(element: ET.Element | None) -> str:
    return "" if element is None else element.tag.rpartition("}")[2]


def _is_object(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except ValueError:
        return False


def _title(body: bytes) -> str:
    """Return the page's title as quoted plain text. Nothing else of the page is shown."""
    found = _TITLE.search(body)
    text = unescape(found[1].decode("utf-8", "replace")) if found else ""
    words = " ".join(text.split())
    cut = f"{words[:_LONGEST_TITLE]}…" if len(words) > _LONGEST_TITLE else words
    return f' "{cut}"' if cut else ""


def _size(body: bytes) -> str:
    return f"{len(body)} bytes" if body else "empty"
