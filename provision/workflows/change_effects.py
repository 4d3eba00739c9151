"""Derives what a change of config.yaml does, by building the stack before and after it."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Final

from provision.config import Config
from provision.config.alternatives import changed_configs, with_spares
from provision.config.values import ConfigValue
from provision.model.risks import Risk
from provision.model.stack import Node, Stack
from provision.model.step import Step, with_computed
from provision.plan.change import WRITES, Action, ResourceChange, diff_fields
from provision.plan.dependents import follow_replaced_parent, keeps_computed
from provision.plan.risks import risks_of
from provision.preflight.placeholders import stand_in_site, with_stand_ins
from provision.preflight.rehearsal import ACCOUNT, Rehearsal
from provision.stack import build_stack
from provision.stack.inputs import Package

IDENTITY_KEYS: Final = frozenset({"name", "environment", "region", "account"})
"""The keys that select a stack: another value leads to another stack, and changes none."""

_MOST_TRIED: Final = 6
"""The most other values that are tried for one key."""

_FIRST_NUMBER: Final = 1000
"""The number of the first node in ids that AWS chooses: that of a customer's key is 1."""


@dataclass(frozen=True)
class Effect:
    """The effect of a change on one node: by which fields, and the risks that it may have."""

    node: str
    verb: str
    fields: tuple[str, ...]
    risks: tuple[Risk, ...]


@dataclass(frozen=True)
class Trial:
    """The effects of giving a key another value."""

    value: Any
    effects: tuple[Effect, ...]


class _NamedSources:
    """Packages that are not built: their digests are those of the folders' names."""

    def __init__(self, config: Config) -> None:
        self._config = config

    def function(self, name: str) -> Package:
        function = self._config.functions[name]
        return self._of(f"{function.source} without {function.exclude}")

    def layer(self, name: str) -> Package:
        return self._of(str(self._config.built_layers[name]))

    def _of(self, source: str) -> Package:
        digest = hashlib.sha256(source.encode()).digest()
        return Package(source, digest.hex(), b64encode(digest).decode())


def trial_of(config: Config, value: ConfigValue, folder: Path) -> Trial | None:
    """Return the effects of another value of a key; None if no other value is known."""
    if value.is_masked:
        return None
    return _best_trial(config, value, folder) or _best_trial(
        with_spares(config, folder), value, folder
    )


def _best_trial(config: Config, value: ConfigValue, folder: Path) -> Trial | None:
    """Return the first trial that changes a resource: some values differ in writing only."""
    first: Trial | None = None
    others = changed_configs(config, value.keys, value.shape, folder)
    for other, changed in islice(others, _MOST_TRIED):
        trial = Trial(other, effects_of(config, changed))
        if trial.effects:
            return trial
        first = first or trial
    return first


def effects_of(before: Config, after: Config) -> tuple[Effect, ...]:
    """Return what `up` would do if the stack exists as `before` wants it."""
    return tuple(
        Effect(
            change.node,
            change.verb,
            tuple(diff.field for diff in change.diffs),
            _risks(change),
        )
        for change in _changes(before, after)
        if change.action in WRITES
    )


def _changes(before: Config, after: Config) -> Iterator[ResourceChange]:
    exists = _existing(before)
    where = Rehearsal(after.region, after.account or ACCOUNT).location
    stack = build_stack(replace(stand_in_site(after, where), packages=_NamedSources(after)))
    steps: dict[str, Step] = {}
    changes: dict[str, ResourceChange] = {}
    for name, node in stack.nodes.items():
        want, have = node.build(steps), exists.get(name)
        change = follow_replaced_parent(_compared(node, want, have), changes)
        changes[name] = change
        steps[name] = with_computed(want, have if keeps_computed(change) else None)
    yield from changes.values()
    for name, have in exists.items():
        if name not in stack.nodes:
            yield ResourceChange(name, (), have.KIND, None, have, (), Action.DELETE)


def _existing(config: Config) -> dict[str, Step]:
    """Return the steps of a stack that is as wanted. Values of AWS have their usual form."""
    where = Rehearsal(config.region, config.account or ACCOUNT).location
    stack: Stack = build_stack(
        replace(stand_in_site(config, where), packages=_NamedSources(config))
    )
    steps: dict[str, Step] = {}
    for number, (name, node) in enumerate(stack.nodes.items(), start=_FIRST_NUMBER):
        steps[name] = with_stand_ins(node.build(steps), number, where)
    return steps


def _compared(node: Node[Step], want: Step, have: Step | None) -> ResourceChange:
    made = ResourceChange(node.name, node.needs, want.KIND, want, have, (), Action.CREATE)
    if have is None:
        return made
    diffs = diff_fields(want, have, None)
    action = Action.UPDATE if diffs else Action.KEEP
    if any(diff.fixed for diff in diffs):
        action = Action.REPLACE
    return replace(made, diffs=diffs, action=action)


def _risks(change: ResourceChange) -> tuple[Risk, ...]:
    """Return the risks of the change, those that only another value would have included."""
    step = change.have or change.want
    assert step is not None
    declared = (risk for diff in change.diffs for risk in step.RISKS.update.get(diff.field, ()))
    return tuple(dict.fromkeys((*risks_of(change), *declared)))
