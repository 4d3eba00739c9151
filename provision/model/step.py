"""Steps: frozen values with the settings of one AWS resource, and the calls that manage it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import Enum, StrEnum
from functools import cache
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Final,
    Self,
    TypeVar,
    final,
    get_args,
    get_type_hints,
)

from provision.model.iam import ApiCalls
from provision.model.risks import Risks
from provision.unknown import UNKNOWN, in_words

if TYPE_CHECKING:
    from provision.aws.client import Aws

T = TypeVar("T")

OWNER: Final = "provision:owner"
"""The tag that names a resource's owner in AWS: `{Stack.owner_prefix}/{node}`."""

Tags = Mapping[str, str]
Document = dict[str, Any]
"""A JSON document, such as a policy, in the grammar that AWS defines."""


class FieldRole(Enum):
    """A role of a field, in its type's annotation. A field without one is changed in place."""

    FIXED = "fixed"
    COMPUTED = "computed"
    LOCAL = "local"
    RENEWS = "renews"


Fixed = Annotated[T, FieldRole.FIXED]
"""Cannot be changed in place: a difference requires a replacement."""
Computed = Annotated[T, FieldRole.COMPUTED]
"""Chosen by AWS: recorded, never compared."""
Local = Annotated[T, FieldRole.LOCAL]
"""Needed only to create or update: never compared, and recorded only if known."""
Renews = Annotated[T, FieldRole.RENEWS]
"""Its change in place makes AWS choose new Computed values."""


@dataclass(frozen=True)
class Digest:
    """An annotation of a field that holds a digest: users are shown `content`, a word, instead.

    `from_files` is whether the content is in files that the user edits.
    """

    content: str
    from_files: bool = False


class Replacement(StrEnum):
    """The way in which a resource is replaced if a Fixed field differs.

    The last two are of a numbered history: the old entry stays, and `delete` removes all.
    """

    DELETE_FIRST = "delete first"  # it keeps the name we chose: two cannot coexist
    CREATE_FIRST = "create first"  # create, switch over, delete the old one; needs another name
    NEW_VERSION = "new version"  # every entry is new
    REUSE_VERSION = "reuse version"  # an older entry may be wanted again

    @property
    def keeps_old(self) -> bool:
        """Return whether a replacement adds to a numbered history."""
        return self in {Replacement.NEW_VERSION, Replacement.REUSE_VERSION}


class OwnerMark(Enum):
    """The way in which AWS shows who owns a resource.

    A resource whose mark does not name its owner is part of the first node it needs, its parent
    (`HasParent`), and foreign if that is.
    """

    NONE = "none"  # only the parent shows it
    BY_CONTENT = "by content"  # recognised by what it leads to, which anyone may have written
    CHANGEABLE = "changeable"  # names its owner, and can name another later
    PERMANENT = "permanent"  # names its owner for good: a renamed node keeps that of its old name

    @property
    def names_owner(self) -> bool:
        """Return whether the resource itself names its owner in AWS."""
        return self in {OwnerMark.CHANGEABLE, OwnerMark.PERMANENT}


class Management(Enum):
    """The share of a resource's life that is this stack's."""

    FULL = "full"
    NEVER_DELETED = "never deleted"  # belongs to the whole account: set if missing
    MADE_BY_AWS = "made by AWS"  # created with the resource that uses it: only waited for


@dataclass(frozen=True, kw_only=True)
class Step(ABC):
    """The wanted or the observed settings of one AWS resource, and the calls that manage it.

    A subclass adds fields, sets KIND, and implements the abstract methods. `observe` and `delete`
    may use only the fields in IDENTITY and the Computed ones."""

    KIND: ClassVar[str]
    IDENTITY: ClassVar[tuple[str, ...]]
    """The fields by which `observe` finds the resource if its id is not recorded."""
    REPLACEMENT: ClassVar[Replacement] = Replacement.DELETE_FIRST
    OWNER_MARK: ClassVar[OwnerMark] = OwnerMark.NONE
    MANAGEMENT: ClassVar[Management] = Management.FULL
    RISKS: ClassVar[Risks] = Risks()
    """The impact on users when it is created, changed or deleted."""
    API_CALLS: ClassVar[ApiCalls]
    """The API calls of its methods, and the IAM permissions they need."""

    @abstractmethod
    def observe(self, aws: Aws) -> Self | None:
        """Return the resource as it is in AWS, or None if it does not exist. Must not write."""

    def find_candidates(self, aws: Aws) -> Sequence[Self]:
        """Return every resource that may be this one, the likeliest first.

        Called while no record holds an id. The owner's other resources follow: an interrupted
        replacement has left them to be deleted. Must not write. Kinds of which an owner can have
        several find all."""
        have = self.observe(aws)
        return (have,) if have else ()

    def matching(self, ours: Sequence[Self]) -> Sequence[Self]:
        """Return those of the owner's resources that could be this one.

        They are several only if the owner tag was copied. One that differs in a Fixed field is
        deposed: an interrupted replacement has left it."""
        return [have for have in ours if not needs_replacement_beside(self, have)]

    @abstractmethod
    def create(self, aws: Aws) -> Self:
        """Create the resource and return it with its Computed fields from AWS's answer."""

    @abstractmethod
    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:
        """Change `have` into this in place; `changed` names the fields that differ."""

    @abstractmethod
    def delete(self, aws: Aws) -> None:
        """Delete the resource. Succeed if it does not exist."""

    def is_owned_by(self, have: Self, owner: str) -> bool:  # noqa: ARG002  (kinds with a mark use it)
        """Return whether the observed `have` has this owner. True for kinds without a mark."""
        return True

    def with_owner(self, owner: str) -> Self:  # noqa: ARG002  (kinds that carry a mark put it in)
        """Return this step with the owner, in the form that its kind can carry."""
        return self

    def policy_variables(self) -> Mapping[str, object]:
        """Return the variables of API_CALLS in addition to location and stack."""
        return vars(self)

    @final
    @property
    def has_unique_identity(self) -> bool:
        """Whether AWS refuses a second resource of the same identity."""
        reusable = self.REPLACEMENT is Replacement.REUSE_VERSION  # of one digest, several may be
        return "tags" not in self.IDENTITY and not reusable

    @final
    @property
    def label(self) -> str:
        """The name shown to users, with `(known after up)` for values that AWS will choose."""
        shown = {each.name: in_words(vars(self)[each.name]) for each in fields(self)}
        return replace(self, **shown).called()

    def called(self) -> str:
        """Return the label of a step whose fields are all known. Some kinds override it."""
        values = [vars(self)[name] for name in self.IDENTITY]
        return "/".join(value if isinstance(value, str) else repr(value) for value in values)


@dataclass(frozen=True, kw_only=True)
class Tagged(Step):
    """A step of a kind that AWS can tag in the create call itself."""

    OWNER_MARK = OwnerMark.CHANGEABLE
    tags: Tags

    def is_owned_by(self, have: Self, owner: str) -> bool:
        return have.tags.get(OWNER) == owner

    def with_owner(self, owner: str) -> Self:
        return replace(self, tags={**self.tags, OWNER: owner})

    @property
    def owner(self) -> str:
        """The owner, as the engine put it into the tags: see `OWNER`."""
        return self.tags[OWNER]


def fields_with(kind: type[Step], role: FieldRole | None) -> tuple[str, ...]:
    """Return the fields of the class with this role; with None, those changed in place."""
    return _roles(kind)[role]


@cache
def _roles(kind: type[Step]) -> Mapping[FieldRole | None, tuple[str, ...]]:
    found: dict[FieldRole | None, list[str]] = {None: [], **{role: [] for role in FieldRole}}
    for name, extras in _annotations(kind):
        roles = [part for part in extras if isinstance(part, FieldRole)]
        for role in roles:
            found[role].append(name)
        if all(role is FieldRole.RENEWS for role in roles):
            found[None].append(name)
    return {role: tuple(names) for role, names in found.items()}


@cache
def digests(kind: type[Step]) -> Mapping[str, Digest]:
    """Return the fields of the class that hold a digest, and of what."""
    return {
        name: part
        for name, extras in _annotations(kind)
        for part in extras
        if isinstance(part, Digest)
    }


def _annotations(kind: type[Step]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    hints = get_type_hints(kind, include_extras=True)
    return ((each.name, get_args(hints[each.name])) for each in fields(kind))


S = TypeVar("S", bound=Step)


def with_computed(step: S, source: S | None) -> S:
    """Return the step with Computed fields from `source`, or unknown without one."""
    names = fields_with(type(step), FieldRole.COMPUTED)
    return replace(step, **{name: vars(source)[name] if source else UNKNOWN for name in names})


def same_identity(one: Step, other: Step) -> bool:
    """Return whether two values of one class are looked for by the same identity."""
    return all(vars(one)[name] == vars(other)[name] for name in one.IDENTITY)


def needs_replacement_beside(want: Step, have: Step) -> bool:
    """Return whether a create-first replacement of `have` is due. It may exist already."""
    fixed = fields_with(type(want), FieldRole.FIXED)
    other = any(vars(want)[name] != vars(have)[name] for name in fixed)
    return other and replacement(want, have) is Replacement.CREATE_FIRST


def replacement(want: Step, have: Step) -> Replacement:
    """Return how `have` is replaced: of one unique name, the old one is deleted first."""
    if (
        want.REPLACEMENT is Replacement.CREATE_FIRST
        and want.has_unique_identity
        and same_identity(want, have)
    ):
        return Replacement.DELETE_FIRST
    return want.REPLACEMENT
