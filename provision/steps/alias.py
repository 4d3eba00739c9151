"""A Lambda alias: the name by which callers reach a published version."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from provision.aws import Aws
from provision.permissions.declare import Declared, arn, calls
from provision.step import Computed, Fixed, Step
from provision.steps.lambda_states import reading_again

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import AliasConfigurationResponseTypeDef

_FUNCTION = arn("lambda", "function:{function}")


@dataclass(frozen=True, kw_only=True)
class Alias(Step):
    """`weights`: the share of calls that another version gets, by its number (one at most, L13).

    https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html
    """

    KIND = "lambda.alias"
    IDENTITY = ("function", "name")
    CALLS = Declared(
        look=calls("lambda", _FUNCTION, "GetAlias"),
        make=calls("lambda", _FUNCTION, "CreateAlias", "UpdateAlias"),
        remove=calls("lambda", _FUNCTION, "DeleteAlias"),
        computed={"arn": f"{_FUNCTION}:{{name}}"},
    )

    function: Fixed[str]
    name: Fixed[str]
    version: str
    weights: dict[str, float] = field(default_factory=dict)
    arn: Computed[str] = ""
    revision: Computed[str] = ""

    def observe(self, aws: Aws) -> Self | None:
        try:
            found = aws.lambda_.get_alias(FunctionName=self.function, Name=self.name)
        except aws.lambda_.exceptions.ResourceNotFoundException:
            return None
        return replace(
            self,
            version=found["FunctionVersion"],
            weights=dict(found.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})),
            arn=found["AliasArn"],
            revision=found["RevisionId"],
        )

    def create(self, aws: Aws) -> Self:
        answer = aws.lambda_.create_alias(
            FunctionName=self.function,
            Name=self.name,
            FunctionVersion=self.version,
            RoutingConfig={"AdditionalVersionWeights": self.weights},
        )
        return replace(self, arn=answer["AliasArn"], revision=answer["RevisionId"])

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:  # noqa: ARG002  (one call sets all)
        try:
            moved = self._move(aws, have.revision)
        except aws.lambda_.exceptions.PreconditionFailedException:  # L10
            moved = reading_again(aws, lambda: self._move(aws, self._revision_now(aws)))
        return replace(self, arn=have.arn, revision=moved["RevisionId"])

    def delete(self, aws: Aws) -> None:
        with suppress(aws.lambda_.exceptions.ResourceNotFoundException):
            aws.lambda_.delete_alias(FunctionName=self.function, Name=self.name)

    def _move(self, aws: Aws, revision: str) -> AliasConfigurationResponseTypeDef:
        """L13: weights that are left out would stay."""
        return aws.lambda_.update_alias(
            FunctionName=self.function,
            Name=self.name,
            FunctionVersion=self.version,
            RoutingConfig={"AdditionalVersionWeights": self.weights},
            RevisionId=revision,
        )

    def _revision_now(self, aws: Aws) -> str:
        return aws.lambda_.get_alias(FunctionName=self.function, Name=self.name)["RevisionId"]
