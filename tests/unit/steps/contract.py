"""One contract for every step class: inherit it, give a step and the fields that may change.

    class TestTable(StepContract):
        def given(self, aws): return Table(name="tap-dev-items", key="id", tags={"team": "a"})
        edits = {"ttl": "expires_at", "protect": False, "tags": {"team": "b"}}

`given` makes all that the step needs and returns the step. `edits` holds a second value for every
field that is not Fixed, Computed or Local; the contract fails for a field without one.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import partial
from typing import Any, ClassVar

import pytest
from botocore.exceptions import ClientError

from provision.engine.concurrent_runs import id_of
from provision.errors import NotOwned, ProvisionError
from provision.model.capabilities import HasParent, HoldsData
from provision.model.step import (
    FieldRole,
    Management,
    Replacement,
    Step,
    Tagged,
    fields_with,
    with_computed,
)
from provision.plan.change import Action
from provision.plan.options import PlanOptions
from provision.state.record import from_json, to_json
from provision.steps import KINDS
from provision.unknown import UNKNOWN, is_known
from tests.faults.aws_behaviours.frame import Court
from tests.faults.aws_behaviours.harness import LawfulWorkshop
from tests.faults.aws_behaviours.rules.pages import OneItemAPage
from tests.support.drawn import draw, half_known
from tests.support.harness import Died, Recorder, Where, Workshop, empty, new_aws, one_node
from tests.unit.steps.lacking import Answers, Lacking

SWEEP = "CRASHES_SWEEP" in os.environ
POINTS = 6
CrashPoint = tuple[Where, int]


@dataclass
class FirstDeleted(Recorder):
    """Simulates another user who deletes the same resource right before the nth call is sent."""

    number: int = 0
    other: Callable[[], object] = field(default=lambda: None)
    done: bool = False

    def _before(self, model: Any, **_: Any) -> None:
        super()._before(model)
        if len(self.reads) + len(self.writes) == self.number:
            self.done = True
            self.other()


def for_all(step: Step) -> bool:
    """Return whether the kind belongs to the whole account, so that no stack removes it."""
    return step.MANAGEMENT is Management.NEVER_DELETED


def crash_points(
    test: str, step: Step, writes: int, kinds: Iterable[Where] = Where
) -> list[CrashPoint]:
    """Return where a run of that many writes is to crash.

    With `CRASHES_SWEEP` that is everywhere. In the suite, of many places, it is the first, the last
    and some between, chosen by a seed of the test and the kind.
    """
    every = [(where, number) for number in range(1, writes + 1) for where in kinds]
    if SWEEP or len(every) <= POINTS:
        return every
    ends = [every[0], every[1], every[-1]]
    between = random.Random(f"{test} {step.KIND}").sample(every[2:-1], POINTS - len(ends))
    return [*ends, *between]


class StepContract:
    edits: ClassVar[Mapping[str, Any]]
    """Field → another value to which it can be changed in place."""
    fixed_edits: ClassVar[Mapping[str, Any]] = {}
    """Fixed field → another value, which causes a replacement (optional)."""
    drift_only: ClassVar[frozenset[str]] = frozenset()
    """Fields with only one wanted value: a difference is always an undeclared setting."""

    unsaid: ClassVar[Mapping[str, tuple[object, ...]]] = {}
    """Field → what AWS means by leaving its value out, if that is not an empty one."""

    refused_twice: ClassVar[str] = ""
    """The error with which AWS refuses a second resource of equal settings, under any name."""

    def given(self, aws: Any) -> Step:
        """Make what the step needs, and return the step."""
        raise NotImplementedError

    @pytest.fixture
    def step(self, account: None, monkeypatch: pytest.MonkeyPatch) -> Step:
        """Return the step, whose parent belongs to this stack unless the test says otherwise."""
        step = self.given(new_aws())
        if isinstance(step, HasParent):
            monkeypatch.setattr(type(step), "parent_owner", lambda step, aws: "tap-dev/parent")
        return step

    def observed(self, step: Step) -> Step | None:
        return step.with_owner("tap-dev/it").observe(new_aws())

    # -- the value ---------------------------------------------------------------------------

    def test_kind_is_listed(self, step: Step) -> None:
        assert KINDS[step.KIND] is type(step)
        assert all(name in vars(step) for name in step.IDENTITY)

    def test_every_field_is_edited_or_marked(self, step: Step) -> None:
        assert set(fields_with(type(step), None)) == set(self.edits) | self.drift_only
        for name, value in {**self.edits, **self.fixed_edits}.items():
            assert vars(step)[name] != value, f"the edit of {name} changes nothing"
        assert set(self.fixed_edits) <= set(fields_with(type(step), FieldRole.FIXED))

    def test_survives_json(self, step: Step) -> None:
        full = with_computed(step, step).with_owner("tap-dev/it")
        assert from_json(type(step), to_json(full)) == full

    def test_a_record_of_before_a_field_was_added_is_read(self, step: Step) -> None:
        """An earlier version wrote it: each field that has a default may be missing."""
        full = with_computed(step, step).with_owner("tap-dev/it")
        for each in fields(full):
            if each.default is not MISSING:
                written = to_json(full)
                written.pop(each.name, None)
                read = from_json(type(step), written)
                assert vars(read) == vars(replace(full, **{each.name: each.default}))

    def test_an_unknown_is_never_written_to_the_journal(self, step: Step) -> None:
        local = fields_with(type(step), FieldRole.LOCAL)  # recorded only when known
        field = next(name for name in (*step.IDENTITY, *vars(step)) if name not in local)
        with pytest.raises(Exception, match=r"(?i)serializ|unknown"):
            to_json(replace(step, **{field: UNKNOWN}))

    def test_it_is_planned_and_drawn_while_what_others_give_is_unknown(
        self, step: Step, workshop: Workshop
    ) -> None:
        """The plan is drawn while the resource is absent, then ours, then foreign."""
        wants = half_known(step)
        for want in wants:
            finding = workshop.run(one_node(want), "plan").changes["it"]
            assert finding.node in draw(finding)
            draw(replace(finding, want=with_computed(want, None)))
        workshop.run(one_node(step), "up")
        for stack in ("tap-dev", "tap-qa"):
            for want in wants:
                finding = workshop.run(one_node(want, stack=stack), "plan").changes["it"]
                assert finding.node in draw(finding)
            shutil.rmtree(workshop.directory, ignore_errors=True)

    # -- up ----------------------------------------------------------------------------------

    def test_plan_writes_nothing(self, step: Step, workshop: Workshop) -> None:
        finding = workshop.run(one_node(step), "plan").changes["it"]
        assert finding.action is Action.CREATE
        assert workshop.last.writes == []

    def test_second_up_writes_nothing(self, step: Step, workshop: Workshop) -> None:
        made = workshop.run(one_node(step), "up").resources["it"]
        assert workshop.last.writes, "the first `up` must create something"
        assert is_known(made)
        assert workshop.run(one_node(step), "up").changes["it"].action is Action.KEEP
        assert workshop.last.writes == []

    def test_found_again_without_state(self, step: Step, workshop: Workshop) -> None:
        workshop.run(one_node(step), "up")
        workshop.forget()
        assert workshop.run(one_node(step), "up").changes["it"].action is Action.KEEP
        assert workshop.last.writes == []

    def test_create_and_update_tell_what_observe_sees(self, step: Step, workshop: Workshop) -> None:
        computed = fields_with(type(step), FieldRole.COMPUTED)
        for want in (step, self.edited(step)):
            made = workshop.run(one_node(want), "up").resources["it"]
            seen = made.observe(new_aws())
            assert seen is not None
            assert {n: vars(made)[n] for n in computed} == {n: vars(seen)[n] for n in computed}

    def test_every_field_is_read_and_none_assumed(self, step: Step, workshop: Workshop) -> None:
        """A field copied from the query would hide drift whenever both have the same value."""
        made = workshop.run(one_node(step), "up").resources["it"]
        seen = made.observe(new_aws())
        for name, value in {**self.edits, **self.fixed_edits}.items():
            if name not in step.IDENTITY:
                assert replace(made, **{name: value}).observe(new_aws()) == seen, name

    def test_what_aws_leaves_out_is_read_as_empty(self, step: Step, workshop: Workshop) -> None:
        """AWS may leave any optional member out; one without a value it usually does."""
        made = workshop.run(one_node(self.edited(step)), "up").resources["it"]
        answers = Answers()
        whole = made.observe(new_aws(answers))
        assert whole is not None
        for member, was_empty in answers.members().items():
            seen = made.observe(new_aws(Lacking(answers=answers, member=member)))
            for name, value in vars(seen).items() if seen else ():
                full = vars(whole)[name]
                assert value == full or (not was_empty and self.is_unsaid(step, name, value)), (
                    f"{name} without {member}"
                )

        listed = Answers()
        step = step.with_owner("tap-dev/it")
        every = len(step.find_candidates(new_aws(listed)))
        for member in listed.members():
            fewer = step.find_candidates(new_aws(Lacking(answers=listed, member=member)))
            assert len(fewer) <= every, member

    def is_unsaid(self, step: Step, name: str, value: object) -> bool:
        """Return whether a field may have this value if AWS leaves out a member."""
        of = next(each for each in fields(step) if each.name == name)
        if value is None:
            return "None" in str(of.type)
        if isinstance(value, str | int | float):
            return value in ("", 0, of.default, *self.unsaid.get(name, ()))
        return True

    def test_every_edit_converges_there_and_back(self, step: Step, workshop: Workshop) -> None:
        workshop.run(one_node(step), "up")
        for name, value in self.edits.items():
            edited = replace(step, **{name: value})
            for want in (edited, step):
                finding = workshop.run(one_node(want), "up").changes["it"]
                assert finding.action is Action.UPDATE, name
                assert [diff.field for diff in finding.diffs] == [name]
                assert workshop.run(one_node(want), "up").changes["it"].action is Action.KEEP
                assert workshop.last.writes == []

    def test_every_fixed_edit_replaces(self, step: Step, workshop: Workshop) -> None:
        for name, value in self.fixed_edits.items():
            workshop.run(one_node(step), "up")
            edited = replace(step, **{name: value})
            finding = workshop.run(one_node(edited), "up").changes["it"]
            assert finding.action is Action.REPLACE, name
            assert workshop.run(one_node(edited), "up").changes["it"].action is Action.KEEP
            assert workshop.last.writes == []
            workshop.run(one_node(edited), "down")

    parents_owner: ClassVar[str | None] = ""
    """The owner tag of the parent that `given` makes; None if it makes none."""

    def test_its_parent_is_asked_for_its_owner(self, account: None) -> None:
        step = self.given(new_aws())
        if isinstance(step, HasParent):
            assert step.parent_owner(new_aws()) == self.parents_owner

    def test_it_lives_with_listings_of_one_item_a_page(
        self, step: Step, workshop: Workshop
    ) -> None:
        """The first page of every listing is empty (X12), so that one page alone shows nothing."""
        law = OneItemAPage()
        shop = LawfulWorkshop(workshop.directory, held=Court([law], workshop.new_clock()))
        shop.run(one_node(step), "up")
        shop.stays(step)
        shop.forget()
        shop.stays(step)
        edited = self.edited(step)
        shop.run(one_node(edited), "up")
        shop.stays(edited)
        shop.run(one_node(edited), "down")
        assert for_all(step) or self.observed(edited) is None

    # -- down --------------------------------------------------------------------------------

    def test_down_removes_it_and_twice_is_once(self, step: Step, workshop: Workshop) -> None:
        made = workshop.run(one_node(step), "up").resources["it"]
        workshop.run(one_node(step), "down")
        if for_all(step):
            assert self.observed(step) is not None
            return
        assert self.observed(step) is None
        made.delete(new_aws())
        workshop.run(one_node(step), "down")
        assert workshop.last.writes == []

    def test_somebody_else_may_delete_it_first_at_any_call(
        self, step: Step, workshop: Workshop
    ) -> None:
        """Another `down` runs at the same moment: what it deleted counts as deleted here."""
        if step.MANAGEMENT is not Management.FULL:
            return
        for number in range(1, 40):
            made = workshop.run(one_node(step), "up").resources["it"]
            first = FirstDeleted(number=number, other=partial(made.delete, new_aws()))
            made.delete(new_aws(first))
            workshop.run(one_node(step), "down")
            if not first.done:
                return

    def test_removed_when_the_configuration_no_longer_has_it(
        self, step: Step, workshop: Workshop
    ) -> None:
        workshop.run(one_node(step), "up")
        workshop.run(empty(), "up")
        assert (self.observed(step) is None) is not for_all(step)

    def test_data_stays_unless_named(self, step: Step, workshop: Workshop) -> None:
        workshop.run(one_node(step), "up")
        workshop.run(one_node(step), "down", plan_options=PlanOptions())
        assert (self.observed(step) is not None) is (isinstance(step, HoldsData) or for_all(step))

    def test_somebody_elses_is_left_alone(self, step: Step, workshop: Workshop) -> None:
        if not isinstance(step, Tagged) or not step.has_unique_identity:
            return  # ownership is the parent's, or only our own tag finds it
        workshop.run(one_node(step, stack="other-dev"), "up")
        workshop.forget()
        stack = one_node(step)
        assert workshop.run(stack, "plan").changes["it"].action is Action.FOREIGN
        workshop.run(stack, "down")
        assert workshop.last.writes == []
        adopted = workshop.run(stack, "up", plan_options=PlanOptions(adopt=frozenset({"it"})))
        assert adopted.changes["it"].action is Action.UPDATE

    def copied(self, step: Step, aws: Any) -> None:
        """Create a copy of the resource with our owner tag, as far as AWS allows."""
        step.with_owner("tap-dev/it").create(aws)

    def test_of_two_alike_none_is_taken_where_the_state_is_lost(
        self, step: Step, workshop: Workshop
    ) -> None:
        """A tag can be copied, and the copy may have an id that sorts before or after ours."""
        if not step.OWNER_MARK.names_owner:
            return  # ownership is the parent's
        workshop.run(one_node(step), "up")
        if self.refused_twice:
            with pytest.raises(ClientError, match=self.refused_twice):
                self.copied(step, new_aws())
        else:
            with (
                suppress(ClientError, ProvisionError) if step.has_unique_identity else nullcontext()
            ):
                self.copied(step, new_aws())
        every = step.with_owner("tap-dev/it").find_candidates(new_aws())
        if len(every) == 1:
            alone = self.refused_twice or step.REPLACEMENT.keeps_old
            assert step.has_unique_identity or alone
            return
        assert workshop.run(one_node(step), "plan").changes["it"].action is not Action.FOREIGN
        workshop.forget()
        finding = workshop.run(one_node(step), "plan").changes["it"]
        assert finding.action is Action.FOREIGN
        assert all(id_of(one) in finding.reason for one in every)
        with pytest.raises(NotOwned, match="carry its owner tag"):
            workshop.run(one_node(step), "up")
        assert workshop.last.writes == []

    # -- crashes -----------------------------------------------------------------------------

    def test_survives_a_crash_at_every_write(self, step: Step, workshop: Workshop) -> None:
        for point in self.points_of_up("up", step, workshop):
            with pytest.raises(Died):
                workshop.run(one_node(step), "up", recorder=Recorder(die=point))
            workshop.run(one_node(step), "up")
            assert workshop.run(one_node(step), "up").changes["it"].action is Action.KEEP, point
            workshop.run(one_node(step), "down")
            assert for_all(step) or self.observed(step) is None, point

    def test_an_edit_survives_a_crash_at_every_write(self, step: Step, workshop: Workshop) -> None:
        """A resource that is only partly updated reaches its wanted state in one run."""
        edited = one_node(self.edited(step))
        workshop.run(one_node(step), "up")
        workshop.run(edited, "up")
        points = crash_points("edit", step, len(workshop.last.writes), (Where.AFTER,))
        for point in points:
            workshop.run(one_node(step), "up")
            with pytest.raises(Died):
                workshop.run(edited, "up", recorder=Recorder(die=point))
            workshop.run(edited, "up")
            assert workshop.run(edited, "up").changes["it"].action is Action.KEEP, point

    def points_of_up(self, test: str, step: Step, workshop: Workshop) -> list[CrashPoint]:
        if for_all(step):
            return [(Where.BEFORE, 1)]  # it stays, and a second `up` writes nothing
        workshop.run(one_node(step), "up")
        writes = len(workshop.last.writes)
        workshop.run(one_node(step), "down")
        return crash_points(test, step, writes)

    def edited(self, step: Step) -> Step:
        """Return the step with all edits at once."""
        return replace(step, **self.edits)

    def test_survives_a_crash_with_the_configuration_gone(
        self, step: Step, workshop: Workshop
    ) -> None:
        for point in self.points_of_up("gone", step, workshop):
            with pytest.raises(Died):
                workshop.run(one_node(step), "up", recorder=Recorder(die=point))
            workshop.run(empty(), "down")
            assert for_all(step) or self.observed(step) is None, point

    def test_replacement_is_thought_about(self, step: Step) -> None:
        assert step.REPLACEMENT in Replacement
        if step.has_unique_identity and step.REPLACEMENT is Replacement.CREATE_FIRST:
            assert set(step.IDENTITY) <= set(fields_with(type(step), FieldRole.FIXED)), (
                "it keeps its name"
            )
