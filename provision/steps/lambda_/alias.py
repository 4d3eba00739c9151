"""The Lambda alias, by which callers reach a published version once it can be imported."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from provision.aws.client import Aws
from provision.model import iam
from provision.model.capabilities import HasParent
from provision.model.step import Computed, Fixed, Local
from provision.steps.lambda_.import_check import CALL, check_import
from provision.steps.lambda_.states import owner_of_function, retry_on_conflict
from provision.steps.not_found import found_or_none, ignore_not_found
from provision.unknown import is_known

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import AliasConfigurationResponseTypeDef

_FUNCTION = iam.arn("lambda", "function:{function}")


@dataclass(frozen=True, kw_only=True)
class Alias(HasParent):
    """An alias of a Lambda function.

    `weights`: the share of calls that another version gets, by its number; one at most (L13).
    `import_check`: whether a version is invoked once before callers reach it. `untried`: why that
    gave no result; empty if the version was imported or the check is off.

    https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html
    """

    KIND = "lambda.alias"
    IDENTITY = ("function", "name")
    API_CALLS = iam.ApiCalls(
        read=iam.calls("lambda", _FUNCTION, "GetAlias"),
        write=(CALL, *iam.calls("lambda", _FUNCTION, "CreateAlias", "UpdateAlias")),
        delete=iam.calls("lambda", _FUNCTION, "DeleteAlias"),
        computed={"arn": f"{_FUNCTION}:{{name}}"},
    )

    function: Fixed[str]
    name: Fixed[str]
    version: str
    weights: dict[str, float] = field(default_factory=dict)
    import_check: Local[bool] = True
    arn: Computed[str] = ""
    untried: Computed[str] = ""
    revision: Computed[str] = ""

    def parent_owner(self, aws: Aws) -> str | None:
        return owner_of_function(aws, self.function)

    def observe(self, aws: Aws) -> Self | None:
        client = aws.lambda_
        found = found_or_none(lambda: client.get_alias(FunctionName=self.function, Name=self.name))
        if found is None:
            return None
        return replace(
            self,
            version=found["FunctionVersion"],
            weights=dict(found.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})),
            arn=found["AliasArn"],
            untried=self.untried if self._leads_to(found["FunctionVersion"]) else "",
            revision=found["RevisionId"],
        )

    def _leads_to(self, version: str) -> bool:
        """Return whether this alias is known to lead to `version`, so that `untried` applies."""
        return is_known((self.version, self.untried)) and self.version == version

    def create(self, aws: Aws) -> Self:
        """Create the alias. Raise `ImportFails` first if the version cannot be imported."""
        untried = self._check(aws)
        answer = aws.lambda_.create_alias(
            FunctionName=self.function,
            Name=self.name,
            FunctionVersion=self.version,
            RoutingConfig={"AdditionalVersionWeights": self.weights},
        )
        return replace(self, arn=answer["AliasArn"], untried=untried, revision=answer["RevisionId"])

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:
        """Set everything in one call, or raise `ImportFails` and leave the alias as it was."""
        untried = self._check(aws) if "version" in changed else have.untried
        try:
            moved = self._move(aws, have.revision)
        except aws.lambda_.exceptions.PreconditionFailedException:  # stale revision (L10)
            moved = retry_on_conflict(aws, lambda: self._move(aws, self._revision_now(aws)))
        return replace(self, arn=have.arn, untried=untried, revision=moved["RevisionId"])

    def delete(self, aws: Aws) -> None:
        with ignore_not_found():
            aws.lambda_.delete_alias(FunctionName=self.function, Name=self.name)

    def _check(self, aws: Aws) -> str:
        return check_import(aws, self.function, self.version) if self.import_check else ""

    def _move(self, aws: Aws, revision: str) -> AliasConfigurationResponseTypeDef:
        """Update the alias; always send the weights, since AWS may keep omitted ones (L13)."""
        return aws.lambda_.update_alias(
            FunctionName=self.function,
            Name=self.name,
            FunctionVersion=self.version,
            RoutingConfig={"AdditionalVersionWeights": self.weights},
            RevisionId=revision,
        )

    def _revision_now(self, aws: Aws) -> str:
        return aws.lambda_.get_alias(FunctionName=self.function, Name=self.name)["RevisionId"]
