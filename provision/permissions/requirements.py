"""Fills the IAM permissions that steps declare with the names of one stack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from string import Formatter
from typing import Final

from provision.aws.access import Location
from provision.model import iam
from provision.model.stack import Stack
from provision.model.step import OWNER, FieldRole, Step, fields_with
from provision.unknown import Unknown

READ: Final = "look"
WRITE: Final = "make"
DELETE: Final = "remove"


@dataclass(frozen=True)
class Asked:
    """A required action on one resource (an ARN, with `*` where AWS chooses) if every test holds.

    `operation` is the API operation that needs it, `by` the node or command that calls it.
    """

    action: str
    resource: str
    tests: tuple[iam.Condition, ...]
    operation: str
    by: str


def asked_by_stack(
    stack: Stack, orphans: Mapping[str, Step], where: Location, parts: Sequence[str]
) -> list[Asked]:
    """Return what the calls for all nodes, and for orphans (`orphans`), require."""
    steps = {**expected(stack, where), **orphans}
    return [
        asked
        for name, step in steps.items()
        for part in parts
        for asked in asked_by(name, step, _calls(step, part), where, stack)
    ]


def _calls(step: Step, part: str) -> tuple[iam.ApiCall, ...]:
    declared = step.API_CALLS
    return {READ: declared.read, WRITE: declared.write, DELETE: declared.delete}[part]


def asked_by(
    by: str, step: Step, calls: Iterable[iam.ApiCall], where: Location, stack: Stack
) -> Iterator[Asked]:
    """Yield what these calls require for this step."""
    yield from _asked(by, calls, _words(step.policy_variables(), where, stack))


def asked_by_others(
    by: str, calls: Iterable[iam.ApiCall], where: Location, stack: Stack
) -> Iterator[Asked]:
    """Yield what calls require that no step makes."""
    yield from _asked(by, calls, _words({}, where, stack))


def expected(stack: Stack, where: Location) -> dict[str, Step]:
    """Return every node's step, with patterns for the values that AWS will choose."""
    steps: dict[str, Step] = {}
    for name, node in stack.nodes.items():
        step = node.build(steps)
        steps[name] = _patterned(step, where, stack)
    return steps


def _patterned(step: Step, where: Location, stack: Stack) -> Step:
    computed = fields_with(type(step), FieldRole.COMPUTED)
    chosen = [name for name in computed if not isinstance(vars(step)[name], tuple)]
    bare = replace(step, **dict.fromkeys(chosen, iam.ANY_RESOURCE))
    words = _words(bare.policy_variables(), where, stack)
    known = {
        name: text
        for name, template in step.API_CALLS.computed.items()
        for text in _fill(template, words)
    }
    return replace(bare, **known)


def _asked(by: str, calls: Iterable[iam.ApiCall], words: _Words) -> Iterator[Asked]:
    for call in calls:
        for permit in call.permits:
            for action, resource, tests in _filled(permit, words):
                yield Asked(action, resource, tests, call.operation, by)


# -- templates ---------------------------------------------------------------------------------

_Words = Mapping[str, tuple[str, ...]]
"""The texts of each template variable: none for a field that is not set."""


def _words(fields: Mapping[str, object], where: Location, stack: Stack) -> _Words:
    place = {
        "partition": where.partition,
        "region": where.region,
        "account": where.account,
        "dns_suffix": where.dns_suffix,
        "stack": stack.name,
        "owner_prefix": stack.owner_prefix,
        "owner": OWNER,
    }
    return {name: _texts(value) for name, value in {**fields, **place}.items()}


def _texts(value: object) -> tuple[str, ...]:
    match value:
        case Unknown():
            return (iam.ANY_RESOURCE,)
        case str():
            return (value,) if value else ()
        case tuple() | dict():
            return tuple(text for part in value for text in _texts(part))
        case None | False | 0:
            return ()
    return (str(value),)


def _filled(
    permit: iam.Permission, words: _Words
) -> Iterator[tuple[str, str, tuple[iam.Condition, ...]]]:
    if permit.if_set and not words[permit.if_set]:
        return
    if permit.if_unset and words[permit.if_unset]:
        return
    for template in permit.resources:
        named = {
            word for word in _names(template) if any(iam.ANY_RESOURCE in t for t in words[word])
        }
        tests = permit.conditions + (permit.wildcard_conditions if named else ())
        for resource in _fill(template, words):
            yield permit.action, resource, _filled_tests(tests, words)


def _filled_tests(tests: Iterable[iam.Condition], words: _Words) -> tuple[iam.Condition, ...]:
    return tuple(
        sorted(
            iam.Condition(test.operator, key, value)
            for test in tests
            for key in _fill(test.key, words)
            for value in _fill(test.value, words)
        )
    )


def _fill(template: str, words: _Words) -> Iterator[str]:
    """Yield the template once for each combination of its variables' texts."""
    names = sorted(_names(template))
    for texts in product(*(words[name] for name in names)):
        yield template.format_map(dict(zip(names, texts, strict=True)))


def _names(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}
