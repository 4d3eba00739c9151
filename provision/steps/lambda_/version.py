"""The published version of a function: its code and configuration, frozen under a number."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Final, Self

from provision.aws.client import Aws
from provision.aws.concurrency import read_pool
from provision.errors import ProvisionError
from provision.model import iam
from provision.model.capabilities import HasParent, KeepsVersions
from provision.model.step import OWNER, Computed, Digest, Fixed, Local, Replacement
from provision.steps.lambda_.configuration import observed_digest
from provision.steps.lambda_.lost_variables import LOOKS, without_lost
from provision.steps.lambda_.states import (
    FunctionFailed,
    failure,
    owner_of_function,
    qualified,
    retry_on_conflict,
    wait_until_stable,
    wait_working,
)
from provision.steps.not_found import ignore_not_found

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import (
        FunctionConfigurationResponseTypeDef,
        FunctionConfigurationTypeDef,
    )

KEPT: Final = 5
MARK: Final = f"{OWNER}="
_FUNCTION = iam.arn("lambda", "function:{function}")


class ConcurrentChange(ProvisionError):
    """Another party changed the function while it was being published."""


@dataclass(frozen=True, kw_only=True)
class Version(HasParent, KeepsVersions):
    """The newest version of a function.

    `configuration` is `Function.configuration()`: a version is published whenever that or the code
    differs from the newest version's. `owner` is in the description of those that we published;
    only these are pruned. `surplus`: the numbers that are pruned once another one is published.

    https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html
    """

    KIND = "lambda.version"
    IDENTITY = ("function",)
    API_CALLS = iam.ApiCalls(
        read=(
            *iam.calls("lambda", _FUNCTION, "ListAliases", "ListVersionsByFunction"),
            *iam.calls("lambda", qualified("*"), "GetFunction"),
            *LOOKS,
        ),
        write=(
            *iam.calls("lambda", _FUNCTION, "PublishVersion"),
            *iam.calls("lambda", qualified("*"), "DeleteFunction"),
        ),
        delete=iam.calls("lambda", qualified("*"), "DeleteFunction"),
        computed={"arn": f"{_FUNCTION}:*"},
    )
    REPLACEMENT = Replacement.NEW_VERSION

    function: Fixed[str]
    code_sha256: Annotated[Fixed[str], Digest("code", from_files=True)]
    configuration: Annotated[Fixed[str], Digest("settings")]
    owner: Local[str] = ""
    number: Computed[str] = ""
    arn: Computed[str] = ""
    surplus: Computed[tuple[str, ...]] = ()

    def with_owner(self, owner: str) -> Self:
        return replace(self, owner=owner)

    def parent_owner(self, aws: Aws) -> str | None:
        return owner_of_function(aws, self.function)

    def observe(self, aws: Aws) -> Self | None:
        published = _published(aws, self.function)
        newest = published[0]["Version"] if published else ""
        found = wait_until_stable(aws, self.function, newest) if newest else None
        if found is None:
            return None
        shown, lost = without_lost(aws, found["Configuration"])
        return replace(
            self,
            code_sha256=shown["CodeSha256"],
            configuration=failure(shown) or lost or observed_digest(shown),
            number=shown["Version"],
            arn=shown["FunctionArn"],
            surplus=tuple(self._unused(aws, _ours(published)[KEPT - 1 :])),
        )

    def displaced_versions(self) -> str:
        if not self.surplus:
            return ""
        one = len(self.surplus) == 1
        word, be = ("version", "is") if one else ("versions", "are")
        return f"{word} {', '.join(self.surplus)} {be} deleted: {KEPT} of the stack's own are kept"

    def create(self, aws: Aws) -> Self:
        """Publish exactly this code and configuration, and wait until it is ready for calls.

        Safe to repeat (L11). Raise `ConcurrentChange` or `FunctionFailed`.
        """
        published = retry_on_conflict(aws, lambda: self._publish(aws))
        number = published["Version"]
        try:
            wait_working(aws, self.function, number)
        except FunctionFailed:
            # Otherwise publishing again would only return this one (L11).
            _delete(aws, self.function, number)
            raise
        return replace(self, number=number, arn=published["FunctionArn"])

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:  # noqa: ARG002  (see below)
        return self.create(aws)  # a version never changes: a difference means another version

    def delete(self, aws: Aws) -> None:
        numbers = [version["Version"] for version in _published(aws, self.function)]
        with read_pool() as pool:
            list(pool.map(lambda number: _delete(aws, self.function, number), numbers))

    def _publish(self, aws: Aws) -> FunctionConfigurationResponseTypeDef:
        """Publish; safe to repeat (L11). Read the RevisionId after the last update's end (L9)."""
        latest = wait_working(aws, self.function)
        seen = (latest["CodeSha256"], observed_digest(latest))
        if seen != (self.code_sha256, self.configuration):
            raise ConcurrentChange(
                f"another party changed function {self.function} while it was being published",
                hint="`provision plan` shows what differs; `provision up` corrects it",
            )
        return aws.lambda_.publish_version(
            FunctionName=self.function,
            CodeSha256=self.code_sha256,
            RevisionId=latest["RevisionId"],
            Description=f"{MARK}{self.owner}",
        )

    def prune(self, aws: Aws) -> None:
        """Delete old versions, but only ours: other parties may rely on those they published."""
        if int(self.number) <= KEPT:  # AWS never reuses a number (L11)
            return
        for old in self._unused(aws, _ours(_published(aws, self.function))[KEPT:]):
            _delete(aws, self.function, old)

    def _unused(self, aws: Aws, numbers: Sequence[str]) -> list[str]:
        """Return those of them that no alias leads to."""
        used = self._used(aws) if numbers else set()
        return [number for number in numbers if number not in used]

    def _used(self, aws: Aws) -> set[str]:
        """Return the numbers of the versions that an alias leads to."""
        used: set[str] = set()
        pages = aws.lambda_.get_paginator("list_aliases").paginate(FunctionName=self.function)
        for alias in (alias for page in pages for alias in page.get("Aliases", [])):
            used.add(alias["FunctionVersion"])
            used.update(alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {}))
        return used


def delete_versions_in(aws: Aws, function: str, place: str) -> None:
    """Delete a function's versions that are attached to the subnet or group `place`.

    A published version keeps the network it had, and with it the interfaces there (E2). AWS keeps
    a version that an alias leads to.
    """
    for version in _published(aws, function):
        network = version.get("VpcConfig", {})
        if place in {*network.get("SubnetIds", []), *network.get("SecurityGroupIds", [])}:
            _delete(aws, function, version["Version"])


def _published(aws: Aws, function: str) -> list[FunctionConfigurationTypeDef]:
    """Return the published versions, the newest first; none if the function does not exist."""
    pages = aws.lambda_.get_paginator("list_versions_by_function")
    with ignore_not_found():
        versions = [
            version
            for page in pages.paginate(FunctionName=function)
            for version in page.get("Versions", [])
            if version["Version"] != "$LATEST"
        ]
        return sorted(versions, key=lambda version: int(version["Version"]), reverse=True)
    return []


def _ours(published: Sequence[FunctionConfigurationTypeDef]) -> list[str]:
    """Return the numbers of those that we published, in the given order."""
    return [one["Version"] for one in published if one.get("Description", "").startswith(MARK)]


def _delete(aws: Aws, function: str, number: str) -> None:
    """Delete a version; one that a foreign alias leads to stays until the function is deleted."""
    with ignore_not_found(), suppress(aws.lambda_.exceptions.ResourceConflictException):
        aws.lambda_.delete_function(FunctionName=function, Qualifier=number)
