"""A change by field, with its cause."""

from __future__ import annotations

from dataclasses import replace

from provision.plan.change import Cause, diff_fields
from provision.steps.dynamodb.table import Table
from provision.unknown import UNKNOWN

HAVE = Table(name="t", key="id", tags={}, ttl="expires_at", arn="arn:1", read_capacity=7)


def test_equal_values_differ_in_nothing() -> None:
    assert diff_fields(HAVE, HAVE, HAVE) == ()


def test_computed_and_local_fields_are_never_compared() -> None:
    assert diff_fields(replace(HAVE, arn="arn:2", read_capacity=5), HAVE, None) == ()


def test_each_differing_field_is_named_with_both_values() -> None:
    want = replace(HAVE, ttl=None, key="pk")
    changes = {change.field: change for change in diff_fields(want, HAVE, None)}
    assert set(changes) == {"ttl", "key"}
    assert (changes["ttl"].want, changes["ttl"].have) == (None, "expires_at")
    assert changes["key"].fixed
    assert not changes["ttl"].fixed


def test_what_is_unknown_differs() -> None:
    (change,) = diff_fields(replace(HAVE, ttl=UNKNOWN), HAVE, None)
    assert change.want is UNKNOWN


def test_what_is_unknown_differs_from_itself() -> None:
    unknown = replace(HAVE, ttl=UNKNOWN)
    assert [change.field for change in diff_fields(unknown, unknown, None)] == ["ttl"]


def test_a_field_that_the_record_does_not_have_yet_was_left_as_it_is() -> None:
    older = replace(HAVE)
    del vars(older)["ttl"]
    (change,) = diff_fields(replace(HAVE, ttl="other"), HAVE, older)
    assert (change.cause, change.recorded) == (Cause.CONFIG, "expires_at")


def test_the_cause_is_told_by_what_we_left() -> None:
    want = replace(HAVE, ttl="other")
    assert diff_fields(want, HAVE, HAVE)[0].cause is Cause.CONFIG
    assert diff_fields(want, HAVE, want)[0].cause is Cause.DRIFT
    assert diff_fields(want, HAVE, None)[0].cause is Cause.CONFIG


def test_what_an_emulator_does_not_show_is_not_compared() -> None:
    assert diff_fields(replace(HAVE, ttl="other"), HAVE, None, frozenset({"ttl"})) == ()


def test_both_may_have_changed() -> None:
    left, have = replace(HAVE, ttl="left"), replace(HAVE, ttl="drifted")
    (both,) = diff_fields(replace(HAVE, ttl="wanted"), have, left)
    assert (both.cause, both.is_conflict, both.recorded) == (Cause.DRIFT, True, "left")
    (drift,) = diff_fields(left, have, left)
    assert (drift.cause, drift.is_conflict) == (Cause.DRIFT, False)
    (config,) = diff_fields(replace(HAVE, ttl="wanted"), left, left)
    assert (config.cause, config.is_conflict) == (Cause.CONFIG, False)
    (unsure,) = diff_fields(replace(HAVE, ttl=UNKNOWN), have, left)
    assert not unsure.is_conflict
