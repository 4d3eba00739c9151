"""Steps: frozen values with the settings of one AWS resource, and the calls that manage it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
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
from provision.model.stored_data import Backup, StoredData
from provision.unknown import UNKNOWN, in_words

if TYPE_CHECKING:
    from provision.aws.client import Aws

T = TypeVar("T")

OWNER: Final = "provision:owner"
"""The tag that names a resource's owner in AWS: `{mark}/{node}`, with `Stack.mark`."""

Tags = Mapping[str, str]
Document = dict[str, Any]
"""A JSON document, such as a policy, in the grammar that AWS defines."""


class Mark(Enum):
    """A mark on a field's type that says how the field takes part in comparison."""

    FIXED = "fixed"
    COMPUTED = "computed"
    LOCAL = "local"


Fixed = Annotated[T, Mark.FIXED]
"""Cannot be changed in place: a difference requires a replacement."""
Computed = Annotated[T, Mark.COMPUTED]
"""Chosen by AWS: recorded, never compared."""
Local = Annotated[T, Mark.LOCAL]
"""Needed only to create or update: never compared, and recorded only if known."""


class Replacement(StrEnum):
    """The way in which a resource is replaced if a Fixed field differs."""

    DELETE_FIRST = "delete first"  # it keeps the name we chose: two cannot coexist
    CREATE_FIRST = "create first"  # create, switch over, delete the old one; needs another name
    SUCCEED = "succeed"  # a numbered history (versions): the old stays, `delete` removes all


@dataclass(frozen=True, kw_only=True)
class Step(ABC):
    """The wanted or the observed settings of one AWS resource, and the calls that manage it.

    A subclass adds fields, sets KIND, and implements the abstract methods. `observe` and `delete`
    may use only the fields in IDENTITY and the Computed ones."""

    KIND: ClassVar[str]
    IDENTITY: ClassVar[tuple[str, ...]]
    """The fields by which `observe` finds the resource if its id is not recorded."""
    REPLACEMENT: ClassVar[Replacement] = Replacement.DELETE_FIRST
    HOLDS_DATA: ClassVar[bool] = False
    """Never deleted or replaced unless the user names it."""
    USES_DATA: ClassVar[bool] = False
    """Runs code that may write to resources that hold data. It is deleted before them, so that the
    final backup contains every write."""
    RENEWS: ClassVar[frozenset[str]] = frozenset()
    """The fields whose change in place makes AWS choose new Computed values."""
    COMES_BACK: ClassVar[bool] = False
    """AWS may recreate this resource after its deletion, without our owner tag, when a delayed
    writer delivers its last data: see `has_recent_writes`."""
    BY_CONTENT: ClassVar[bool] = False
    """Carries no mark and is recognised by its content (see `is_owned_by`). An equal record proves
    nothing, because anyone may have written it: AWS is asked for the owner (`parent_owner`)."""
    SHARED: ClassVar[bool] = False
    """Belongs to the whole account: set if missing, never removed."""
    MADE_BY_AWS: ClassVar[bool] = False
    """AWS creates it with the resource that uses it; we only wait for its deletion."""
    REVIVES: ClassVar[bool] = False
    """An older entry of the numbered history may be wanted again."""
    DIGESTS: ClassVar[Mapping[str, str]] = {}
    """Fields that hold a digest → the digested content, in a word. Users see the word."""
    FROM_FILES: ClassVar[frozenset[str]] = frozenset()
    """Those of the DIGESTS whose content is in files that the user edits."""
    AT_ONCE: ClassVar[int] = 1
    """The maximum for `observe_many`. 1 if it takes more than one call to find a resource."""
    UNIQUE: ClassVar[bool] = True
    """AWS refuses a second one of the same identity."""
    RISKS: ClassVar[Risks] = Risks()
    """The impact on users when it is created, changed or deleted."""
    API_CALLS: ClassVar[ApiCalls]
    """The API calls of its methods, and the IAM permissions they need."""
    ASKED_LAST: ClassVar[bool] = False
    """Has a name that another party may take between observation and deletion, and holds data or
    leads callers somewhere. Its owner is checked again right before its deletion."""
    MARKED: ClassVar[bool] = False
    """Carries its owner in AWS itself. A resource without a mark is part of the first node it
    needs, and foreign if that is."""
    MARK_LASTS: ClassVar[bool] = False
    """Its owner mark cannot be changed: a renamed node keeps that of its old name."""

    @abstractmethod
    def observe(self, aws: Aws) -> Self | None:
        """Return the resource as it is in AWS, or None if it does not exist. Must not write."""

    def now(self, aws: Aws) -> Self | None:
        """Observe it for ASKED_LAST, by only those calls that show its owner. Must not write."""
        return self.observe(aws)

    @classmethod
    def observe_many(cls, aws: Aws, steps: Sequence[Self]) -> list[Self | None]:
        """Observe up to AT_ONCE resources, in one call if AWS can describe many at once."""
        return [step.observe(aws) for step in steps]

    def find_candidates(self, aws: Aws) -> Sequence[Self]:
        """Return every resource that may be this one, the likeliest first.

        Called while no record holds an id. The owner's other resources follow: an interrupted
        replacement has left them to be deleted. Must not write. Kinds of which an owner can have
        several find all."""
        have = self.observe(aws)
        return (have,) if have else ()

    def twins(self, ours: Sequence[Self]) -> Sequence[Self]:
        """Return those of the owner's resources that could be this one.

        They are several only if the owner tag was copied. One that differs in a Fixed field is
        deposed: an interrupted replacement has left it."""
        return [have for have in ours if not needs_replacement_beside(self, have)]

    def others_marked(self, aws: Aws, owners: Collection[str]) -> Sequence[str]:  # noqa: ARG002  (kinds with data use it)
        """Return the names of other resources of this kind that carry one of these owners.

        After a change of name and a loss of the state, they may hold its data. Must not write."""
        return ()

    @abstractmethod
    def create(self, aws: Aws) -> Self:
        """Create the resource and return it with its Computed fields from AWS's answer."""

    @abstractmethod
    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:
        """Change `have` into this in place; `changed` names the fields that differ."""

    def demand(self, aws: Aws) -> None:  # noqa: B027  (most kinds depend on nodes only)
        """Raise if something it depends on, and no node creates, is missing or unsuitable.

        Called before anything is created. Must not write."""

    def meanwhile(self, have: Self) -> Self:  # noqa: ARG002  (kinds that grant access use it)
        """Return this with all access that `have` grants added; itself if it revokes none.

        It is first made so, because code and callers may still use that access."""
        return self

    @abstractmethod
    def delete(self, aws: Aws) -> None:
        """Delete the resource. Succeed if it does not exist."""

    def foretold(self, aws: Aws) -> Self:  # noqa: ARG002  (kinds with a rule use it)
        """Return this, not created yet, with Computed values that follow a known rule."""
        return self

    def prune(self, aws: Aws) -> None:  # noqa: B027  (most kinds keep no history)
        """Delete older entries of a numbered history, once the newest is in use and verified."""

    def outlived(self) -> str:
        """Return in words which entries of its history a new one displaces. Empty for most."""
        return ""

    def has_recent_writes(self, aws: Aws) -> bool:  # noqa: ARG002  (kinds that may reappear use it)
        """Return whether a delayed writer may recreate it after its deletion."""
        return False

    def came_back(self, aws: Aws) -> bool:  # noqa: ARG002  (kinds that may reappear use it)
        """Return whether it is as new and empty as a delayed writer leaves it.

        Deleting it then loses next to nothing, even if it is foreign."""
        return False

    def is_owned_by(self, have: Self, owner: str) -> bool:  # noqa: ARG002  (kinds with a mark use it)
        """Return whether the observed `have` has this owner. True for kinds without a mark."""
        return True

    def with_owner(self, owner: str) -> Self:  # noqa: ARG002  (kinds that carry a mark put it in)
        """Return this step with the owner, in the form that its kind can carry."""
        return self

    def parent_owner(self, aws: Aws) -> str | None:  # noqa: ARG002  (kinds without a mark use it)
        """Return the owner tag of its parent, read from AWS. Must not write.

        For kinds without a mark, when only the state leads to the resource. Empty if the parent has
        no owner, None if it does not exist."""
        return ""

    def policy_variables(self) -> Mapping[str, object]:
        """Return the variables of API_CALLS in addition to location and stack."""
        return vars(self)

    def ailment(self) -> str:
        """Return in a few words what AWS reports as wrong despite matching settings, if any."""
        return ""

    def stored_data(self, aws: Aws) -> StoredData | None:  # noqa: ARG002  (kinds with data use it)
        """Return how much data it holds, or None for kinds without data. Must not write."""
        return None

    def having_back(self, node: str, region: str) -> str:  # noqa: ARG002  (kinds with data use it)
        """Return how to restore its data after a foreign deletion; empty if it cannot be."""
        return ""

    def deletion_warning(self, aws: Aws) -> str:  # noqa: ARG002  (for most kinds, others lose nothing)
        """Return what others lose by its deletion, backups included, or nothing.

        With a warning, it is deleted only if the user names it."""
        return ""

    def locked(self) -> bool:
        """Return whether deletion protection is on, which `delete` switches off first."""
        return False

    def lasting(self) -> str:
        """Return why `down` leaves it in AWS, and how a user who knows better deletes it.

        Empty for most kinds. A stack that only created it may not delete it; the journal forgets
        it."""
        return ""

    def back_up(self, aws: Aws) -> Backup | None:  # noqa: ARG002  (kinds with data use it)
        """Back up its data as it is now, before deletion. Return None for kinds without data."""
        return None

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

    MARKED = True
    tags: Tags

    def is_owned_by(self, have: Self, owner: str) -> bool:
        return have.tags.get(OWNER) == owner

    def with_owner(self, owner: str) -> Self:
        return replace(self, tags={**self.tags, OWNER: owner})

    @property
    def owner(self) -> str:
        """The owner, as the engine put it into the tags: see `OWNER`."""
        return self.tags[OWNER]


def fields_with(kind: type[Step], mark: Mark | None) -> tuple[str, ...]:
    """Return the fields of the class with this mark; with None, those without a mark."""
    return _marks(kind)[mark]


@cache
def _marks(kind: type[Step]) -> Mapping[Mark | None, tuple[str, ...]]:
    hints = get_type_hints(kind, include_extras=True)
    found: dict[Mark | None, list[str]] = {None: [], **{mark: [] for mark in Mark}}
    for each in fields(kind):
        extras = (part for part in get_args(hints[each.name]) if isinstance(part, Mark))
        found[next(extras, None)].append(each.name)
    return {mark: tuple(names) for mark, names in found.items()}


S = TypeVar("S", bound=Step)


def with_computed(step: S, source: S | None) -> S:
    """Return the step with Computed fields from `source`, or unknown without one."""
    names = fields_with(type(step), Mark.COMPUTED)
    return replace(step, **{name: vars(source)[name] if source else UNKNOWN for name in names})


def same_identity(one: Step, other: Step) -> bool:
    """Return whether two values of one class are looked for by the same identity."""
    return all(vars(one)[name] == vars(other)[name] for name in one.IDENTITY)


def needs_replacement_beside(want: Step, have: Step) -> bool:
    """Return whether a create-first replacement of `have` is due. It may exist already."""
    fixed = fields_with(type(want), Mark.FIXED)
    other = any(vars(want)[name] != vars(have)[name] for name in fixed)
    return other and replacement(want, have) is Replacement.CREATE_FIRST


def replacement(want: Step, have: Step) -> Replacement:
    """Return how `have` is replaced: of one unique name, the old one is deleted first."""
    if want.REPLACEMENT is Replacement.CREATE_FIRST and want.UNIQUE and same_identity(want, have):
        return Replacement.DELETE_FIRST
    return want.REPLACEMENT
