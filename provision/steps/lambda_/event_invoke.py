"""How often and for how long Lambda retries an asynchronous invocation of an alias."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from provision.aws.client import Aws
from provision.model import iam
from provision.model.capabilities import HasParent
from provision.model.risks import NO_IMPACT
from provision.model.step import Fixed
from provision.steps.lambda_.states import owner_of_function, qualified
from provision.steps.not_found import found_or_none, ignore_not_found

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import DestinationConfigTypeDef

_ALIAS = qualified("{qualifier}")


@dataclass(frozen=True, kw_only=True)
class EventInvoke(HasParent):
    """The retry settings of one alias. They survive the publication of a new version (L25).

    `max_age` is in seconds. `destinations` ("success ARN", "failure ARN") receive a report of each
    event. We want none, since Lambda sends failed events to the function's dead-letter queue.

    https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html
    """

    KIND = "lambda.event_invoke"
    IDENTITY = ("function", "qualifier")
    RISKS = NO_IMPACT
    API_CALLS = iam.ApiCalls(
        read=iam.calls("lambda", _ALIAS, "GetFunctionEventInvokeConfig"),
        write=iam.calls("lambda", _ALIAS, "PutFunctionEventInvokeConfig"),
        delete=iam.calls("lambda", _ALIAS, "DeleteFunctionEventInvokeConfig"),
    )

    function: Fixed[str]
    qualifier: Fixed[str]
    retries: int
    max_age: int
    destinations: tuple[str, ...] = ()

    def parent_owner(self, aws: Aws) -> str | None:
        return owner_of_function(aws, self.function)

    def observe(self, aws: Aws) -> Self | None:
        found = found_or_none(
            lambda: aws.lambda_.get_function_event_invoke_config(
                FunctionName=self.function, Qualifier=self.qualifier
            )
        )
        if found is None:
            return None
        return replace(  # a missing key means AWS's default
            self,
            retries=found.get("MaximumRetryAttempts", 2),
            max_age=found.get("MaximumEventAgeInSeconds", 21600),
            destinations=_destinations(found.get("DestinationConfig", {})),
        )

    def create(self, aws: Aws) -> Self:
        aws.lambda_.put_function_event_invoke_config(  # overwrites the whole configuration (L25)
            FunctionName=self.function,
            Qualifier=self.qualifier,
            MaximumRetryAttempts=self.retries,
            MaximumEventAgeInSeconds=self.max_age,
        )
        return self

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:  # noqa: ARG002  (one call sets all)
        return self.create(aws)

    def delete(self, aws: Aws) -> None:
        with ignore_not_found():
            aws.lambda_.delete_function_event_invoke_config(
                FunctionName=self.function, Qualifier=self.qualifier
            )


def _destinations(found: DestinationConfigTypeDef) -> tuple[str, ...]:
    success = found.get("OnSuccess", {}).get("Destination")
    failure = found.get("OnFailure", {}).get("Destination")
    told = (("failure", failure), ("success", success))
    return tuple(f"{outcome} {arn}" for outcome, arn in told if arn)
