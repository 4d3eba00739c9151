"""Keeps a plan in a file, with what it was made of: `up FILE` does exactly that or nothing.

Values are stored only as digests (HMAC-SHA-256 under a salt of the file's own, 64 bits; for masked
values, of a slow digest), because a variable of a function may be a secret. Nodes, fields, actions
and causes are readable.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec

from provision import __version__
from provision.config import Config
from provision.errors import ProvisionError
from provision.files import read_regular, refuse_special, replace_private
from provision.installation import told_schemas, upgrade_hint
from provision.model.step import FieldRole, Step, fields_with
from provision.plan.change import ResourceChange
from provision.plan.options import PlanOptions
from provision.sanitizing.masking import Masked, masked, recorded
from provision.stack.inputs import StackInputs
from provision.unknown import KNOWN_AFTER_UP, Unknown

SCHEMA: Final = 1
MAX_LINES: Final = 12
"""The number of differences that are listed before the rest is only counted."""

Digests = dict[str, str]


class InvalidPlanFile(ProvisionError):
    """The error that a file is no usable plan, or cannot be read or written."""


class StalePlan(ProvisionError):
    """The error that what the plan was made of has changed; the message names each part."""


@dataclass(frozen=True)
class SavedNode:
    """One node as planned.

    `want` and `have`: field → digest of its value; None if there is no resource. `changes` are for
    readers.
    """

    action: str
    name: str
    changes: tuple[str, ...]
    want: Digests | None
    have: Digests | None


@dataclass(frozen=True)
class SavedPlan:
    """A plan and what it was made of.

    `adopt` and `destroy` allow nothing: they record the options of the plan, and must be given
    again to carry it out. `config` has digests of the values in effect by their path in
    config.yaml, `sources` digests of what was built.
    """

    schema: Annotated[int, msgspec.Meta(ge=1)]
    tool: str
    made: str
    stack: str
    environment: str
    account: str
    region: str
    adopt: tuple[str, ...]
    destroy: tuple[str, ...]
    salt: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]
    config: Digests
    sources: Digests
    nodes: dict[str, SavedNode]

    @property
    def consent(self) -> PlanOptions:
        return PlanOptions(frozenset(self.adopt), frozenset(self.destroy))


def capture_plan(
    inputs: StackInputs,
    changes: Mapping[str, ResourceChange],
    plan_options: PlanOptions,
    salt: str = "",
) -> SavedPlan:
    """Return the plan that these changes are. Two with the same salt can be compared."""
    salt = salt or secrets.token_hex(16)
    config = inputs.config
    values = _leaves(_dumped(config))
    return SavedPlan(
        schema=SCHEMA,
        tool=__version__,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        stack=config.prefix,
        environment=config.environment,
        account=inputs.location.account,
        region=inputs.location.region,
        adopt=tuple(sorted(plan_options.adopt)),
        destroy=tuple(sorted(plan_options.destroy)),
        salt=salt,
        config={way: _digest(salt, value) for way, value in values},
        sources={
            **{
                f"functions.{key}": inputs.packages.function(key).sha256 for key in config.functions
            },
            **{f"layers.{key}": inputs.packages.layer(key).sha256 for key in config.built_layers},
        },
        nodes=planned(salt, changes),
    )


def planned(salt: str, changes: Mapping[str, ResourceChange]) -> dict[str, SavedNode]:
    """Return every node as found and as wanted. Two with the same salt can be compared."""
    return {name: _node(salt, change) for name, change in changes.items()}


def write_plan(file: Path, plan: SavedPlan) -> None:
    """Write the file completely or not at all, readable by its user only.

    Raises `InvalidPlanFile`.
    """
    try:
        refuse_special(file)
        replace_private(file, json.dumps(asdict(plan), indent=1).encode())
    except OSError as error:
        raise InvalidPlanFile(
            f"the plan cannot be saved as {file}: {error.strerror or error}",
            hint="give --out a file in a writable directory",
        ) from error


def read_plan(file: Path) -> SavedPlan:
    """Read a plan file.

    Raises `InvalidPlanFile` if it is damaged, is no plan of ours, or is of a newer version.
    """
    try:
        content = json.loads(read_regular(file))
        schema = content["schema"] if isinstance(content, dict) else None
        if isinstance(schema, int) and schema > SCHEMA:
            raise InvalidPlanFile(
                f"{file} was saved by a newer provision ({told_schemas(schema, SCHEMA)})",
                hint=upgrade_hint(),
            )
        return msgspec.convert(content, SavedPlan)
    except (OSError, ValueError, KeyError, RecursionError, msgspec.ValidationError) as error:
        why = (
            error.strerror or error
            if isinstance(error, OSError)
            else "it is damaged, or not a plan"
        )
        raise InvalidPlanFile(
            f"{file} cannot be read as a saved plan: {why}",
            hint=f"save one: `provision plan --out {shlex.quote(str(file))}`",
        ) from error


def changed_inputs(plan: SavedPlan, now: SavedPlan) -> Iterator[str]:
    """Yield in words what the plan depends on, apart from AWS, and has changed since."""
    if plan.tool != now.tool:
        yield f"it was made by provision {plan.tool}, and this is {now.tool}"
    for way in _differing(plan.config, now.config):
        yield f"config.yaml: {way}"
    for way in _differing(plan.sources, now.sources):
        yield f"{way}.source: its files"


def changed_nodes(nodes: Mapping[str, SavedNode], now: Mapping[str, SavedNode]) -> Iterator[str]:
    """Yield in words the nodes that are not as they were observed, and their fields."""
    for name in dict.fromkeys([*nodes, *now]):
        before, after = nodes.get(name), now.get(name)
        if before is None or after is None:
            yield f"{name}: " + ("is not in the plan" if after else "no longer exists")
        elif words := _moved(before, after):
            yield f"{name}: {words}"


def listed_changes(lines: Sequence[str]) -> list[str]:
    """Return the differences as lines below an error.

    Of many, only the first are listed, with the number of the rest.
    """
    more = [f"and {len(lines) - MAX_LINES} more"] if len(lines) > MAX_LINES else []
    return [f"  {line}" for line in [*lines[:MAX_LINES], *more]]


def _moved(before: SavedNode, after: SavedNode) -> str:
    if before.have is None and after.have is not None:
        return "is in AWS now"
    if before.have is not None and after.have is None:
        return "is no longer in AWS"
    if fields := _differing(before.have or {}, after.have or {}):
        return f"{', '.join(fields)} changed in AWS"
    if fields := _differing(before.want or {}, after.want or {}):
        return f"{', '.join(fields)} wanted differently"
    if before.action != after.action:
        return f"was {before.action}, is {after.action} now"
    return "" if _told(before) == _told(after) else "differs from what the file shows"


def _told(node: SavedNode) -> tuple[str, list[str]]:
    """Return what readers see, except causes: those depend on the records of this machine."""
    return node.name, [words.rpartition(" (")[0] for words in node.changes]


def _differing(before: Digests, after: Digests) -> list[str]:
    return [way for way in dict.fromkeys([*before, *after]) if before.get(way) != after.get(way)]


def _node(salt: str, change: ResourceChange) -> SavedNode:
    return SavedNode(
        action=change.action.value,
        name=change.label,
        changes=tuple(f"{diff.field} ({diff.cause})" for diff in change.diffs),
        want=_fields(salt, change.want),
        have=_fields(salt, change.have),
    )


def _fields(salt: str, step: Step | None) -> Digests | None:
    """Return digests of all fields except Local ones, which belong to this machine."""
    if step is None:
        return None
    names = (
        n
        for role in (FieldRole.FIXED, None, FieldRole.COMPUTED)
        for n in fields_with(type(step), role)
    )
    return {name: _digest(salt, vars(step)[name]) for name in names}


def _digest(salt: str, value: object) -> str:
    text = json.dumps(value, sort_keys=True, default=_plain)
    return hmac.new(salt.encode(), text.encode(), hashlib.sha256).hexdigest()[:16]


def _plain(value: object) -> Any:
    if isinstance(value, Unknown):
        return [KNOWN_AFTER_UP]
    if isinstance(value, Masked):
        return recorded(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"{type(value).__name__} has no place in a plan")


def _dumped(config: Config) -> dict[str, Any]:
    """Return the values in effect; for those secret by their name, a digest slow to guess."""
    dumped = config.model_dump(mode="json")
    for key, function in dumped["functions"].items():
        plain = {n: v for n, v in function["environment"].items() if isinstance(v, str)}
        function["environment"] |= masked(plain, key)
    return dumped


def _leaves(value: Mapping[str, Any], way: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every value with its path. Folders are left out, because their content counts."""
    for key, part in value.items():
        here = f"{way}.{key}" if way else key
        if isinstance(part, Mapping) and part:
            yield from _leaves(part, here)
        elif key != "source":
            yield here, part
