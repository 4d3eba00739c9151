"""One node at a time: look at it, and judge what follows. Reads only; `engine.py` acts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from provision.aws import Aws
from provision.blind import SEES_ALL, Blind
from provision.consent import NOTHING, Consent
from provision.finding import Action, Cause, Finding, difference
from provision.glimpse import Glimpse, Place, recall
from provision.graph import Node, Stack, predecessor_name, successor_of
from provision.journal import Journal
from provision.step import (
    Mark,
    Replacement,
    Step,
    findable,
    marked,
    same_place,
    same_resource,
    stands_beside,
    unmarked,
    with_computed,
)
from provision.unknown import is_known
from provision.whose import misspelt_move, taking_over, whose


class Moment(StrEnum):
    """What just happened to a node."""

    LOOKING = "looking"
    FOUND = "found"
    BEGUN = "begun"
    WAITING = "waiting"
    DONE = "done"
    SETTLED = "settled"
    FAILED = "failed"


Report = Callable[[str, Moment, str], None]
"""Node, what happened to it, and in which words (an action, or what it waits for)."""


@dataclass
class Eyes:
    """What looks at one stack in one account, with what the user allows."""

    stack: Stack
    aws: Aws
    journal: Journal
    consent: Consent = NOTHING
    blind: Blind = SEES_ALL
    report: Report = lambda node, moment, words: None

    def look(
        self,
        node: Node[Step],
        wanted: Mapping[str, Step],
        places: Sequence[Place],
        early: Glimpse | None,
    ) -> Finding:
        """Reads only. `wanted`: what the nodes it needs should be; `places`: see `places_of`;
        `early`: what was seen of it before."""
        want = self._wanted(node, wanted)
        if reason := self.blind.kinds.get(want.KIND):
            return self._finding(node, want, None, Action.SKIP, reason)
        self.report(node.name, Moment.LOOKING, "")
        recalled = early.recalled if early else self._recall(node.name)
        if recalled and self._trusts(node, want, recalled):
            return self.judge(node, want, self._entry(want, recalled))
        found = self._search(node, want, places, early)
        ours = self._ours_of(node, want, recalled, found)
        have = ours[0] if ours else None
        judge = self.judge_ours if have in _elsewhere(want, found) else self.judge
        return replace(judge(node, want, have), predecessors=tuple(ours[1:]))

    def foresee(self) -> dict[str, Step]:
        """What can be looked for before anything is seen, by node: what the journal remembers, and
        what needs nothing that AWS chooses to be found by."""
        wanted: dict[str, Step] = {}
        sought: dict[str, Step] = {}
        records = self.journal.records
        known = {name: records[name].step for name in self.stack.nodes if name in records}
        if len(known) < len(self.stack.nodes):
            for name, node in self.stack.nodes.items():  # each after those it needs
                want = self._wanted(node, wanted)
                wanted[name] = with_computed(want, None)
                if name in known or findable(want):
                    sought[name] = want
        return {n: s for n, s in (known | sought).items() if s.KIND not in self.blind.kinds}

    def look_again(self, finding: Finding, node: Node[Step], made: Mapping[str, Step]) -> Finding:
        """The finding where something it needs was replaced: it may have gone with that."""
        if finding.action is Action.SKIP:
            return finding
        want = self._wanted(node, made)
        have = finding.have.observe(self.aws) if finding.have else None
        if have is None:
            return self.judge(node, want, next(iter(want.search(self.aws)), None))
        return self._judge_again(finding, node, want, have)

    def judge(self, node: Node[Step], want: Step, have: Step | None) -> Finding:
        """The action that follows from the two values, or that the one found is not ours."""
        adopted = node.name in self.consent.adopt
        if have is None or adopted or self._ours(node.name, want, have):
            return self.judge_ours(node, want, have)
        return replace(
            self._finding(node, want, have, Action.FOREIGN, whose(have, self.stack.name)),
            refusal=taking_over(have, self.stack.name, node.name),
        )

    def judge_ours(self, node: Node[Step], want: Step, have: Step | None) -> Finding:
        """The action that follows where what was found is known to be ours."""
        if have is None:
            if want.MADE_BY_AWS:
                return self._finding(node, want, None, Action.KEEP)
            reason = misspelt_move(node.name, self.stack.moved, self.journal.records)
            made = self._finding(node, want, None, Action.CREATE, reason)
            gone = self.journal.was_whole(node.name)
            return replace(made, cause=Cause.DRIFT if gone else Cause.CONFIG)
        record = self.journal.records.get(node.name)
        changes = difference(
            want,
            have,
            record.step if record else None,
            frozenset(self.blind.fields.get(want.KIND, ())),
        )
        finding = replace(self._finding(node, want, have, Action.UPDATE), changes=changes)
        if not changes:
            return replace(finding, action=Action.KEEP)
        if not any(change.fixed for change in changes):
            return finding
        refusal = ""
        if want.HOLDS_DATA and not self.consent.may_destroy(node.name):
            refusal = f"it holds data; --destroy {node.name} lets it be deleted and made again"
        return replace(finding, action=Action.REPLACE, refusal=refusal)

    def provides(self, finding: Finding) -> Step:
        """What dependents are planned with: the wanted, its Computed fields as found or unknown."""
        assert finding.want is not None
        stays = finding.action in {Action.KEEP, Action.UPDATE, Action.FOREIGN}
        stays = stays and not any(change.field in finding.want.RENEWS for change in finding.changes)
        return with_computed(finding.want, finding.have if stays else None)

    def refine(self, finding: Finding, node: Node[Step], made: Mapping[str, Step]) -> Finding:
        """The finding again, once all it needs is really there and nothing is unknown any more."""
        want = self._wanted(node, made)
        if finding.action is Action.SKIP or want == finding.want:
            return finding
        have = finding.have
        if have is None and finding.want is not None and not findable(finding.want):
            have = self._recall(node.name) or want.observe(self.aws)
        return self._judge_again(finding, node, want, have)

    def _judge_again(
        self, finding: Finding, node: Node[Step], want: Step, have: Step | None
    ) -> Finding:
        """Whose it is stays as it was judged where it was found: elsewhere, `want` does not say."""
        known = finding.action is not Action.FOREIGN and have and _elsewhere(want, [have])
        return self.judge_ours(node, want, have) if known else self.judge(node, want, have)

    def look_behind(self, finding: Finding) -> list[Finding]:
        """The predecessors of a node as nodes of their own, which are to be removed."""
        taken = set(self.journal.records)
        behind = []
        for old in finding.predecessors:
            name = predecessor_name(finding.node, taken)
            taken.add(name)
            one = Finding(name, finding.needs, old.KIND, None, old, (), Action.DELETE)
            behind.append(self.judge_removal(one, old))
        return behind

    def look_forgotten(self, name: str) -> Finding:
        """A node of the journal that the configuration no longer has."""
        record = self.journal.records[name]
        have = self._recall(name)
        finding = Finding(name, record.needs, record.step.KIND, None, have, (), Action.DELETE)
        dropped = None if "~" in name else Cause.REMOVED  # the other is a successor's predecessor
        return self.judge_removal(replace(finding, cause=dropped), record.step)

    def judge_removal(self, finding: Finding, expected: Step) -> Finding:
        """What removing comes to: nothing there, not ours, kept, or deleted."""
        if finding.action is Action.SKIP:
            return finding
        have, name = finding.have, finding.node
        finding = replace(finding, changes=(), refusal="", action=Action.KEEP)
        if have is None:
            return replace(finding, reason="not there")
        if not self._ours(name, expected, have):
            left = whose(have, self.stack.name).replace("exists and is not", "is not")
            return replace(finding, action=Action.FOREIGN, reason=f"{left}: left alone")
        if have.SHARED:
            return replace(finding, reason="the whole account uses it")
        if have.HOLDS_DATA:
            return self._judge_data(finding, have)
        return replace(finding, action=Action.DELETE)

    def _judge_data(self, finding: Finding, have: Step) -> Finding:
        """Whether data goes, and what is said of it. Protection is read live (D19)."""
        if parting := have.parting(self.aws):
            if self.consent.may_undo_backups(finding.node):
                return replace(finding, action=Action.DELETE, reason=parting)
            return replace(finding, reason=f"{parting}; --destroy {finding.node} deletes it")
        holdings = have.holdings(self.aws)
        finding = replace(finding, holdings=holdings)
        words = [holdings.words] if holdings else []
        if holdings and holdings.protected:
            words.append("deletion protection is on")
        if not self.consent.may_destroy(finding.node):
            held = f" ({'; '.join(words)})" if words else ""
            reason = f"it holds data{held}; --destroy {finding.node} deletes it"
            return replace(finding, reason=reason)
        if holdings and holdings.protected:
            words[-1] += " and is switched off first"
        without = "no backup is made: --no-backup"
        words.append(self.blind.backup_words(have.KIND) if self.consent.backup else without)
        return replace(finding, action=Action.DELETE, reason="; ".join(words))

    # -- helpers -----------------------------------------------------------------------------

    def owner(self, node: str) -> str:
        """What the owner tag of a node's resource says; a retired one keeps its node's."""
        return f"{self.stack.name}/{successor_of(node)}"

    def owns(self, finding: Finding) -> bool:
        """Whether what was found carries this node's owner, or can carry none."""
        record = self.journal.records.get(finding.node)
        expected = finding.want or (record and record.step)
        have = finding.have
        return bool(have and expected and self._ours(finding.node, expected, have))

    def _ours(self, node: str, expected: Step, have: Step) -> bool:
        record = self.journal.records.get(node)
        recorded = record is not None and self._owned(node, record.step, have)
        if record and record.doing == "delete" and have.COMES_BACK and unmarked(have):
            return True  # A35: we were deleting it, and a late writer made it again
        return recorded or self._owned(node, expected, have)

    def _owned(self, node: str, expected: Step, have: Step) -> bool:
        owners = (self.owner(node), *self._former_owners(node))
        return any(expected.owned_by(have, owner) for owner in owners)

    def _former_owners(self, node: str) -> tuple[str, ...]:
        """What the tag says until `up` has changed it, where the node was renamed."""
        name = successor_of(node)
        return tuple(self.owner(old) for old, new in self.stack.moved.items() if new == name)

    def _wanted(self, node: Node[Step], inputs: Mapping[str, Step]) -> Step:
        want = node.build(*(inputs[need] for need in node.needs))
        former = self._former_owners(node.name) if want.MARK_LASTS else ()
        return want.with_owner(next(iter(former), self.owner(node.name)))

    def _trusts(self, node: Node[Step], want: Step, recalled: Step) -> bool:
        """Whether what the record leads to is it. The record may be wrong, or lead to what somebody
        has taken over since; and what is to be made beside it may be there already."""
        return self._ours(node.name, want, recalled) and not stands_beside(want, recalled)

    def _ours_of(
        self, node: Node[Step], want: Step, recalled: Step | None, found: Sequence[Step]
    ) -> Sequence[Step]:
        """Of all that may be it what is ours, the likeliest first; else what stands there."""
        every, elsewhere = list(found), _elsewhere(want, found)
        if recalled and not any(same_resource(recalled, have) for have in found):
            every.append(recalled)
        # What was found elsewhere was judged by what would be wanted there.
        ours = [have for have in every if have in elsewhere or self._ours(node.name, want, have)]
        several = want.REPLACEMENT is Replacement.CREATE_FIRST
        return ours[: None if several else 1] or every[-1:]

    def _entry(self, want: Step, have: Step) -> Step:
        """Of a numbered history, the entry wanted wherever it is: the record leads to the one used
        last, and `create` would only take up again what an earlier run made."""
        fixed = [vars(want)[name] for name in marked(type(want), Mark.FIXED)]
        one_of_many = want.REPLACEMENT is Replacement.SUCCEED and is_known(fixed)
        if not one_of_many or not difference(want, have, None):
            return have
        return want.observe(self.aws) or have

    def _recall(self, name: str) -> Step | None:
        return recall(self.aws, self.journal.records.get(name))

    def _search(
        self, node: Node[Step], want: Step, places: Sequence[Place], early: Glimpse | None
    ) -> list[Step]:
        """Look for it by name or owner tag, where what that takes is known. What carries no owner
        of its own is looked for at every place, the predecessors of what it is part of included.
        """
        aside = self.journal.set_aside(node.name)
        found: list[Step] = []
        looked: list[Step] = []
        for seed in (want, *(self._wanted(node, place) for place in places)):
            if not findable(seed) or any(same_place(seed, other) for other in looked):
                continue
            looked.append(seed)
            seen = early.found if early and early.answers(seed) else seed.search(self.aws)
            for have in seen:
                foreign = seed is not want and not self._owned(node.name, seed, have)
                if not foreign and not any(same_resource(have, old) for old in [*aside, *found]):
                    found.append(have)
            if want.MARKED:
                break
        return found

    def _finding(
        self, node: Node[Step], want: Step, have: Step | None, action: Action, reason: str = ""
    ) -> Finding:
        return Finding(node.name, node.needs, want.KIND, want, have, (), action, reason)


def _elsewhere(want: Step, found: Sequence[Step]) -> list[Step]:
    """What carries no mark and was found where its like is no longer wanted: judged there."""
    return [have for have in found if not want.MARKED and not same_place(want, have)]
