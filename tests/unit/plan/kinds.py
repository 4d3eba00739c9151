"""Kinds of resources that exist nowhere: each has one trait that decisions depend on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Never, Self

from provision.aws.client import Aws
from provision.model.stack import Node, Stack
from provision.model.step import OWNER, Computed, Fixed, Replacement, Step, Tagged
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

    def parent_owner(self, aws: Aws) -> Never:
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
    """Its successor is created first."""

    REPLACEMENT = Replacement.CREATE_FIRST


@dataclass(frozen=True, kw_only=True)
class Vault(Thing):
    HOLDS_DATA = True

    def having_back(self, node: str, region: str) -> str:
        return f"restore {node} in {region}"


@dataclass(frozen=True, kw_only=True)
class Key(Thing):
    """A change of its size makes AWS choose another id."""

    RENEWS = frozenset({"size"})


@dataclass(frozen=True, kw_only=True)
class Group(Thing):
    COMES_BACK = True


@dataclass(frozen=True, kw_only=True)
class Lasting(Thing):
    MARK_LASTS = True


@dataclass(frozen=True, kw_only=True)
class Kept(Thing):
    """It outlives the stack."""

    def lasting(self) -> str:
        return "its zone proves the domain"


@dataclass(frozen=True, kw_only=True)
class KeptVault(Kept, Vault):
    pass


@dataclass(frozen=True, kw_only=True)
class Locked(Thing):
    def locked(self) -> bool:
        return True


@dataclass(frozen=True, kw_only=True)
class Part(Untouched):
    """It carries no mark."""

    KIND = "test.part"
    IDENTITY = ("of",)
    of: Fixed[str] = "x"
    size: int = 1


@dataclass(frozen=True, kw_only=True)
class Version(Part):
    REPLACEMENT = Replacement.SUCCEED

    def outlived(self) -> str:
        return "version 1 stays"


@dataclass(frozen=True, kw_only=True)
class Content(Part):
    """Its size is by what it is recognised."""

    BY_CONTENT = True

    def is_owned_by(self, have: Self, owner: str) -> bool:
        return have.size == self.size


@dataclass(frozen=True, kw_only=True)
class Account(Part):
    """It belongs to the whole account."""

    SHARED = True

    def ailment(self) -> str:
        return "its role is gone"


@dataclass(frozen=True, kw_only=True)
class SharedVault(Account):
    HOLDS_DATA = True


@dataclass(frozen=True, kw_only=True)
class ByAws(Part):
    MADE_BY_AWS = True


def a_stack(*nodes: str, moved: dict[str, str] | None = None) -> Stack:
    made = Stack(NAME, moved=moved or {}, mark=MARK)
    for name in nodes:
        made.add(name, lambda _: Thing(tags={}))
    return made


def a_node(name: str = "it") -> Node[Step]:
    return Node(name, lambda _: Thing(tags={}), (), frozenset())


def recorded(step: Step, pending: str = "", *needs: str, node: str = "it") -> dict[str, Record]:
    return {node: Record(step, needs, pending)}
