"""The base of the steps in EC2, which are found by EC2's id, or by the owner tag without one."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, Self, TypeVar

from provision.aws.client import Aws
from provision.model import iam
from provision.model.risks import Impact, Risk
from provision.model.step import OWNER, Computed, FieldRole, Replacement, Tagged, fields_with
from provision.steps.not_found import found_or_none, ignore_not_found
from provision.steps.tagging import ec2_tags, tag_changes

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FilterTypeDef

T = TypeVar("T")

OLD_INTERFACES: Final = Risk(
    Impact.SLOW,
    "older versions in it are deleted, and Lambda's network interfaces block it",
    1200,
    2700,
    of_old=True,
)
"""A network that functions have left is deletable only after Lambda has released it (E1)."""


@dataclass(frozen=True, kw_only=True)
class Ec2Resource(Tagged):
    """A resource of EC2, which allows any number of equal ones under ids of its choice (V2)."""

    IDENTITY: ClassVar[tuple[str, ...]] = ("tags",)
    REPLACEMENT = Replacement.CREATE_FIRST

    id: Computed[str] = ""

    def called(self) -> str:
        return self.tags.get("Name", self.KIND.rpartition(".")[2].replace("_", " "))

    @abstractmethod
    def describe(self, aws: Aws) -> Sequence[Self]:
        """Return the resource with this id; without an id, at least all with the owner tag."""

    def observe(self, aws: Aws) -> Self | None:
        return next(iter(self.find_candidates(aws)), None)

    def find_candidates(self, aws: Aws) -> Sequence[Self]:
        """Return the candidates, the one that differs least first.

        There are several of ours if a replacement was interrupted.
        """
        fixed = fields_with(type(self), FieldRole.FIXED)

        def distance(have: Self) -> tuple[int, str]:
            return sum(vars(have)[name] != vars(self)[name] for name in fixed), have.id

        return sorted(filter(self.is_candidate, self.describe(aws)), key=distance)

    def is_candidate(self, have: Self) -> bool:
        """Return whether `have` is ours; for a known id, the engine decides that."""
        return bool(self.id) or have.tags.get(OWNER) == self.owner

    def update_tags(self, aws: Aws, have: Self) -> None:
        """Change the tags of `have` to the wanted ones."""
        gone, new = tag_changes(have.tags, self.tags)
        if gone:
            aws.ec2.delete_tags(Resources=[have.id], Tags=[{"Key": key} for key in gone])
        if new:
            aws.ec2.create_tags(Resources=[have.id], Tags=ec2_tags(new))


def ec2_arn(kind: str, id_template: str = "{id}") -> str:
    return iam.arn("ec2", f"{kind}/{id_template}")


def create_permissions(operation: str, kind: str) -> tuple[iam.Permission, ...]:
    """Return the permissions to create one with our owner tag, and to tag it in that call only.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html
    """
    making = iam.Condition("StringEquals", "ec2:CreateAction", operation)
    return (
        iam.Permission(f"ec2:{operation}", (ec2_arn(kind),), (iam.TAGS_OWNER,)),
        iam.Permission("ec2:CreateTags", (ec2_arn(kind),), (iam.TAGS_OWNER, making)),
    )


def tag_update_calls(kind: str) -> tuple[iam.ApiCall, ...]:
    return (
        *iam.calls("ec2", ec2_arn(kind), "CreateTags", when=(iam.OWNED, iam.KEEPS_OWNER)),
        *iam.calls("ec2", ec2_arn(kind), "DeleteTags", when=(iam.OWNED,)),
    )


def owner_filter(owner: str) -> list[FilterTypeDef]:
    """Return a filter by owner tag. EC2 expands `*` and `?`, so `is_candidate` compares again."""
    return [{"Name": f"tag:{OWNER}", "Values": [owner]}]


def stack_filters(stack: str) -> list[FilterTypeDef]:
    """Return filters with which DescribeTags finds every resource that the stack owns in EC2."""
    return [{"Name": "key", "Values": [OWNER]}, {"Name": "value", "Values": [f"{stack}/*"]}]


def describe_or_empty(describe: Callable[[], Sequence[T]]) -> Sequence[T]:
    """Return what the call finds by id; `NotFound` means none, unless the id is new (V1)."""
    return found_or_none(describe) or ()


@contextmanager
def deleting(aws: Aws, made: str) -> Iterator[None]:
    """Treat "not found" in the block as success, at once even if `made` was created in this run."""
    aws.new_ids.discard(made)
    with ignore_not_found():
        yield
