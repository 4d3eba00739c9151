"""The Lambda layer: numbered versions of a zip.

A version is found by its description, and trusted only if AWS's digest of its content agrees.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, NamedTuple, Self, cast

from provision.aws.client import Aws
from provision.model import iam
from provision.model.capabilities import KeepsVersions, ReportsProblems
from provision.model.step import Computed, Digest, Fixed, Local, OwnerMark, Replacement
from provision.steps.lambda_.code import read_zip
from provision.steps.not_found import ignore_not_found
from provision.unknown import unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_lambda.literals import ArchitectureType, RuntimeType
    from mypy_boto3_lambda.type_defs import LayerVersionsListItemTypeDef

KEPT = 3
_LAYER = iam.arn("lambda", "layer:{name}")
_LOOKED_INTO = 10
"""How many versions of equal description are checked at most: other parties can publish more."""
_DESCRIPTION = re.compile(r"(?P<owner>\S+) sha256=(?P<sha256>[0-9a-f]{64})")


class _Published(NamedTuple):
    """One version of a layer.

    `owner` and `sha256` come from the description; empty if it is not in our form.
    """

    number: int
    arn: str
    owner: str
    sha256: str
    runtimes: tuple[str, ...]
    architectures: tuple[str, ...]

    @property
    def says(self) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
        """The content, runtimes and architectures that the version declares."""
        return self.sha256, self.runtimes, self.architectures


@dataclass(frozen=True, kw_only=True)
class Layer(KeepsVersions, ReportsProblems):
    """A Lambda layer, of which one version is wanted.

    A layer version cannot be tagged: the description names the owner and the zip's digest (L24).
    Other parties can copy that onto other content, so each version is compared with the digest that
    AWS computes of the content. Of several valid ones the recorded one stays, otherwise the oldest
    is used: a copy is younger than its original. `forged`: the versions with other content.

    https://docs.aws.amazon.com/lambda/latest/api/API_PublishLayerVersion.html
    https://docs.aws.amazon.com/lambda/latest/api/API_LayerVersionContentOutput.html
    """

    KIND = "lambda.layer"
    IDENTITY = ("name",)
    REPLACEMENT = Replacement.REUSE_VERSION
    OWNER_MARK = OwnerMark.PERMANENT
    API_CALLS = iam.ApiCalls(
        read=(
            *iam.calls("lambda", iam.ANY_RESOURCE, "ListLayerVersions"),
            *iam.calls("lambda", f"{_LAYER}:*", "GetLayerVersion"),
        ),
        write=(
            *iam.calls("lambda", _LAYER, "PublishLayerVersion"),
            *iam.calls("lambda", f"{_LAYER}:*", "DeleteLayerVersion"),
        ),
        delete=iam.calls("lambda", f"{_LAYER}:*", "DeleteLayerVersion"),
        computed={"arn": f"{_LAYER}:*"},
    )

    name: Fixed[str]
    sha256: Annotated[Fixed[str], Digest("requirements", from_files=True)]
    runtimes: Fixed[tuple[str, ...]]
    architectures: Fixed[tuple[str, ...]]
    zip: Local[str] = field(default_factory=unknown)
    owner: Local[str] = ""
    arn: Computed[str] = ""
    version: Computed[int] = 0
    forged: Computed[tuple[int, ...]] = ()

    def is_owned_by(self, have: Self, owner: str) -> bool:
        return have.owner == owner

    def with_owner(self, owner: str) -> Self:
        return replace(self, owner=owner)

    def reported_problem(self) -> str:
        if not self.forged:
            return ""
        which = ", ".join(map(str, self.forged))
        many = len(self.forged) > 1
        words, are = ("versions", "they are") if many else ("version", "it is")
        return (
            f"another party published {words} {which} with the description of this stack and other"
            f" content: {are} not used; `aws lambda delete-layer-version --region {self._region}"
            f" --layer-name {self.name} --version-number {self.forged[0]}` removes one"
        )

    @property
    def _region(self) -> str:
        return self.arn.split(":")[3]

    def observe(self, aws: Aws) -> Self | None:
        versions = self._versions(aws)
        ours = self._ours(versions)
        same = self._same(ours)
        contents = {one.number: self._content(aws, one) for one in same}
        found = next((one for one in same if contents[one.number] == one.sha256), None)
        forged = (one.number for one in same if contents[one.number] not in {"", one.sha256})
        found = found or self._first_whole(aws, ours[:_LOOKED_INTO])
        if found is None and ours:  # none is valid: show the content that the newest really has
            found = ours[0]._replace(sha256=self._content(aws, ours[0]))
        found = found or next(iter(versions), None)
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
            forged=tuple(sorted(forged)),
        )

    def create(self, aws: Aws) -> Self:
        # Every call publishes a new version, even of the same content (L24).
        if same := self._first_whole(aws, self._same(self._ours(self._versions(aws)))):
            return replace(self, arn=same.arn, version=same.number)
        answer = aws.lambda_.publish_layer_version(
            LayerName=self.name,
            Description=f"{self.owner} sha256={self.sha256}",
            Content={"ZipFile": read_zip(self.zip, f"layer {self.name}", self.sha256)},
            CompatibleRuntimes=cast("Sequence[RuntimeType]", self.runtimes),
            CompatibleArchitectures=cast("Sequence[ArchitectureType]", self.architectures),
        )
        return replace(self, arn=answer["LayerVersionArn"], version=answer["Version"])

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:  # noqa: ARG002  (see below)
        return self.create(aws)  # a version never changes: a difference means another version

    def delete(self, aws: Aws) -> None:
        for version in self._ours(self._versions(aws)):
            self._delete_version(aws, version.number)

    def prune(self, aws: Aws) -> None:
        """Delete all but the newest of our versions.

        A function keeps a deleted version that it has, but cannot be given one again: the newest
        ones stay for functions that still name them (L24). Forged ones are not ours to delete, and
        like copies do not count, since we publish nothing twice.
        """
        if self.version <= KEPT:
            return
        whole: dict[object, int] = {}
        for version in reversed(self._ours(self._versions(aws))):  # the oldest of each first
            if version.says not in whole and self._content(aws, version) == version.sha256:
                whole[version.says] = version.number
        for number in sorted(whole.values(), reverse=True)[KEPT:]:
            if number != self.version:
                self._delete_version(aws, number)

    def _ours(self, versions: list[_Published]) -> list[_Published]:
        return [version for version in versions if version.owner == self.owner]

    def _same(self, versions: list[_Published]) -> list[_Published]:
        """Return those that declare to be the wanted one: the recorded one, then by age."""
        wanted = (self.sha256, self.runtimes, self.architectures)
        same = [version for version in versions if version.says == wanted]
        same.sort(key=lambda version: (version.number != self.version, version.number))
        return same[:_LOOKED_INTO]

    def _first_whole(self, aws: Aws, versions: list[_Published]) -> _Published | None:
        """Return the first version whose content has the digest in its description."""
        return next((one for one in versions if self._content(aws, one) == one.sha256), None)

    def _content(self, aws: Aws, version: _Published) -> str:
        """Return AWS's digest of the version's zip, in hexadecimal; empty if it was deleted."""
        with ignore_not_found():
            found = aws.lambda_.get_layer_version(LayerName=self.name, VersionNumber=version.number)
            return base64.b64decode(found.get("Content", {}).get("CodeSha256", "")).hex()
        return ""

    def _versions(self, aws: Aws) -> list[_Published]:
        """Return every version, the newest first. AWS lists none, without error, for no layer."""
        pages = aws.lambda_.get_paginator("list_layer_versions").paginate(LayerName=self.name)
        found = [_read(item) for page in pages for item in page.get("LayerVersions", [])]
        return sorted(found, reverse=True)

    def _delete_version(self, aws: Aws, number: int) -> None:
        # Succeeds even if the version does not exist (L14).
        aws.lambda_.delete_layer_version(LayerName=self.name, VersionNumber=number)


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
