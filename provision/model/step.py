"""The step: a frozen value of what one AWS resource should be, or is, and four verbs on it."""

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
"""The tag that keeps in AWS whose resource this is: `{stack}/{node}`."""

Tags = Mapping[str, str]
Document = dict[str, Any]
"""A JSON document, such as a policy, as AWS's own grammar defines it."""


class Mark(Enum):
    """How a field takes part in comparison."""

    FIXED = "fixed"
    COMPUTED = "computed"
    LOCAL = "local"


Fixed = Annotated[T, Mark.FIXED]
"""Cannot change in place: a difference means replace."""
Computed = Annotated[T, Mark.COMPUTED]
"""Chosen by AWS: recorded, never compared."""
Local = Annotated[T, Mark.LOCAL]
"""Needed only to create or update: never compared, and recorded only when known."""


class Replacement(StrEnum):
    """What happens to the old when a Fixed field differs."""

    DELETE_FIRST = "delete first"  # it keeps the name we chose: two cannot stand side by side
    CREATE_FIRST = "create first"  # made, moved to, then the old removed; not under the same name
    SUCCEED = "succeed"  # it is a numbered history (versions): the old stays, `delete` removes all


@dataclass(frozen=True, kw_only=True)
class Step(ABC):
    """One kind of AWS resource. A subclass adds fields, says its KIND, and implements the verbs.

    `observe` and `delete` see only what the fields in IDENTITY and the Computed ones say."""

    KIND: ClassVar[str]
    IDENTITY: ClassVar[tuple[str, ...]]
    """The fields by which `observe` finds the resource when its id is not recorded."""
    REPLACEMENT: ClassVar[Replacement] = Replacement.DELETE_FIRST
    HOLDS_DATA: ClassVar[bool] = False
    """Never deleted or replaced without being named by the user."""
    USES_DATA: ClassVar[bool] = False
    """Runs code that may write to what holds data: it goes first, so that nothing is written after
    the final backup."""
    RENEWS: ClassVar[frozenset[str]] = frozenset()
    """The fields whose change in place makes AWS choose the Computed ones anew."""
    COMES_BACK: ClassVar[bool] = False
    """What had still to be written when it was deleted may make it again, without our mark: see
    `has_recent_writes`."""
    BY_CONTENT: ClassVar[bool] = False
    """Carries no mark, and is told by what it says (see `is_owned_by`): that a record says the same
    proves nothing, for anybody may have written it. AWS is asked whose it is (`parent_owner`)."""
    SHARED: ClassVar[bool] = False
    """Belongs to the whole account: set when missing, never removed."""
    MADE_BY_AWS: ClassVar[bool] = False
    """Comes by itself with what needs it: never created, only its going is waited for."""
    REVIVES: ClassVar[bool] = False
    """Of a numbered history, an older entry may be the one that is wanted again."""
    DIGESTS: ClassVar[Mapping[str, str]] = {}
    """Fields that hold a digest → of what, in a word. People are shown the word."""
    FROM_FILES: ClassVar[frozenset[str]] = frozenset()
    """Those of them that follow the files a user edits beside the configuration."""
    AT_ONCE: ClassVar[int] = 1
    """How many `observe_many` takes. What is looked for by more than one call stays with one."""
    UNIQUE: ClassVar[bool] = True
    """AWS refuses a second one of the same identity."""
    RISKS: ClassVar[Risks] = Risks()
    """What making, changing or removing it does to those who use it."""
    API_CALLS: ClassVar[ApiCalls]
    """What its verbs call, and what IAM asks for that."""
    ASKED_LAST: ClassVar[bool] = False
    """Goes by a name that somebody else may take between the look and the deletion, and holds data
    or leads callers somewhere: whose it is is asked once more, right before it goes."""
    MARKED: ClassVar[bool] = False
    """Carries its owner in AWS itself. What does not is part of the first node it needs, and is
    somebody else's when that is."""
    MARK_LASTS: ClassVar[bool] = False
    """The owner it carries can never be changed: what was renamed keeps that of its old name."""

    @abstractmethod
    def observe(self, aws: Aws) -> Self | None:
        """What AWS has, as a value of this class, or None. Reads only."""

    def now(self, aws: Aws) -> Self | None:
        """As `observe`, for those ASKED_LAST: kinds that are read by many calls make only those
        that say whose it is."""
        return self.observe(aws)

    @classmethod
    def observe_many(cls, aws: Aws, steps: Sequence[Self]) -> list[Self | None]:
        """As `observe` of each; of up to AT_ONCE of a kind that AWS describes many of in a call."""
        return [step.observe(aws) for step in steps]

    def find_candidates(self, aws: Aws) -> Sequence[Self]:
        """What may be this one while no record says which: the likeliest first. Behind it come the
        owner's others, which are predecessors that a replacement cut short has left. Reads only;
        kinds of which an owner can have several look for all of them."""
        have = self.observe(aws)
        return (have,) if have else ()

    def twins(self, ours: Sequence[Self]) -> Sequence[Self]:
        """Of what carries its owner all that could be it; several only where somebody copied the
        tag. What differs in what cannot change is what a replacement cut short has left."""
        return [have for have in ours if not needs_replacement_beside(self, have)]

    def others_marked(self, aws: Aws, owners: Collection[str]) -> Sequence[str]:  # noqa: ARG002  (what holds data asks)
        """The names of others of its kind that carry one of these owners: where a name has changed
        and the state is lost, they may hold its data. Reads only."""
        return ()

    @abstractmethod
    def create(self, aws: Aws) -> Self:
        """Make it, and return it with its Computed fields from AWS's own answer."""

    @abstractmethod
    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:
        """Turn `have` into this; `changed` names the fields that differ."""

    def demand(self, aws: Aws) -> None:  # noqa: B027  (most kinds stand on what nodes make)
        """Raise where what it stands on, and no node makes, is not there or does not serve. Reads
        only; asked before anything is made."""

    def meanwhile(self, have: Self) -> Self:  # noqa: ARG002  (what gives rights says so)
        """This, with every right and way in besides that `have` gives: what it is made while code
        and callers may still use them. Itself where it takes none away."""
        return self

    @abstractmethod
    def delete(self, aws: Aws) -> None:
        """Remove it. Already gone is success."""

    def foretold(self, aws: Aws) -> Self:  # noqa: ARG002  (kinds with a rule say it)
        """This, not made yet, with what AWS chooses by a rule that is known."""
        return self

    def prune(self, aws: Aws) -> None:  # noqa: B027  (most kinds keep no history)
        """Remove older entries of a numbered history, once nobody waits for the newest any more."""

    def outlived(self) -> str:
        """What of its history goes when another entry is made, in words. Empty for most."""
        return ""

    def has_recent_writes(self, aws: Aws) -> bool:  # noqa: ARG002  (kinds that come back look)
        """Whether there may be a late writer that makes it again after its deletion."""
        return False

    def came_back(self, aws: Aws) -> bool:  # noqa: ARG002  (kinds that come back look)
        """Whether it is as new and as bare as a late writer leaves it, so that even a stranger's
        would lose next to nothing."""
        return False

    def is_owned_by(self, have: Self, owner: str) -> bool:  # noqa: ARG002  (kinds with tags or a marker judge)
        """Whether `have`, found where this is wanted, is the owner's. What has no mark is."""
        return True

    def with_owner(self, owner: str) -> Self:  # noqa: ARG002  (kinds that carry a mark put it in)
        """This step, carrying the owner in whatever way its kind can."""
        return self

    def parent_owner(self, aws: Aws) -> str | None:  # noqa: ARG002  (kinds without a mark ask AWS)
        """The owner tag of what it is part of, asked of AWS: for kinds that carry no mark, where
        only the state leads to it. Empty where that has none, None where it is not there. Reads
        only."""
        return ""

    def policy_variables(self) -> Mapping[str, object]:
        """What the templates in CALLS may name, besides the place and the stack."""
        return vars(self)

    def ailment(self) -> str:
        """What AWS says is wrong with it although every setting is as wanted, in a few words. Empty
        for what works, and for kinds of which AWS says no such thing."""
        return ""

    def stored_data(self, aws: Aws) -> StoredData | None:  # noqa: ARG002  (what holds data counts it)
        """How much data it holds; None for kinds that hold none. Reads only."""
        return None

    def having_back(self, node: str, region: str) -> str:  # noqa: ARG002  (what holds data says it)
        """What to type to have back what it held, where somebody has deleted it, or nothing."""
        return ""

    def deletion_warning(self, aws: Aws) -> str:  # noqa: ARG002  (most kinds take only their own with them)
        """What its going takes from others, backups included; then it goes only when named."""
        return ""

    def locked(self) -> bool:
        """Whether AWS refuses its deletion, which `delete` switches off first."""
        return False

    def lasting(self) -> str:
        """Why nobody who only made it may delete it, and how one does who knows better. Empty for
        most; what lasts is let go by `down`: it stays, and the journal forgets it."""
        return ""

    def back_up(self, aws: Aws) -> Backup | None:  # noqa: ARG002  (what holds data saves it)
        """Save its data, as it is now, before it is deleted. None for kinds that hold none."""
        return None

    @final
    @property
    def label(self) -> str:
        """The name a reader knows it by. What AWS will choose reads `(known after up)` in it."""
        shown = {each.name: in_words(vars(self)[each.name]) for each in fields(self)}
        return replace(self, **shown).called()

    def called(self) -> str:
        """The label of a step whose every field is known; a kind with another form overrides it."""
        values = [vars(self)[name] for name in self.IDENTITY]
        return "/".join(value if isinstance(value, str) else repr(value) for value in values)


@dataclass(frozen=True, kw_only=True)
class Tagged(Step):
    """A step whose kind AWS can tag in the create call itself."""

    MARKED = True
    tags: Tags

    def is_owned_by(self, have: Self, owner: str) -> bool:
        return have.tags.get(OWNER) == owner

    def with_owner(self, owner: str) -> Self:
        return replace(self, tags={**self.tags, OWNER: owner})

    @property
    def owner(self) -> str:
        """`{stack}/{node}`, as the engine put it into the tags."""
        return self.tags[OWNER]


def fields_with(kind: type[Step], mark: Mark | None) -> tuple[str, ...]:
    """The fields of the class that carry this mark; with None, those that carry none."""
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
    """The step with its Computed fields taken from `source`, or unknown when there is none."""
    names = fields_with(type(step), Mark.COMPUTED)
    return replace(step, **{name: vars(source)[name] if source else UNKNOWN for name in names})


def same_identity(one: Step, other: Step) -> bool:
    """Whether two values of one class are looked for at the same place."""
    return all(vars(one)[name] == vars(other)[name] for name in one.IDENTITY)


def needs_replacement_beside(want: Step, have: Step) -> bool:
    """Whether another one is to be made beside this one: it may be there already."""
    fixed = fields_with(type(want), Mark.FIXED)
    other = any(vars(want)[name] != vars(have)[name] for name in fixed)
    return other and replacement(want, have) is Replacement.CREATE_FIRST


def replacement(want: Step, have: Step) -> Replacement:
    """How the one found gives way. Under one name only one can stand: then it goes first."""
    if want.REPLACEMENT is Replacement.CREATE_FIRST and want.UNIQUE and same_identity(want, have):
        return Replacement.DELETE_FIRST
    return want.REPLACEMENT
