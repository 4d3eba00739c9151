"""What the network's steps share: found by the id EC2 chose, else by the owner tag."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, Self, TypeVar

from botocore.exceptions import ClientError

from provision.aws.client import Aws
from provision.aws.error_codes import is_not_found
from provision.model import iam
from provision.model.risks import Impact, Risk
from provision.model.step import OWNER, Computed, Mark, Replacement, Tagged, fields_with
from provision.steps.tagging import ec2_tags, tag_changes

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FilterTypeDef

T = TypeVar("T")

OLD_INTERFACES: Final = Risk(
    Impact.SLOW,
    "older versions in it go, and Lambda's network interfaces hold it",
    1200,
    2700,
    of_old=True,
)
"""What functions have moved out of goes only when Lambda has let go of it (E1)."""


@dataclass(frozen=True, kw_only=True)
class Ec2Resource(Tagged):
    """AWS takes any number of the same, told apart by ids it chooses (V2)."""

    IDENTITY: ClassVar[tuple[str, ...]] = ("tags",)
    REPLACEMENT = Replacement.CREATE_FIRST
    UNIQUE = False

    id: Computed[str] = ""

    def called(self) -> str:
        return self.tags.get("Name", self.KIND.rpartition(".")[2].replace("_", " "))

    @abstractmethod
    def describe(self, aws: Aws) -> Sequence[Self]:
        """The one with this id; where no id is known, those that carry the owner tag, or more."""

    def observe(self, aws: Aws) -> Self | None:
        return next(iter(self.find_candidates(aws)), None)

    def find_candidates(self, aws: Aws) -> Sequence[Self]:
        """Of several of our own (a replacement was cut short), first the one that differs least."""
        fixed = fields_with(type(self), Mark.FIXED)

        def distance(have: Self) -> tuple[int, str]:
            return sum(vars(have)[name] != vars(self)[name] for name in fixed), have.id

        return sorted(filter(self.is_candidate, self.describe(aws)), key=distance)

    def is_candidate(self, have: Self) -> bool:
        """Whether one that was found is ours; of one known by its id the engine judges."""
        return bool(self.id) or have.tags.get(OWNER) == self.owner

    def update_tags(self, aws: Aws, have: Self) -> None:
        """Bring the tags from what is there to what is wanted."""
        gone, new = tag_changes(have.tags, self.tags)
        if gone:
            aws.ec2.delete_tags(Resources=[have.id], Tags=[{"Key": key} for key in gone])
        if new:
            aws.ec2.create_tags(Resources=[have.id], Tags=ec2_tags(new))


def ec2_arn(kind: str, id_template: str = "{id}") -> str:
    return iam.arn("ec2", f"{kind}/{id_template}")


def create_permissions(operation: str, kind: str) -> tuple[iam.Permission, ...]:
    """What making one asks: that it gets our tag, and that tags may be given in making it.

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
    """Our own by their tag. EC2 reads `*` and `?` in values, so `is_candidate` compares again."""
    return [{"Name": f"tag:{OWNER}", "Values": [owner]}]


def stack_filters(stack: str) -> list[FilterTypeDef]:
    """DescribeTags: everything in EC2 that is some node's of the stack."""
    return [{"Name": "key", "Values": [OWNER]}, {"Name": "value", "Values": [f"{stack}/*"]}]


def describe_or_empty(describe: Callable[[], Sequence[T]]) -> Sequence[T]:
    """What the call finds by id, or nothing. Only of an id just made is `NotFound` untrue (V1)."""
    try:
        return describe()
    except ClientError as error:
        if is_not_found(error.response["Error"]["Code"]):
            return ()
        raise


@contextmanager
def deleting(aws: Aws, made: str) -> Iterator[None]:
    """Removing what is not there is success, and at once, even of what was made in this run."""
    aws.fresh.discard(made)
    try:
        yield
    except ClientError as error:
        if not is_not_found(error.response["Error"]["Code"]):
            raise
