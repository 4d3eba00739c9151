"""What state Lambda says a function or version is in, and the waits until it is done with it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from provision.aws.client import Aws
from provision.errors import NotPermitted, ProvisionError
from provision.model import iam
from provision.model.step import OWNER

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import (
        FunctionConfigurationTypeDef,
        GetFunctionResponseTypeDef,
    )

T = TypeVar("T")

SETTLE_BUDGET = 900  # attaching to a VPC takes minutes (L6)
REVISION_RETRIES = 3
"""Times a RevisionId is read again before somebody else is believed to be changing the function."""

_PASSING_STATES = frozenset(["Pending", "Deactivating", "Deleting"])


class FunctionFailed(ProvisionError):
    """AWS took the function, version or change, and then gave up on it."""


def qualified(qualifier: str) -> tuple[str, ...]:
    """On what a call with a qualifier is judged: AWS's reference names the function, and refusals
    name the function with the qualifier."""
    function = iam.arn("lambda", "function:{function}")
    return (function, f"{function}:{qualifier}")


def describe(aws: Aws, name: str, qualifier: str = "$LATEST") -> GetFunctionResponseTypeDef | None:
    """GetFunction, because it may be asked 100 times a second; its neighbours only 15 (L28).

    Raises `NotPermitted` where AWS hides the tags of the function: then nobody can tell whose it
    is, which does not make it somebody else's.

    https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html
    """
    try:
        if qualifier != "$LATEST":  # given as a qualifier, that would become part of the ARN
            return aws.lambda_.get_function(FunctionName=name, Qualifier=qualifier)
        found = aws.lambda_.get_function(FunctionName=name)
    except aws.lambda_.exceptions.ResourceNotFoundException:
        return None
    if hidden := found.get("TagsError"):  # since 2024-07: shown only with a permission of their own
        raise NotPermitted(
            f"the tags of function {name} are not shown ({hidden['ErrorCode']}:"
            f" {hidden['Message']}), so nobody can tell whose it is",
            hint=f"allow lambda:ListTags on {found['Configuration']['FunctionArn']};"
            " `provision policy deployer` prints all that is needed",
        )
    return found


def wait_until_stable(
    aws: Aws, name: str, qualifier: str = "$LATEST"
) -> GetFunctionResponseTypeDef | None:
    """The function once AWS is done with what somebody began (L6, L7); None when there is none."""

    def look() -> tuple[GetFunctionResponseTypeDef | None] | None:
        found = describe(aws, name, qualifier)
        return None if found and _is_busy(found["Configuration"]) else (found,)

    what = f"function {_named(name, qualifier)} to settle"
    (found,) = aws.wait(what, look, budget=SETTLE_BUDGET)
    return found


def wait_working(aws: Aws, name: str, qualifier: str = "$LATEST") -> FunctionConfigurationTypeDef:
    """What AWS shows once a write has taken effect. Raises `FunctionFailed` when it never will."""

    def look() -> FunctionConfigurationTypeDef | None:
        found = describe(aws, name, qualifier)
        if found is None or _is_busy(found["Configuration"]):
            return None
        shown = found["Configuration"]
        # For a moment a new version has no LastUpdateStatus (L12).
        return shown if failure(shown) or shown.get("LastUpdateStatus") else None

    shown = aws.wait(f"function {_named(name, qualifier)} to be ready", look, budget=SETTLE_BUDGET)
    if why := failure(shown):
        raise FunctionFailed(
            f"Lambda could not set up {_named(name, qualifier)}: {why}",
            hint="mend what it names, then `provision up` again: it sends all of it once more",
        )
    return shown


def failure(shown: FunctionConfigurationTypeDef) -> str:
    """Why AWS gave up on it; empty when it works. It is there nevertheless (L6)."""
    if shown.get("State") == "Failed":
        return f"{shown.get('StateReasonCode', '')}: {shown.get('StateReason', '')}"
    if shown.get("LastUpdateStatus") == "Failed":
        code = shown.get("LastUpdateStatusReasonCode", "")
        return f"{code}: {shown.get('LastUpdateStatusReason', '')}"
    return ""


def retry_on_conflict(aws: Aws, attempt: Callable[[], T]) -> T:
    """Run `attempt`, which reads a RevisionId and writes with it; again if overtaken (L10), also by
    its own write, whose answer was lost (X1, L9)."""
    for _ in range(REVISION_RETRIES):
        with suppress(aws.lambda_.exceptions.PreconditionFailedException):
            return attempt()
    return attempt()


def owner_of_function(aws: Aws, name: str) -> str | None:
    """The owner tag of the function; empty without one, None if it is not there."""
    found = describe(aws, name)
    return found.get("Tags", {}).get(OWNER, "") if found else None


def _is_busy(shown: FunctionConfigurationTypeDef) -> bool:
    return shown.get("State") in _PASSING_STATES or shown.get("LastUpdateStatus") == "InProgress"


def _named(name: str, qualifier: str) -> str:
    return name if qualifier == "$LATEST" else f"{name}:{qualifier}"
