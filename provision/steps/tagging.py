"""Tags in the shapes of AWS's services, and the changes from one set of tags to another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypedDict

from provision.model.step import OWNER, Tags

if TYPE_CHECKING:
    from mypy_boto3_acm.type_defs import TagTypeDef as AcmTag
    from mypy_boto3_ec2.literals import ResourceTypeType
    from mypy_boto3_ec2.type_defs import TagSpecificationTypeDef
    from mypy_boto3_ec2.type_defs import TagTypeDef as Ec2Tag
    from mypy_boto3_kms.type_defs import TagTypeDef as KmsTag


class Tag(TypedDict):
    """A tag in the shape of most services."""

    Key: str
    Value: str


def tag_list(tags: Tags) -> list[Tag]:
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def tag_specifications(kind: ResourceTypeType, tags: Tags) -> list[TagSpecificationTypeDef]:
    """Return the tags in the shape of an EC2 create call."""
    return [{"ResourceType": kind, "Tags": ec2_tags(tags)}]


def ec2_tags(tags: Tags) -> list[Ec2Tag]:
    """Return the tags in EC2's shape, where all keys are optional in the types."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def acm_tags(tags: Tags) -> list[AcmTag]:
    """Return the tags in ACM's shape, where values are optional in the types."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def kms_tags(tags: Tags) -> list[KmsTag]:
    """Return the tags in KMS's shape."""
    return [{"TagKey": key, "TagValue": value} for key, value in sorted(tags.items())]


def from_tag_list(tags: Iterable[Mapping[str, object]]) -> dict[str, str]:
    return without_system({str(tag["Key"]): str(tag["Value"]) for tag in tags})


def owner_in(tags: Iterable[Mapping[str, object]]) -> str:
    """Return the value of the owner tag, or an empty string if there is none."""
    return next((str(tag["Value"]) for tag in tags if tag["Key"] == OWNER), "")


def without_system(tags: Tags) -> dict[str, str]:
    """Return the tags without AWS's own `aws:` ones, which no one can set or remove."""
    return {key: value for key, value in sorted(tags.items()) if not key.startswith("aws:")}


def tag_changes(have: Tags, want: Tags) -> tuple[list[str], dict[str, str]]:
    """Return the keys to remove and the tags to set."""
    gone = sorted(have.keys() - want.keys())
    return gone, {key: value for key, value in want.items() if have.get(key) != value}
