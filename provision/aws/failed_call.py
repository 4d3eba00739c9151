"""One call that failed, as botocore shows it: what AWS said, and whether it may have done it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.parsers import ResponseParserError

from provision.aws.error_codes import ALREADY_EXISTS

NO_GOOD_ANSWER: Final = (ClientError, BotoCoreError, ResponseParserError)
"""What a call ends with that was refused, was lost, or was answered by who is not AWS."""


@dataclass(frozen=True)
class FailedCall:
    """One failed call. The code is empty when no answer came; `request` is what was asked."""

    operation: str
    code: str
    message: str
    status: int
    request: str


def is_ambiguous(failure: FailedCall) -> bool:
    """Whether AWS may have done what was asked although no good answer came."""
    return not failure.code or failure.status >= HTTPStatus.INTERNAL_SERVER_ERROR


def succeeded(response: Any) -> bool:
    """Whether what botocore's `needs-retry` event shows is a good answer, with nothing refused."""
    http, parsed = response
    return bool(http.status_code < HTTPStatus.MULTIPLE_CHOICES and not _refused_item(parsed))


def parse_failure(
    operation: str, response: Any, caught: BaseException | None, request: str
) -> FailedCall:
    """What that event shows otherwise."""
    if caught is not None:
        return FailedCall(operation, "", f"{type(caught).__name__}: {caught}", 0, request)
    http, parsed = response
    error = parsed.get("Error") or _refused_item(parsed)
    code, text = str(error.get("Code", "")), str(error.get("Message", ""))
    return FailedCall(operation, code, text, http.status_code, request)


def _refused_item(parsed: Mapping[str, Any]) -> Mapping[str, Any]:
    """EC2 answers 200 and lists what it did not do (V11, V18). Where that is all of it, it can be
    asked again like any other call; what was done in part must not be done twice."""
    refused = [one.get("Error", {}) for one in parsed.get("Unsuccessful") or ()]
    done = any(made for name, made in parsed.items() if name.endswith("Ids"))
    return refused[0] if refused and not done else {}


def may_have_been_created(error: ClientError | HTTPClientError) -> bool:
    """Whether, after this failure of a create, the thing may be there (X1, L8, A4)."""
    if isinstance(error, HTTPClientError) or is_already_exists(error):
        return True
    status: int = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR


def is_already_exists(error: ClientError | HTTPClientError) -> bool:
    """Whether AWS refused a create because there is one already."""
    if isinstance(error, HTTPClientError):
        return False
    details = error.response["Error"]
    text = str(details.get("Message", "")).lower()
    return details.get("Code") in ALREADY_EXISTS or "already exist" in text
