"""Rotated keys: two that work at every moment, also if interrupted at any call.

The rotation is continued, also by `up` and `down`, with or without the state.
"""

from __future__ import annotations

from typing import Any

import pytest

from provision.engine.engine import Engine
from provision.errors import NotFound, NotOwned, ProvisionError
from provision.model.stack import Stack
from provision.model.step import OWNER
from provision.plan.change import Action
from provision.plan.options import PlanOptions
from provision.state.journal import Journal
from provision.steps import KINDS
from provision.steps.apigateway.api_key import RETIRED, ApiKey
from provision.steps.apigateway.usage_plan import UsagePlan
from provision.unknown import sort_known
from provision.workflows import rotate_keys
from tests.support.harness import HOLDER, Died, Recorder, Where, Workshop, new_aws

pytestmark = pytest.mark.usefixtures("one_item_a_page")

ROTATION = ["TagResource", "CreateApiKey", "CreateUsagePlanKey"]


def a_stack() -> Stack:
    stack = Stack("tap-dev")
    tags = {"team": "a"}
    key = stack.add(
        "api.key.default", lambda _: ApiKey(name="tap-dev-default", plan="tap-dev", tags=tags)
    )
    stack.add(
        "api.plan",
        lambda get: UsagePlan(
            name="tap-dev", rate=10.0, burst=20, keys=sort_known(get(key).ids), tags={"team": "a"}
        ),
        needs=[key],
    )
    return stack


class Office:
    """A user's commands on one stack, each as a process of its own."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        self.last = Recorder()

    def engine(self, journal: Journal, recorder: Recorder | None = None) -> Engine:
        self.last = recorder or Recorder()
        return Engine(a_stack(), self.workshop.connect(self.last), journal, PlanOptions())

    def open(self) -> Journal:
        return Journal(self.workshop.directory, "tap-dev", KINDS).open(HOLDER)

    def rotate(self, recorder: Recorder | None = None) -> ApiKey:
        journal = self.open()
        try:
            return rotate_keys.rotate(self.engine(journal, recorder), "default")
        finally:
            journal.close()

    def switch(self, key_id: str, *, enabled: bool) -> None:
        journal = self.open()
        try:
            rotate_keys.switch(self.engine(journal), key_id, enabled=enabled)
        finally:
            journal.close()

    def remove(self, key_id: str) -> None:
        journal = self.open()
        try:
            rotate_keys.remove(self.engine(journal), key_id)
        finally:
            journal.close()

    def run(self, verb: str) -> dict[str, Action]:
        outcome = self.workshop.run(a_stack(), verb)
        return {name: finding.action for name, finding in outcome.changes.items()}

    def key(self) -> ApiKey:
        step = self.workshop.run(a_stack(), "up").resources["api.key.default"]
        assert isinstance(step, ApiKey)
        return step

    def works(self) -> set[str]:
        """Return the keys with which requests are answered: enabled, and in the plan."""
        client = new_aws().apigateway
        on = {key["id"] for key in client.get_api_keys()["items"] if key["enabled"]}
        (plan,) = client.get_usage_plans()["items"]
        return on & {
            key["id"] for key in client.get_usage_plan_keys(usagePlanId=plan["id"])["items"]
        }


@pytest.fixture
def office(workshop: Workshop) -> Office:
    made = Office(workshop)
    made.run("up")
    return made


def test_both_work_and_up_agrees(office: Office) -> None:
    old = office.key()
    new = office.rotate()
    assert office.last.writes == ROTATION
    assert new.id != old.id
    assert office.works() == {old.id, new.id}
    assert [one.id for one in new.retired] == [old.id]
    assert set(office.run("up").values()) == {Action.KEEP}
    assert office.workshop.last.writes == []


def test_it_stands_in_aws_not_in_the_state(office: Office) -> None:
    old = office.key()
    new = office.rotate()
    office.workshop.forget()
    again = office.key()
    assert office.workshop.last.writes == []
    assert (again.id, [one.id for one in again.retired]) == (new.id, [old.id])
    tags = new_aws().apigateway.get_api_key(apiKey=old.id)["tags"]
    assert tags[OWNER] == "tap-dev/api.key.default"
    assert tags[RETIRED] == again.retired[0].retired_on


def test_the_old_is_switched_off_on_again_and_removed(office: Office) -> None:
    old, new = office.key(), office.rotate()
    with pytest.raises(ProvisionError, match="still works"):
        office.remove(old.id)
    office.switch(old.id, enabled=False)
    assert office.works() == {new.id}
    office.switch(old.id, enabled=False)
    assert office.last.writes == []
    assert set(office.run("up").values()) == {Action.KEEP}
    assert office.works() == {new.id}
    office.switch(old.id, enabled=True)
    assert office.works() == {old.id, new.id}
    office.switch(old.id, enabled=False)
    office.remove(old.id)
    assert office.last.writes == ["DeleteUsagePlanKey", "DeleteApiKey"]
    assert set(office.run("up").values()) == {Action.KEEP}
    assert office.workshop.last.writes == []


def test_the_next_rotation_removes_what_is_switched_off(office: Office) -> None:
    first, second = office.key(), office.rotate()
    office.switch(first.id, enabled=False)
    third = office.rotate()
    assert {key["id"] for key in new_aws().apigateway.get_api_keys()["items"]} == {
        second.id,
        third.id,
    }
    fourth = office.rotate()
    assert office.works() == {second.id, third.id, fourth.id}, "clients may still use them"


@pytest.mark.parametrize("enabled", [False, True])
def test_the_key_in_use_and_others_are_refused(office: Office, enabled: bool) -> None:
    key = office.key()
    with pytest.raises(ProvisionError, match="clients are to use"):
        office.switch(key.id, enabled=enabled)
    strangers = new_aws().apigateway.create_api_key(
        name="theirs", enabled=True, tags={RETIRED: "x"}
    )
    with pytest.raises(NotFound):
        office.switch(strangers["id"], enabled=enabled)
    with pytest.raises(NotFound):
        office.remove(strangers["id"])


@pytest.mark.parametrize("verb", ["disable", "enable", "remove"])
def test_a_name_is_as_good_as_an_id_where_one_key_has_it(office: Office, verb: str) -> None:
    def act() -> None:
        if verb == "remove":
            office.remove("default")
        else:
            office.switch("default", enabled=verb == "enable")

    key = office.key()
    with pytest.raises(ProvisionError, match=f"{key.id} is the key default that clients"):
        act()
    new = office.rotate()
    with pytest.raises(ProvisionError, match=f"2 keys are named default, and {new.id} is") as told:
        act()
    assert told.value.hint == f"`provision keys {verb} {key.id}`"
    newest = office.rotate()
    with pytest.raises(
        ProvisionError, match=f"3 keys are named default, and {newest.id} is"
    ) as of3:
        act()
    assert {*of3.value.hint.split(", ")} == {
        f"`provision keys {verb} {each.id}`" for each in (key, new)
    }


def test_the_name_of_a_key_retired_without_a_successor(office: Office) -> None:
    retired = office.key().retire(new_aws())
    assert office.works() == {retired.id}
    office.switch("default", enabled=False)
    assert office.works() == set()
    office.remove("default")
    assert new_aws().apigateway.get_api_keys()["items"] == []


def test_nothing_to_rotate_before_the_first_up(workshop: Workshop) -> None:
    office = Office(workshop)
    with pytest.raises(NotFound, match="yet"):
        office.rotate()
    assert office.last.writes == []


CRASHES = [(where, number) for where in Where for number in range(1, len(ROTATION) + 1)]


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("crash", CRASHES)
def test_cut_short_anywhere_it_goes_on(
    office: Office,
    crash: tuple[Where, int],
    lost: bool,
) -> None:
    """Another `rotate`, `up`, or `down` continues it; the old key works all the time."""
    for follow in ("rotate", "up", "down"):
        old = office.key()
        with pytest.raises(Died):
            office.rotate(Recorder(die=crash))
        assert old.id in office.works()
        if lost:
            office.workshop.forget()
        if follow == "rotate":
            # Without the state, a complete rotation and one without an end look alike.
            another = lost and crash == (Where.AFTER, len(ROTATION))
            assert len(office.rotate().retired) == (2 if another else 1)
            assert len(office.rotate().retired) == (3 if another else 2), "ended, it is another"
        if follow != "down":
            new = office.key()
            cut_at_first = crash == (Where.BEFORE, 1) and follow == "up"
            assert (new.id == old.id) is cut_at_first
            assert {old.id, new.id} <= office.works()
            assert set(office.run("up").values()) == {Action.KEEP}
            assert office.workshop.last.writes == []
        office.run("down")
        client: Any = new_aws().apigateway
        assert client.get_api_keys()["items"] == []
        if follow != "down":
            office.run("up")


def planted(office: Office, **more: Any) -> str:
    """Create a key of our name with our owner tag, as a neighbour, and return its id."""
    tags = {OWNER: "tap-dev/api.key.default", **more}
    made: str = new_aws().apigateway.create_api_key(
        name="tap-dev-default", enabled=True, tags=tags
    )["id"]
    return made


def in_plan_of_its_own(key_id: str, tags: dict[str, str]) -> None:
    client = new_aws().apigateway
    plan = client.create_usage_plan(name="tap-dev", tags=tags)["id"]
    client.create_usage_plan_key(usagePlanId=plan, keyId=key_id, keyType="API_KEY")


@pytest.mark.parametrize("lost", [False, True], ids=["known", "state lost"])
@pytest.mark.parametrize("rotated", [False, True])
def test_one_that_only_claims_to_be_retired_is_told_and_given_nothing(
    office: Office, *, lost: bool, rotated: bool
) -> None:
    key = office.key()
    ours = {key.id, *office.rotate().ids} if rotated else {key.id}
    theirs = planted(office, **{RETIRED: "2020-01-01"})
    in_plan_of_its_own(theirs, {OWNER: "other-dev/api.plan"})
    if lost:
        office.workshop.forget()
    seen = office.workshop.run(a_stack(), "plan").changes["api.key.default"].have
    assert isinstance(seen, ApiKey)
    assert set(seen.ids) == ours
    assert f"{theirs} has the tags of a retired key" in seen.reported_problem()
    assert set(office.run("up").values()) == {Action.KEEP}
    assert office.workshop.last.writes == []
    with pytest.raises(NotFound):
        office.remove(theirs)
    office.run("down")
    assert [one["id"] for one in new_aws().apigateway.get_api_keys()["items"]] == [theirs]


def test_no_plan_decides_where_its_mark_was_copied_too(office: Office) -> None:
    theirs = planted(office, **{RETIRED: "2020-01-01"})
    in_plan_of_its_own(theirs, {OWNER: "tap-dev/api.plan"})
    office.workshop.forget()
    findings = office.workshop.run(a_stack(), "plan").changes
    assert findings["api.plan"].action is Action.FOREIGN
    seen = findings["api.key.default"].have
    assert isinstance(seen, ApiKey)
    assert seen.claimed == (theirs,)


def test_of_two_alike_the_one_in_our_plan_is_it(office: Office) -> None:
    """Its callers are already admitted, so that using it gives no one new access."""
    key = office.key()
    others = [planted(office) for _ in range(5)]
    office.workshop.forget()
    assert office.key().id == key.id
    assert office.workshop.last.writes == []
    assert office.works() == {key.id}
    assert len(others) == 5


def test_where_nobody_can_tell_which_key_it_is_nothing_is_told_or_done(office: Office) -> None:
    planted(office)
    client = new_aws().apigateway
    (plan,) = client.get_usage_plans()["items"]
    client.delete_usage_plan(usagePlanId=plan["id"])
    office.workshop.forget()
    with pytest.raises(NotOwned, match="carry its owner tag"):
        office.rotate()
    assert office.last.writes == []
