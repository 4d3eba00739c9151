"""Adds what starts functions on schedule: the group, a role a function, and the schedules."""

from __future__ import annotations

from collections.abc import Mapping

from provision.model.stack import Node, Stack
from provision.stack import grants, key_grants
from provision.stack.encryption import EncryptionKey
from provision.stack.functions import LIVE, FunctionNodes
from provision.stack.inputs import StackInputs
from provision.steps.iam.role import Role
from provision.steps.iam.role_policies import RolePolicies
from provision.steps.scheduler.group import ScheduleGroup
from provision.steps.scheduler.schedule import Schedule, canonical_payload


def add_schedules(
    stack: Stack,
    inputs: StackInputs,
    functions: Mapping[str, FunctionNodes],
    encryption: EncryptionKey,
) -> None:
    scheduled = [key for key in functions if inputs.config.functions[key].on]
    if not scheduled:
        return
    group = stack.add(
        "schedules", lambda _: ScheduleGroup(name=inputs.config.prefix, tags=inputs.tags)
    )
    for key in scheduled:
        role, granted = _add_role(stack, inputs, key, encryption)
        for name in inputs.config.functions[key].on:
            _add_schedule(stack, inputs, (key, name), group, (role, granted), functions[key])


def _add_role(
    stack: Stack,
    inputs: StackInputs,
    key: str,
    encryption: EncryptionKey,
) -> tuple[Node[Role], Node[RolePolicies]]:
    role = stack.add(
        f"function.{key}.schedules.role",
        lambda _: Role(
            name=inputs.global_name(inputs.aws_key("function", key), "schedules"),
            service="scheduler.amazonaws.com",
            description=f"Starts {inputs.aws_name('function', key)} on schedule",
            boundary=inputs.config.boundary,
            tags=inputs.tags,
        ),
        key=f"function.{key}",
    )
    granted = stack.add(
        f"function.{key}.schedules.grants",
        lambda get: RolePolicies(
            role=get(role).name,
            boundary=inputs.config.boundary,
            policies={
                "invoke": grants.invoking(live_alias(inputs, key)),
                "dead-letters": grants.dead_letters(_dead_letters(inputs, key)),
                **(
                    {
                        "encryption": key_grants.queue_encryption(
                            inputs.location, encryption.arn(get)
                        )
                    }
                    if encryption.uses_customer_key
                    else {}
                ),
            },
        ),
        needs=[role, *encryption.needs],
        key=f"function.{key}",
    )
    return role, granted


def _add_schedule(
    stack: Stack,
    inputs: StackInputs,
    named: tuple[str, str],
    group: Node[ScheduleGroup],
    access: tuple[Node[Role], Node[RolePolicies]],
    function: FunctionNodes,
) -> None:
    (key, name), (role, granted) = named, access
    wanted = inputs.config.functions[key]
    trigger = wanted.on[name]
    stack.add(
        f"function.{key}.on.{name}",
        lambda get: Schedule(
            group=get(group).name,
            name=f"{inputs.aws_key('function', key)}.{name}",
            expression=trigger.schedule,
            timezone=trigger.timezone,
            payload=canonical_payload(trigger.payload),
            target=live_alias(inputs, key),
            role=get(role).arn,
            dead_letters=_dead_letters(inputs, key),
            max_age=wanted.retries.max_age,
        ),
        needs=[group, role],
        after=[granted, function.alias, function.dead_letters],
        key=f"function.{key}",
    )


def live_alias(inputs: StackInputs, key: str) -> str:
    """Return the ARN of the alias that all callers use, which follows from its name."""
    return inputs.location.arn("lambda", f"function:{inputs.aws_name('function', key)}:{LIVE}")


def _dead_letters(inputs: StackInputs, key: str) -> str:
    return inputs.location.arn("sqs", inputs.aws_name("function", key, "dead-letters"))
