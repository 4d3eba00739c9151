"""The status of a REST API, and the wait until a change of it is complete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provision.aws.client import Aws
from provision.errors import ApiError
from provision.steps.not_found import found_or_none

if TYPE_CHECKING:
    from mypy_boto3_apigateway.type_defs import RestApiResponseTypeDef, RestApiTypeDef

AVAILABLE: Final = "AVAILABLE"
_COMING: Final = frozenset({"PENDING", "UPDATING"})
_FAILED: Final = "FAILED"
_BUDGET: Final = 1800  # a change takes about 15 minutes (A37)


def describe(aws: Aws, api_id: str) -> RestApiResponseTypeDef | None:
    """Return the API without waiting for a change of it: it answers callers meanwhile."""
    return found_or_none(lambda: aws.apigateway.get_rest_api(restApiId=api_id))


def state_of(found: RestApiTypeDef | RestApiResponseTypeDef) -> str:
    """Return AWS's status, with the reason if it failed: `FAILED: why`."""
    status = found.get("apiStatus", AVAILABLE)
    if status != _FAILED:
        return status
    return f"{status}: {found.get('apiStatusMessage', 'no reason given')}"


def wait_available(aws: Aws, api_id: str, name: str) -> None:
    """Wait until the API shows this change and accepts the next one (A37).

    Raises ApiError if the change failed or the API does not exist.
    """

    def settled() -> str | None:
        found = describe(aws, api_id)
        state = state_of(found) if found else "gone"
        return None if state in _COMING else state

    state = aws.wait(f"API {name} to be updated", settled, budget=_BUDGET)
    if state != AVAILABLE:
        raise ApiError(
            f"API {name} is {state}",
            hint="see the API in API Gateway's console, then run `provision up` again",
        )
