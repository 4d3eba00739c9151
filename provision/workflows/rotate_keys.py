"""Rotates API keys without downtime: a successor works in addition to the old key.

The old key is switched off when its clients have moved. The progress is kept in AWS, as a tag of
the old key, so that the next `rotate` or `up` continues an interrupted rotation, even without the
state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from provision.aws.client import Aws
from provision.engine.engine import Engine
from provision.errors import Interrupted, NotFound, NotOwned, ProvisionError
from provision.model.stack import Stack
from provision.model.step import Step, with_computed
from provision.plan.change import Action, ResourceChange
from provision.steps.apigateway.api_key import ApiKey, RetiredKey, delete_key, switch_key
from provision.steps.apigateway.usage_plan import UsagePlan

KEY: Final = "api.key."
PLAN: Final = "api.plan"


def find_keys(engine: Engine) -> dict[str, ApiKey]:
    """Return the existing keys by their name in config.yaml. Must not write.

    Raises `NotOwned` if one is foreign, or if it cannot be determined which is ours.
    """
    found = {}
    for name in engine.stack.nodes:
        if name.startswith(KEY):
            have = _decided(engine.find(name, {})).have
            if isinstance(have, ApiKey):
                found[name.removeprefix(KEY)] = have
    return found


def rotate(engine: Engine, name: str) -> ApiKey:
    """Create a successor of the key and add it to the usage plan, so that both work.

    Keys that were retired before and are switched off are deleted. Raises `NotFound` before the
    first `up`.
    """
    key = _decided(engine.find(f"{KEY}{name}", {}))
    plan = _find_plan(engine)
    have, want = key.have, key.want
    if not isinstance(have, ApiKey) or want is None:
        raise NotFound(f"there is no API key {name} yet", hint="`provision up` creates it")
    if not have.due and have.id in plan.keys and not _has_successor(engine, key.node):
        have = have.retire(engine.aws)
    _raise_if_stopped(engine)
    made = _apply_and_verify(engine, key.node, want, have)
    assert isinstance(made, ApiKey)
    engine.journal.begin(key.node, "update", replace(made, due=True), key.needs)
    _raise_if_stopped(engine)
    keys = tuple(sorted({*plan.keys, *made.ids}))
    _apply_and_verify(engine, PLAN, replace(plan, keys=keys), plan)
    switched_off = [old for old in made.retired if not old.enabled]
    for old in switched_off:
        _remove(engine.aws, old)
    left = tuple(old for old in made.retired if old not in switched_off)
    made = replace(made, retired=left)
    engine.journal.done(key.node, made, key.needs)
    return made


def _has_successor(engine: Engine, node: str) -> bool:
    """Return whether an interrupted rotation has already created its successor.

    The record shows that until the very end, by a key that was due.
    """
    record = engine.journal.records.get(node)
    return bool(
        record
        and record.pending == "update"
        and isinstance(record.step, ApiKey)
        and record.step.due
    )


def switch(engine: Engine, key: str, *, enabled: bool) -> None:
    """Enable or disable a retired key. Raise `ProvisionError` for one that is not retired.

    `key` is its id, or its name if no other key has that.
    """
    command = "`provision keys enable {}`" if enabled else "`provision keys disable {}`"
    old = _retired(engine, key, command)
    if old.enabled is not enabled:
        switch_key(engine.aws, old.id, enabled=enabled)


def remove(engine: Engine, key: str) -> None:
    """Delete a retired key that was switched off before. Raise `ProvisionError` for others.

    `key` is its id, or its name if no other key has that.
    """
    old = _retired(engine, key, "`provision keys remove {}`")
    if old.enabled:
        raise ProvisionError(
            f"{old.id} still works: its clients would be locked out, with no way back",
            hint=f"`provision keys disable {old.id}`; remove it when no client needs it",
        )
    _remove(engine.aws, old)


def _remove(aws: Aws, old: RetiredKey) -> None:
    client = aws.apigateway
    pages = client.get_paginator("get_usage_plans").paginate(keyId=old.id)
    for plan in [each for page in pages for each in page.get("items", [])]:
        client.delete_usage_plan_key(usagePlanId=plan["id"], keyId=old.id)
    delete_key(aws, old.id)


def _retired(engine: Engine, given: str, command: str) -> RetiredKey:
    """Return the retired key of that id or name."""
    keys = find_keys(engine)
    key_id = _key_id(keys, given, command)
    for name, key in keys.items():
        for old in key.retired:
            if old.id == key_id:
                return old
        if key.id == key_id:
            raise ProvisionError(
                f"{key_id} is the key {name} that clients are to use: `up` wants it on",
                hint=f"`provision keys rotate {name}`, then `provision keys disable {key_id}`",
            )
    raise NotFound(
        f"no key {given} in {engine.stack.name}", hint="`provision keys list` shows them"
    )


def _key_id(keys: Mapping[str, ApiKey], given: str, command: str) -> str:
    """Return the id if a name is given.

    Raise `ProvisionError` if several keys have the name, with `command` for each retired one.
    """
    key = keys.get(given)
    if key is None or any(given in each.ids for each in keys.values()):
        return given
    if len(key.ids) == 1:
        return key.ids[0]
    retired = [old.id for old in key.retired]
    in_use = "" if key.id in retired else f", and {key.id} is the one that clients are to use"
    commands = ", ".join(command.format(each) for each in retired)
    raise ProvisionError(f"{len(key.ids)} keys are named {given}{in_use}", hint=commands)


def _find_plan(engine: Engine) -> UsagePlan:
    """Return the usage plan, without observing what it needs."""
    change = _decided(engine.find(PLAN, _wanted_in_empty_account(engine.stack)))
    if not isinstance(change.have, UsagePlan):
        raise NotFound("there is no usage plan yet", hint="`provision up` creates it")
    return change.have


def _decided(change: ResourceChange) -> ResourceChange:
    """Return the change. Raise `NotOwned` if the resource is foreign or ambiguous.

    Its value is then not shown, and nothing is done with it.
    """
    if change.action is Action.FOREIGN:
        raise NotOwned(change.reason, hint=change.unblock_hint)
    return change


def _wanted_in_empty_account(stack: Stack) -> Mapping[str, Step]:
    """Return every node as in an empty account: all that AWS chooses is unknown."""
    wanted: dict[str, Step] = {}
    for name, node in stack.nodes.items():
        wanted[name] = with_computed(node.build(wanted), None)
    return wanted


def _apply_and_verify(engine: Engine, name: str, want: Step, have: Step) -> Step:
    """Carry the change to `want` out and verify it."""
    change = engine.change(name, want, have)
    made = engine.make(change)
    if change.action is not Action.KEEP:
        engine.verify(change, made)
    return made


def _raise_if_stopped(engine: Engine) -> None:
    if engine.aws.clock.stopped:
        raise Interrupted("interrupted")
