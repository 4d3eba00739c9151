"""Finds the resource of one node in AWS and plans its change. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from provision.engine.concurrent_runs import ambiguous, id_of
from provision.engine.planner import NodeEvent, Planner
from provision.engine.prefetch import Inputs, Prefetched, observe_recorded
from provision.model.matching import has_known_identity, same_fixed_identity, same_resource
from provision.model.stack import Node, deposed_name
from provision.model.step import (
    OWNER,
    Mark,
    Replacement,
    Step,
    fields_with,
    needs_replacement_beside,
    same_identity,
    with_computed,
)
from provision.plan.change import Action, Cause, ResourceChange, diff_fields
from provision.unknown import is_known


@dataclass
class Observer(Planner):
    """A planner that also observes the resources of one stack in one account."""

    def observe(
        self,
        node: Node[Step],
        wanted: Mapping[str, Step],
        places: Sequence[Inputs],
        early: Prefetched | None,
    ) -> ResourceChange:
        """Find the node's resource and return its change. Must not write.

        `wanted`: the wanted steps of the nodes it needs. `places`: see `candidate_inputs`. `early`:
        its prefetched resource.
        """
        want = self._build(node, wanted)
        if reason := self.limitations.unsupported_kinds.get(want.KIND):
            return self._finding(node, want, None, Action.SKIP, reason)
        self.report(node.name, NodeEvent.LOOKING, "")
        recalled = self._believed(want, early.recorded if early else self._recall(node.name))
        if recalled and self._accepts_recorded(node, want, recalled):
            seen = self._observe_as_wanted(node, want, recalled)
            return self.plan(node, want, self._wanted_version(want, seen))
        found = self._search(node, want, places, early)
        ours = self._select_owned(node, want, recalled, found)
        have = ours[0] if ours else None
        if several := ambiguous(want, ours):
            known = [one for one in several if recalled and id_of(one) == id_of(recalled)]
            if not known:
                return self._undecided(node, want, several, ours)
            have = known[0]
        judge = self.plan_owned if have in _found_at_old_parent(want, found) else self.plan
        behind = [one for one in ours if one is not have and one not in several]
        return replace(judge(node, want, have), deposed=_deposed(want, behind))

    def _undecided(
        self, node: Node[Step], want: Step, several: Sequence[Step], ours: Sequence[Step]
    ) -> ResourceChange:
        """Return the change of a node of which several resources carry the mark.

        A tag can be copied: none of them is replaced, and nothing is built upon one.
        """
        ids = " and ".join(sorted(map(id_of, several)))
        reason = f"{ids} carry its mark alike, and no state says which it is"
        change = self._finding(node, want, ours[0], Action.FOREIGN, reason)
        refusal = f"take the tag {OWNER} off what is not it, or bring back the state"
        return replace(change, blocked_by=refusal, deposed=_deposed(want, ours[1:]))

    def prefetchable(self) -> dict[str, Step]:
        """Return by node the steps that can be observed before anything else.

        They are those in the journal, and those whose identity has nothing that AWS chooses.
        """
        wanted: dict[str, Step] = {}
        sought: dict[str, Step] = {}
        records = self.journal.records
        known = {name: records[name].step for name in self.stack.nodes if name in records}
        if len(known) < len(self.stack.nodes):
            for name, node in self.stack.nodes.items():  # each after those it needs
                want = self._build(node, wanted)
                wanted[name] = with_computed(want, None)
                if name in known or has_known_identity(want):
                    sought[name] = want
        return {
            n: s
            for n, s in (known | sought).items()
            if s.KIND not in self.limitations.unsupported_kinds
        }

    def replan_after_replacement(
        self, change: ResourceChange, node: Node[Step], made: Mapping[str, Step]
    ) -> ResourceChange:
        """Plan again after a need was replaced: the resource may be deleted with it."""
        if change.action is Action.SKIP:
            return change
        want = self._build(node, made)
        have = change.have.observe(self.aws) if change.have else None
        if have is None:
            return self.plan(node, want, next(iter(want.find_candidates(self.aws)), None))
        return self._judge_again(change, node, want, have)

    def replan(
        self, change: ResourceChange, node: Node[Step], made: Mapping[str, Step]
    ) -> ResourceChange:
        """Plan again once all needs exist and nothing is unknown any more."""
        want = self._build(node, made)
        if change.action is Action.SKIP or want == change.want:
            return change
        have = change.have
        if have is None and change.want is not None and not has_known_identity(change.want):
            have = self._believed(want, self._recall(node.name)) or want.observe(self.aws)
        return self._judge_again(change, node, want, have)

    def _judge_again(
        self, change: ResourceChange, node: Node[Step], want: Step, have: Step | None
    ) -> ResourceChange:
        """Plan again, with the ownership that was decided where the resource was found.

        At an old parent, `want` does not show it.
        """
        if have is not None:
            have = self._observe_as_wanted(node, want, have)
        known = change.action is not Action.FOREIGN and have and _found_at_old_parent(want, [have])
        return self.plan_owned(node, want, have) if known else self.plan(node, want, have)

    def plan_deposed(self, change: ResourceChange) -> list[ResourceChange]:
        """Return the deletions of deposed resources, as nodes of their own."""
        taken = set(self.journal.records)
        behind = []
        for old in change.deposed:
            name = deposed_name(change.node, taken)
            taken.add(name)
            one = ResourceChange(name, change.needs, old.KIND, None, old, (), Action.DELETE)
            behind.append(self.plan_deletion(one, old))
        return behind

    def plan_orphan(self, name: str) -> ResourceChange:
        """Return the change of a node that the journal has and the configuration has not."""
        record = self.journal.records[name]
        have = self._recall(name)
        change = ResourceChange(name, record.needs, record.step.KIND, None, have, (), Action.DELETE)
        dropped = None if "~" in name else Cause.REMOVED  # with a `~`, it is deposed
        if have and not (have.MARKED or have.SHARED or self.is_part_of_ours(have)):
            reason = f"{have.label} is part of what is not this stack's: left alone"
            return replace(change, action=Action.FOREIGN, reason=reason)
        return self.plan_deletion(replace(change, cause=dropped), record.step)

    def _believed(self, want: Step, recalled: Step | None) -> Step | None:
        """Return the recorded resource, or None if the record is not to be believed.

        That is so if the resource carries no mark, is not where it is wanted, and AWS does not show
        that it is part of a resource of ours.
        """
        if recalled is None or recalled.MARKED or recalled.SHARED or same_identity(want, recalled):
            return recalled
        return recalled if self.is_part_of_ours(recalled) else None

    def _accepts_recorded(self, node: Node[Step], want: Step, recalled: Step) -> bool:
        """Return whether the recorded resource is the node's.

        The record may be wrong, or lead to a resource that another party has taken over since. If a
        create-first replacement is due, the new one may exist already. A resource that an
        interrupted run was moving may be in both places.
        """
        record = self.journal.records.get(node.name)
        if recalled.BY_CONTENT and record and record.pending == "update":
            return False
        return self._matches(node.name, want, recalled) and not needs_replacement_beside(
            want, recalled
        )

    def _select_owned(
        self, node: Node[Step], want: Step, recalled: Step | None, found: Sequence[Step]
    ) -> Sequence[Step]:
        """Return the owned among all candidates, the likeliest first.

        If none is owned, return the last candidate, which is foreign.
        """
        every, elsewhere = list(found), _found_at_old_parent(want, found)
        if recalled and not any(same_resource(recalled, have) for have in found):
            every.append(recalled)
        # The ownership of a resource at an old parent was decided there.
        ours = [have for have in every if have in elsewhere or self._matches(node.name, want, have)]
        return ours or every[-1:]

    def _observe_as_wanted(self, node: Node[Step], want: Step, have: Step) -> Step:
        """Observe the resource again, if needed, with the wanted settings as the query.

        Needed if a field already has its wanted value although the record has an older one: an
        interrupted run or a manual change may have stopped half-way, and `strays` is computed
        relative to the query.
        """
        record = self.journal.records.get(node.name)
        if (
            record is None
            or needs_replacement_beside(want, have)
            or not same_fixed_identity(want, have)
        ):
            return have
        changed = {diff.field for diff in diff_fields(want, record.step, None)}
        left = {diff.field for diff in diff_fields(want, have, None)}
        if changed <= left:
            return have
        return with_computed(want, have).observe(self.aws) or have

    def _wanted_version(self, want: Step, have: Step) -> Step:
        """Return the wanted entry of a numbered history, if it exists.

        The record leads to the entry used last, and `create` would only reuse one of an earlier
        run.
        """
        fixed = [vars(want)[name] for name in fields_with(type(want), Mark.FIXED)]
        if not want.REVIVES or not is_known(fixed) or not diff_fields(want, have, None):
            return have
        return want.observe(self.aws) or have

    def _recall(self, name: str) -> Step | None:
        return observe_recorded(self.aws, self.journal.records.get(name))

    def _search(
        self, node: Node[Step], want: Step, places: Sequence[Inputs], early: Prefetched | None
    ) -> list[Step]:
        """Look for the resource by name or owner tag, as far as their values are known.

        A resource without a mark is looked for at every place, deposed parents included.
        """
        aside = self.journal.deposed(node.name)
        found: list[Step] = []
        looked: list[Step] = []
        for seed in (want, *(self._build(node, place) for place in places)):
            if not has_known_identity(seed) or any(same_identity(seed, other) for other in looked):
                continue
            looked.append(seed)
            seen = early.found if early and early.answers(seed) else seed.find_candidates(self.aws)
            for have in seen:
                foreign = seed is not want and not self._owned(node.name, seed, have)
                if not foreign and not any(same_resource(have, old) for old in [*aside, *found]):
                    found.append(have)
            if want.MARKED:
                break
        return found


def _deposed(want: Step, behind: Sequence[Step]) -> tuple[Step, ...]:
    """Return what is deleted once `want` exists, for kinds of which two can coexist."""
    return tuple(behind) if want.REPLACEMENT is Replacement.CREATE_FIRST else ()


def _found_at_old_parent(want: Step, found: Sequence[Step]) -> list[Step]:
    """Return unmarked resources found at an old parent: their ownership was decided there."""
    return [have for have in found if not want.MARKED and not same_identity(want, have)]
