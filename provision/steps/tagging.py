"""Tags in the shapes AWS's services speak, and what has to change between two sets of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypedDict

from provision.model.step import OWNER, Tags

if TYPE_CHECKING:
    from mypy_boto3_ec2.literals import ResourceTypeType
    from mypy_boto3_ec2.type_defs import TagSpecificationTypeDef, TagTypeDef


class Tag(TypedDict):
    """Most services' shape."""

    Key: str
    Value: str


def tag_list(tags: Tags) -> list[Tag]:
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def tag_specifications(kind: ResourceTypeType, tags: Tags) -> list[TagSpecificationTypeDef]:
    """EC2's shape in a create call."""
    return [{"ResourceType": kind, "Tags": ec2_tags(tags)}]


def ec2_tags(tags: Tags) -> list[TagTypeDef]:
    """EC2's own shape, whose keys are all optional."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def from_tag_list(tags: Iterable[Mapping[str, object]]) -> dict[str, str]:
    return without_system({str(tag["Key"]): str(tag["Value"]) for tag in tags})


def owner_in(tags: Iterable[Mapping[str, object]]) -> str:
    """The value of the owner tag; empty where there is none."""
    return next((str(tag["Value"]) for tag in tags if tag["Key"] == OWNER), "")


def without_system(tags: Tags) -> dict[str, str]:
    """AWS's own `aws:` tags are nobody's to compare or remove."""
    return {key: value for key, value in sorted(tags.items()) if not key.startswith("aws:")}


def tag_changes(have: Tags, want: Tags) -> tuple[list[str], dict[str, str]]:
    """Keys to remove, and tags to set."""
    gone = sorted(have.keys() - want.keys())
    return gone, {key: value for key, value in want.items() if have.get(key) != value}
