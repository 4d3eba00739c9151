"""Whether two values of one class are one resource, and whether it can be looked for."""

from __future__ import annotations

from provision.model.step import Mark, Step, fields_with
from provision.unknown import is_known


def same_fixed_identity(one: Step, other: Step) -> bool:
    """Whether two values of one class have the same name, as far as names do not change."""
    names = set(one.IDENTITY) & set(fields_with(type(one), Mark.FIXED))
    return all(vars(one)[name] == vars(other)[name] for name in names)


def same_resource(one: Step, other: Step) -> bool:
    """Whether two found values of one class are one resource, however its tags have changed."""
    names = {*one.IDENTITY, *fields_with(type(one), Mark.COMPUTED)} - {"tags"}
    return type(one) is type(other) and all(vars(one)[n] == vars(other)[n] for n in names)


def has_known_identity(step: Step) -> bool:
    """Whether everything `observe` needs to look for it is known."""
    return is_known([vars(step)[name] for name in step.IDENTITY])
