"""Reads the state of a function or version, and waits until Lambda has finished with it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from provision.aws.client import Aws
from provision.errors import NotPermitted, ProvisionError
from provision.model import iam
from provision.model.step import OWNER
from provision.steps.not_found import found_or_none

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import (
        FunctionConfigurationTypeDef,
        GetFunctionResponseTypeDef,
    )

T = TypeVar("T")

SETTLE_BUDGET = 900  # seconds: attaching to a VPC takes minutes (L6)
REVISION_RETRIES = 3
"""How often a stale RevisionId is read again before we report a concurrent change."""

_PASSING_STATES = frozenset(["Pending", "Deactivating", "Deleting"])


class FunctionFailed(ProvisionError):
    """AWS accepted the function, version or change and then failed to set it up."""


def qualified(qualifier: str) -> tuple[str, ...]:
    """Return the ARN templates on which IAM may check a call with a qualifier.

    AWS's reference names the function, and its denials name the function with the qualifier.
    """
    function = iam.arn("lambda", "function:{function}")
    return (function, f"{function}:{qualifier}")


def describe(aws: Aws, name: str, qualifier: str = "$LATEST") -> GetFunctionResponseTypeDef | None:
    """Return the answer of GetFunction, or None if the function or version does not exist.

    GetFunction may be called 100 times a second, most other calls of Lambda only 15 times (L28).
    Raise `NotPermitted` if AWS hides the function's tags: its owner is then unknown, not foreign.

    https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html
    """
    client = aws.lambda_
    if qualifier != "$LATEST":  # as a qualifier, `$LATEST` would become part of the ARN
        return found_or_none(lambda: client.get_function(FunctionName=name, Qualifier=qualifier))
    found = found_or_none(lambda: client.get_function(FunctionName=name))
    hidden = found.get("TagsError") if found else None
    if found and hidden:  # since 2024-07, tags need a permission of their own
        raise NotPermitted(
            f"the tags of function {name} are not shown ({hidden['ErrorCode']}:"
            f" {hidden['Message']}), so its owner is unknown",
            hint=f"allow lambda:ListTags on {found['Configuration']['FunctionArn']};"
            " `provision policy deployer` prints all that is needed",
        )
    return found


def wait_until_stable(
    aws: Aws, name: str, qualifier: str = "$LATEST"
) -> GetFunctionResponseTypeDef | None:
    """Wait until no change of the function is in progress (L6, L7); return None if there is none.

    The change may be another party's.
    """
    return aws.wait_until_stable(
        f"function {_named(name, qualifier)} to settle",
        lambda: describe(aws, name, qualifier),
        lambda found: found is not None and _is_busy(found["Configuration"]),
        budget=SETTLE_BUDGET,
    )


def wait_working(aws: Aws, name: str, qualifier: str = "$LATEST") -> FunctionConfigurationTypeDef:
    """Wait until a write has taken effect, and return what AWS shows then.

    Raise `FunctionFailed` if AWS failed to set it up.
    """

    def look() -> FunctionConfigurationTypeDef | None:
        found = describe(aws, name, qualifier)
        if found is None or _is_busy(found["Configuration"]):
            return None
        shown = found["Configuration"]
        # A new version has no LastUpdateStatus for a moment (L12).
        return shown if failure(shown) or shown.get("LastUpdateStatus") else None

    shown = aws.wait(f"function {_named(name, qualifier)} to be ready", look, budget=SETTLE_BUDGET)
    if why := failure(shown):
        raise FunctionFailed(
            f"Lambda could not set up {_named(name, qualifier)}: {why}",
            hint="fix the cause, then `provision up` again: it sends everything once more",
        )
    return shown


def failure(shown: FunctionConfigurationTypeDef) -> str:
    """Return why AWS failed to set it up; empty if it works. A failed function exists (L6)."""
    if shown.get("State") == "Failed":
        return f"{shown.get('StateReasonCode', '')}: {shown.get('StateReason', '')}"
    if shown.get("LastUpdateStatus") == "Failed":
        code = shown.get("LastUpdateStatusReasonCode", "")
        return f"{code}: {shown.get('LastUpdateStatusReason', '')}"
    return ""


def retry_on_conflict(aws: Aws, attempt: Callable[[], T]) -> T:
    """Run `attempt`, which reads a RevisionId and writes with it, until the id is current (L10).

    Our own write makes the id stale too if its answer was lost (X1, L9). After `REVISION_RETRIES`
    conflicts the last attempt's error is raised.
    """
    for _ in range(REVISION_RETRIES):
        with suppress(aws.lambda_.exceptions.PreconditionFailedException):
            return attempt()
    return attempt()


def owner_of_function(aws: Aws, name: str) -> str | None:
    """Return the function's owner tag: empty if it has none, None if there is no function."""
    found = describe(aws, name)
    return found.get("Tags", {}).get(OWNER, "") if found else None


def _is_busy(shown: FunctionConfigurationTypeDef) -> bool:
    return shown.get("State") in _PASSING_STATES or shown.get("LastUpdateStatus") == "InProgress"


def _named(name: str, qualifier: str) -> str:
    return name if qualifier == "$LATEST" else f"{name}:{qualifier}"
