"""Kinds of resources that exist nowhere: each has one trait that decisions depend on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Never, Self

from provision.aws.client import Aws
from provision.model.capabilities import (
    HasDeletionProtection,
    HasParent,
    HoldsData,
    KeepsMessages,
    KeepsVersions,
    MayOutliveStack,
    MayReappear,
    ReportsProblems,
)
from provision.model.stack import Node, Stack
from provision.model.step import (
    OWNER,
    Computed,
    Fixed,
    Management,
    OwnerMark,
    Renews,
    Replacement,
    Step,
    Tagged,
)
from provision.state.record import Record
from provision.unknown import unknown

MARK = "tap/dev/us-east-1/123456789012"
NAME = "tap-dev"
OURS = {OWNER: f"{MARK}/it"}


@dataclass(frozen=True, kw_only=True)
class Untouched(Step):
    """A step that makes no call."""

    def observe(self, aws: Aws) -> Never:
        raise AssertionError("a decision read from AWS")

    def create(self, aws: Aws) -> Never:
        raise AssertionError("a decision wrote to AWS")

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Never:
        raise AssertionError("a decision wrote to AWS")

    def delete(self, aws: Aws) -> Never:
        raise AssertionError("a decision wrote to AWS")


@dataclass(frozen=True, kw_only=True)
class Thing(Untouched, Tagged):
    KIND = "test.thing"
    IDENTITY = ("name",)
    name: Fixed[str] = "x"
    place: Fixed[str] = "here"
    ports: Fixed[tuple[int, ...]] = (80,)
    size: int = 1
    expiry: str = ""
    id: Computed[str] = field(default_factory=unknown)


@dataclass(frozen=True, kw_only=True)
class Beside(Thing):
    """A kind whose replacement is created before the old resource is deleted."""

    REPLACEMENT = Replacement.CREATE_FIRST


@dataclass(frozen=True, kw_only=True)
class Vault(Thing, HoldsData):
    def restore_hint(self, node: str, region: str) -> str:
        return f"restore {node} in {region}"


class Letterbox(Thing, KeepsMessages):
    def messages_waiting(self, aws: Aws) -> Never:
        raise AssertionError("a decision read from AWS")

    def saving_hint(self, node: str) -> str:
        return f"`save {node}` keeps them"


@dataclass(frozen=True, kw_only=True)
class Key(Thing):
    """A kind for which AWS chooses another id when its size changes."""

    size: Renews[int] = 1


@dataclass(frozen=True, kw_only=True)
class Group(Thing, MayReappear):
    def has_recent_writes(self, aws: Aws) -> Never:
        raise AssertionError("a decision read from AWS")

    def is_new_and_empty(self, aws: Aws) -> Never:
        raise AssertionError("a decision read from AWS")

    def writer_owner(self, aws: Aws) -> Never:
        raise AssertionError("a decision read from AWS")


@dataclass(frozen=True, kw_only=True)
class Lasting(Thing):
    OWNER_MARK = OwnerMark.PERMANENT


@dataclass(frozen=True, kw_only=True)
class Kept(Thing, MayOutliveStack):
    """A kind that outlives the stack."""

    def retention_reason(self) -> str:
        return "its zone proves the domain"


@dataclass(frozen=True, kw_only=True)
class KeptVault(Kept, Vault):
    pass


@dataclass(frozen=True, kw_only=True)
class Locked(Thing, HasDeletionProtection):
    def has_deletion_protection(self) -> bool:
        return True


@dataclass(frozen=True, kw_only=True)
class Part(Untouched, HasParent):
    """A kind without an owner tag."""

    KIND = "test.part"
    IDENTITY = ("of",)
    of: Fixed[str] = "x"
    size: int = 1

    def parent_owner(self, aws: Aws) -> Never:
        raise AssertionError("a decision read from AWS")


@dataclass(frozen=True, kw_only=True)
class Version(Part, KeepsVersions):
    REPLACEMENT = Replacement.NEW_VERSION

    def prune(self, aws: Aws) -> Never:
        raise AssertionError("a decision wrote to AWS")

    def displaced_versions(self) -> str:
        return "version 1 stays"


@dataclass(frozen=True, kw_only=True)
class Content(Part):
    """A kind that is recognised by its size."""

    OWNER_MARK = OwnerMark.BY_CONTENT

    def is_owned_by(self, have: Self, owner: str) -> bool:
        return have.size == self.size


@dataclass(frozen=True, kw_only=True)
class Account(Part, ReportsProblems):
    """A kind that belongs to the whole account."""

    MANAGEMENT = Management.NEVER_DELETED

    def reported_problem(self) -> str:
        return "its role is gone"


@dataclass(frozen=True, kw_only=True)
class SharedVault(Account, HoldsData):
    pass


@dataclass(frozen=True, kw_only=True)
class ByAws(Part):
    MANAGEMENT = Management.MADE_BY_AWS


def a_stack(*nodes: str, moved: dict[str, str] | None = None) -> Stack:
    made = Stack(NAME, moved=moved or {}, owner_prefix=MARK)
    for name in nodes:
        made.add(name, lambda _: Thing(tags={}))
    return made


def a_node(name: str = "it") -> Node[Step]:
    return Node(name, lambda _: Thing(tags={}), (), frozenset())


def recorded(step: Step, pending: str = "", *needs: str, node: str = "it") -> dict[str, Record]:
    return {node: Record(step, needs, pending)}
