"""The reserved concurrency of a function: how many of its calls run at once, at most."""

from __future__ import annotations

from typing import Final

from botocore.exceptions import ClientError

from provision.aws.client import Aws
from provision.errors import ApiError
from provision.model.risks import Impact, Risk

STOPPED: Final = "stopped: its concurrency is 0, so that Lambda refuses every call"
_BELOW_MINIMUM: Final = "UnreservedConcurrentExecution below its minimum"
_HINT: Final = (
    "`aws lambda get-account-settings` shows what is unreserved: write a lower `concurrency`, or"
    " ask AWS for more with `aws service-quotas request-service-quota-increase --service-code"
    " lambda --quota-code L-B99A9384 --desired-value 2000`, and run it again when that is granted"
)


def stops(have: object, want: object) -> bool:  # noqa: ARG001  (the two differ)
    """Return whether the function will accept no call."""
    return want == 0


RISKS: Final = (Risk(Impact.DOWNTIME, "it is stopped: every call of it is refused", when=stops),)


def reserve(aws: Aws, function: str, concurrency: int | None) -> None:
    """Let so many calls run at once, none with 0; None takes the limit away.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
    """
    if concurrency is None:
        aws.lambda_.delete_function_concurrency(FunctionName=function)
        return
    try:
        aws.lambda_.put_function_concurrency(
            FunctionName=function, ReservedConcurrentExecutions=concurrency
        )
    except ClientError as error:
        text = error.response["Error"].get("Message", "")
        if _BELOW_MINIMUM not in text:  # (L26)
            raise
        raise ApiError(
            f"the account's concurrency is too small to reserve {concurrency} for {function}:"
            f" {text}",
            hint=_HINT,
        ) from error
