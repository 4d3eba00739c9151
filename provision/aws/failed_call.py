"""Reads from a failed botocore call what AWS said and whether it may have carried out the call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.parsers import ResponseParserError

from provision.aws.error_codes import ALREADY_EXISTS

NO_GOOD_ANSWER: Final = (ClientError, BotoCoreError, ResponseParserError)
"""Exceptions of a call that was refused, was lost, or was answered by something else than AWS."""


@dataclass(frozen=True)
class FailedCall:
    """A failed call. The code is empty if no answer came; `request` is the request as text."""

    operation: str
    code: str
    message: str
    status: int
    request: str


def is_ambiguous(failure: FailedCall) -> bool:
    """Return whether AWS may have carried out the call although no good answer came."""
    return not failure.code or failure.status >= HTTPStatus.INTERNAL_SERVER_ERROR


def succeeded(response: Any) -> bool:
    """Return whether the response in botocore's `needs-retry` event is good and refuses nothing."""
    http, parsed = response
    return bool(http.status_code < HTTPStatus.MULTIPLE_CHOICES and not _refused_item(parsed))


def parse_failure(
    operation: str, response: Any, caught: BaseException | None, request: str
) -> FailedCall:
    """Return the failure that botocore's `needs-retry` event shows."""
    if caught is not None:
        return FailedCall(operation, "", f"{type(caught).__name__}: {caught}", 0, request)
    http, parsed = response
    error = parsed.get("Error") or _refused_item(parsed)
    code, text = str(error.get("Code", "")), str(error.get("Message", ""))
    return FailedCall(operation, code, text, http.status_code, request)


def _refused_item(parsed: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the error of a refused item if the whole call was refused, otherwise nothing.

    EC2 answers 200 and lists the items that it refused (V11, V18). If it refused all of them, the
    call can be sent again like any other; a call carried out in part must not be repeated.
    """
    refused = [one.get("Error", {}) for one in parsed.get("Unsuccessful") or ()]
    done = any(made for name, made in parsed.items() if name.endswith("Ids"))
    return refused[0] if refused and not done else {}


def may_have_been_created(error: ClientError | HTTPClientError) -> bool:
    """Return whether the resource may exist although its create call failed (X1, L8, A4)."""
    if isinstance(error, HTTPClientError) or is_already_exists(error):
        return True
    status: int = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR


def is_already_exists(error: ClientError | HTTPClientError) -> bool:
    """Return whether AWS refused a create call because the resource already exists."""
    if isinstance(error, HTTPClientError):
        return False
    details = error.response["Error"]
    text = str(details.get("Message", "")).lower()
    return details.get("Code") in ALREADY_EXISTS or "already exist" in text
