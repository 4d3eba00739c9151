"""Finds the resource of one node in AWS. Reads only, and decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from provision.aws.client import Aws
from provision.engine.concurrent_runs import ambiguous, id_of
from provision.engine.ownership_check import OwnershipCheck
from provision.engine.prefetch import Inputs, Prefetched, observe_recorded
from provision.model.capabilities import HasParent, KeepsMessages, PredictsValues
from provision.model.matching import has_known_identity, same_fixed_identity, same_resource
from provision.model.stack import Node
from provision.model.step import (
    FieldRole,
    OwnerMark,
    Replacement,
    Step,
    fields_with,
    needs_replacement_beside,
    same_identity,
    with_computed,
)
from provision.plan.change import Action, ResourceChange, diff_fields
from provision.plan.dependents import keeps_computed
from provision.plan.ownership import Ownership
from provision.plan.planner import NOT_THERE, DataFacts, Observation, holds_deletable_data
from provision.state.journal import Journal
from provision.unknown import is_known

Accepts = Callable[[Step], bool]
"""Whether the record of a node for which this step is wanted may be trusted."""


def accept_any(want: Step) -> bool:  # noqa: ARG001  (any step)
    """Return True for any step."""
    return True


@dataclass(frozen=True)
class Observer:
    """The reads by which the resources of one stack are found in one account."""

    aws: Aws
    journal: Journal
    ownership: Ownership
    accepts: Accepts = accept_any

    @property
    def check(self) -> OwnershipCheck:
        """The check of who owns a resource."""
        return OwnershipCheck(self.aws, self.ownership)

    def build(self, node: Node[Step], inputs: Mapping[str, Step]) -> Step:
        """Return the wanted step of the node, with its owner, from those of the nodes it needs."""
        return self.ownership.claim(node.name, node.build(inputs))

    def observe(
        self,
        node: Node[Step],
        want: Step,
        alternatives: Sequence[Inputs] = (),
        prefetched: Prefetched | None = None,
    ) -> Observation:
        """Find the node's resource. Must not write.

        `alternatives`: see `candidate_inputs`. `prefetched`: its prefetched resource.
        """
        recorded = self._believed(
            want, prefetched.recorded if prefetched else self.recorded_step(node.name)
        )
        if recorded and self.accepts(want) and self._accepts_recorded(node, want, recorded):
            seen = self._observe_as_wanted(node, want, recorded)
            return self.observed(node, want, self._wanted_version(want, seen))
        found = self._search(node, want, alternatives, prefetched)
        ours = self._select_owned(node, want, recorded, found)
        if not ours:
            return NOT_THERE
        have, several = ours[0], ambiguous(want, ours)
        if several:
            known = [one for one in several if recorded and id_of(one) == id_of(recorded)]
            if not known:
                ids = tuple(sorted(map(id_of, several)))
                return Observation(have, deposed=_deposed(want, ours[1:]), alike=ids)
            have = known[0]
        behind = [one for one in ours if one is not have and one not in several]
        # The ownership of a resource at an old parent was decided there.
        there = have in _found_at_old_parent(want, found)
        owned = there or self.check.is_ours(node.name, want, have)
        return Observation(have, owned, _deposed(want, behind))

    def observed(self, node: Node[Step], want: Step, have: Step | None) -> Observation:
        """Return the observation of a resource that was found, with its ownership."""
        if have is None:
            return NOT_THERE
        return Observation(have, self.check.is_ours(node.name, want, have))

    def observe_made(self, change: ResourceChange, node: Node[Step], want: Step) -> Step | None:
        """Return the planned resource, or look for it now that its identity is known."""
        have = change.have
        if have is None and change.want is not None and not has_known_identity(change.want):
            have = self._believed(want, self.recorded_step(node.name)) or want.observe(self.aws)
        return have

    def observe_after_replacement(
        self, change: ResourceChange, node: Node[Step], want: Step
    ) -> Observation:
        """Observe again after a need was replaced: the resource may be deleted with it."""
        have = change.have.observe(self.aws) if change.have else None
        if have is None:
            have = next(iter(want.find_candidates(self.aws)), None)
            return self.observed(node, want, have)
        return self.observe_again(node, want, have, known=change)

    def observe_again(
        self, node: Node[Step], want: Step, have: Step | None, *, known: ResourceChange
    ) -> Observation:
        """Observe a resource with what is wanted now, and its ownership.

        That of a resource at an old parent was decided in `known`: `want` does not show it.
        """
        if have is None:
            return NOT_THERE
        have = self._observe_as_wanted(node, want, have)
        if known.action is not Action.FOREIGN and _found_at_old_parent(want, [have]):
            return Observation(have)
        return self.observed(node, want, have)

    def prefetchable(
        self, nodes: Mapping[str, Node[Step]], unsupported: Mapping[str, str]
    ) -> dict[str, Step]:
        """Return by node the steps that can be observed before anything else.

        They are those in the journal, and those whose identity has nothing that AWS chooses.
        """
        wanted: dict[str, Step] = {}
        queries: dict[str, Step] = {}
        records = self.journal.records
        known = {name: records[name].step for name in nodes if name in records}
        if len(known) < len(nodes):
            for name, node in nodes.items():  # each after those it needs
                want = self.build(node, wanted)
                wanted[name] = with_computed(want, None)
                if name in known or has_known_identity(want):
                    queries[name] = want
        return {n: s for n, s in (known | queries).items() if s.KIND not in unsupported}

    def recorded_step(self, name: str) -> Step | None:
        """Observe the recorded resource of a node."""
        return observe_recorded(self.aws, self.journal.records.get(name))

    def data_facts(self, have: Step) -> DataFacts | None:
        """Read what decides on the deletion of data; None if the resource holds none."""
        if isinstance(have, KeepsMessages):
            return DataFacts(messages=have.messages_waiting(self.aws))
        if not holds_deletable_data(have):
            return None
        if warning := have.deletion_warning(self.aws):
            return DataFacts(warning)
        return DataFacts(stored=have.stored_data(self.aws))

    def planned_value(self, change: ResourceChange) -> Step:
        """Return the value to plan dependents with: Computed fields as found, or unknown."""
        assert change.want is not None
        if keeps_computed(change):
            return with_computed(change.want, change.have)
        made = with_computed(change.want, None)
        return made.with_predicted_values(self.aws) if isinstance(made, PredictsValues) else made

    def _believed(self, want: Step, recorded: Step | None) -> Step | None:
        """Return the recorded resource, or None if the record is not to be believed.

        That is so if the resource carries no mark, is not where it is wanted, and AWS does not show
        that it is part of a resource of ours.
        """
        if recorded is None or not isinstance(recorded, HasParent) or same_identity(want, recorded):
            return recorded
        return recorded if self.check.is_part_of_ours(recorded) else None

    def _accepts_recorded(self, node: Node[Step], want: Step, recorded: Step) -> bool:
        """Return whether the recorded resource is the node's.

        The record may be wrong, or lead to a resource that another party has taken over since. If a
        create-first replacement is due, the new one may exist already. A resource that an
        interrupted run was moving may be in both places.
        """
        record = self.journal.records.get(node.name)
        if recorded.OWNER_MARK is OwnerMark.BY_CONTENT and record and record.pending == "update":
            return False
        ours = self.check.is_ours(node.name, want, recorded)
        return ours and not needs_replacement_beside(want, recorded)

    def _select_owned(
        self, node: Node[Step], want: Step, recorded: Step | None, found: Sequence[Step]
    ) -> Sequence[Step]:
        """Return the owned among all candidates, the likeliest first.

        If none is owned, return the last candidate, which is foreign.
        """
        every, elsewhere = list(found), _found_at_old_parent(want, found)
        if recorded and not any(same_resource(recorded, have) for have in found):
            every.append(recorded)
        # The ownership of a resource at an old parent was decided there.
        ours = [
            have for have in every if have in elsewhere or self.check.is_ours(node.name, want, have)
        ]
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
        fixed = [vars(want)[name] for name in fields_with(type(want), FieldRole.FIXED)]
        reusable = want.REPLACEMENT is Replacement.REUSE_VERSION
        if not reusable or not is_known(fixed) or not diff_fields(want, have, None):
            return have
        return want.observe(self.aws) or have

    def _search(
        self,
        node: Node[Step],
        want: Step,
        alternatives: Sequence[Inputs],
        prefetched: Prefetched | None,
    ) -> list[Step]:
        """Look for the resource by name or owner tag, as far as their values are known.

        A resource without a mark is looked for at every place, deposed parents included.
        """
        aside = self.journal.deposed(node.name)
        found: list[Step] = []
        queried: list[Step] = []
        for query in (want, *(self.build(node, inputs) for inputs in alternatives)):
            if not has_known_identity(query) or any(
                same_identity(query, other) for other in queried
            ):
                continue
            queried.append(query)
            seen = (
                prefetched.found
                if prefetched and prefetched.answers(query)
                else query.find_candidates(self.aws)
            )
            for have in seen:
                ours = query is want or self.ownership.carries_mark(node.name, query, have)
                if ours and not any(same_resource(have, old) for old in [*aside, *found]):
                    found.append(have)
            if want.OWNER_MARK.names_owner:
                break
        return found


def _deposed(want: Step, behind: Sequence[Step]) -> tuple[Step, ...]:
    """Return what is deleted once `want` exists, for kinds of which two can coexist."""
    return tuple(behind) if want.REPLACEMENT is Replacement.CREATE_FIRST else ()


def _found_at_old_parent(want: Step, found: Sequence[Step]) -> list[Step]:
    """Return unmarked resources found at an old parent: their ownership was decided there."""
    return [
        have for have in found if not want.OWNER_MARK.names_owner and not same_identity(want, have)
    ]
