"""Tests whether two values of one class are one resource, and whether it can be looked up."""

from __future__ import annotations

from provision.model.step import FieldRole, Step, fields_with
from provision.unknown import is_known


def same_fixed_identity(one: Step, other: Step) -> bool:
    """Return whether two values of one class agree in the Fixed fields of their identity."""
    names = set(one.IDENTITY) & set(fields_with(type(one), FieldRole.FIXED))
    return all(vars(one)[name] == vars(other)[name] for name in names)


def same_resource(one: Step, other: Step) -> bool:
    """Return whether two observed values are one resource, even if its tags changed."""
    names = {*one.IDENTITY, *fields_with(type(one), FieldRole.COMPUTED)} - {"tags"}
    return type(one) is type(other) and all(vars(one)[n] == vars(other)[n] for n in names)


def has_known_identity(step: Step) -> bool:
    """Return whether all that `observe` needs to find the resource is known."""
    return is_known([vars(step)[name] for name in step.IDENTITY])
