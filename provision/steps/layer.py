"""A Lambda layer: a numbered history of zips, found again by what its descriptions say."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Self, cast

from provision.aws import Aws
from provision.permissions.declare import EVERY, Declared, arn, calls
from provision.step import Computed, Fixed, Local, Replacement, Step
from provision.steps.lambda_zip import read_zip
from provision.unknown import unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_lambda.literals import ArchitectureType, RuntimeType
    from mypy_boto3_lambda.type_defs import LayerVersionsListItemTypeDef

KEPT = 3
_LAYER = arn("lambda", "layer:{name}")
_DESCRIPTION = re.compile(r"(?P<owner>\S+) sha256=(?P<sha256>[0-9a-f]{64})")


class _Published(NamedTuple):
    """One version. `owner` and `sha256` are empty when the description is not ours."""

    number: int
    arn: str
    owner: str
    sha256: str
    runtimes: tuple[str, ...]
    architectures: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Layer(Step):
    """Versions have no tags: the owner and the digest of the zip are in the description (L24).

    https://docs.aws.amazon.com/lambda/latest/api/API_PublishLayerVersion.html
    """

    KIND = "lambda.layer"
    IDENTITY = ("name",)
    REPLACEMENT = Replacement.SUCCEED
    DIGESTS: ClassVar = {"sha256": "requirements"}
    FROM_FILES = frozenset({"sha256"})
    REVIVES = True
    UNIQUE = False
    MARKED = True
    MARK_LASTS = True
    CALLS = Declared(
        look=calls("lambda", EVERY, "ListLayerVersions"),
        make=(
            *calls("lambda", _LAYER, "PublishLayerVersion"),
            *calls("lambda", f"{_LAYER}:*", "DeleteLayerVersion"),
        ),
        remove=calls("lambda", f"{_LAYER}:*", "DeleteLayerVersion"),
        computed={"arn": f"{_LAYER}:*"},
    )

    name: Fixed[str]
    sha256: Fixed[str]
    runtimes: Fixed[tuple[str, ...]]
    architectures: Fixed[tuple[str, ...]]
    zip: Local[str] = field(default_factory=unknown)
    owner: Local[str] = ""
    arn: Computed[str] = ""
    version: Computed[int] = 0

    def owned_by(self, have: Self, owner: str) -> bool:
        return have.owner == owner

    def with_owner(self, owner: str) -> Self:
        return replace(self, owner=owner)

    def observe(self, aws: Aws) -> Self | None:
        versions = self._versions(aws)
        ours = self._ours(versions)
        found = next(iter(self._same(ours) or ours or versions), None)
        if found is None:
            return None
        return replace(
            self,
            sha256=found.sha256,
            runtimes=found.runtimes,
            architectures=found.architectures,
            owner=found.owner,
            arn=found.arn,
            version=found.number,
        )

    def create(self, aws: Aws) -> Self:
        # L24: every call makes a new version, even of the same content.
        if same := self._same(self._ours(self._versions(aws))):
            return replace(self, arn=same[0].arn, version=same[0].number)
        answer = aws.lambda_.publish_layer_version(
            LayerName=self.name,
            Description=f"{self.owner} sha256={self.sha256}",
            Content={"ZipFile": read_zip(self.zip, f"layer {self.name}", self.sha256)},
            CompatibleRuntimes=cast("Sequence[RuntimeType]", self.runtimes),
            CompatibleArchitectures=cast("Sequence[ArchitectureType]", self.architectures),
        )
        return replace(self, arn=answer["LayerVersionArn"], version=answer["Version"])

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:  # noqa: ARG002  (see below)
        return self.create(aws)  # a version never changes: what differs is another one

    def delete(self, aws: Aws) -> None:
        for version in self._ours(self._versions(aws)):
            self._delete_version(aws, version.number)

    def tidy(self, aws: Aws) -> None:
        """L24: functions keep what they run with, yet can no longer be given a deleted version: the
        newest ones stay for whoever still has them in its configuration."""
        if self.version > KEPT:
            for version in self._ours(self._versions(aws))[KEPT:]:
                self._delete_version(aws, version.number)

    def _ours(self, versions: list[_Published]) -> list[_Published]:
        return [version for version in versions if version.owner == self.owner]

    def _same(self, versions: list[_Published]) -> list[_Published]:
        wanted = (self.sha256, self.runtimes, self.architectures)
        return [version for version in versions if version[-3:] == wanted]

    def _versions(self, aws: Aws) -> list[_Published]:
        """Every version, the newest first. A layer that never was is an empty list, no error."""
        pages = aws.lambda_.get_paginator("list_layer_versions").paginate(LayerName=self.name)
        found = [_read(item) for page in pages for item in page.get("LayerVersions", [])]
        return sorted(found, reverse=True)

    def _delete_version(self, aws: Aws, number: int) -> None:
        aws.lambda_.delete_layer_version(LayerName=self.name, VersionNumber=number)  # L14


def _read(item: LayerVersionsListItemTypeDef) -> _Published:
    marks = _DESCRIPTION.fullmatch(item.get("Description", ""))
    return _Published(
        number=item["Version"],
        arn=item["LayerVersionArn"],
        owner=marks["owner"] if marks else "",
        sha256=marks["sha256"] if marks else "",
        runtimes=tuple(sorted(item.get("CompatibleRuntimes", []))),
        architectures=tuple(sorted(item.get("CompatibleArchitectures", []))),
    )
