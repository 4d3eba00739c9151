"""One node at a time: look at it, and judge what follows. Reads only; `engine.py` acts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from provision.aws import Aws
from provision.finding import Action, Finding, difference
from provision.graph import Node, Stack
from provision.journal import Journal
from provision.step import Step, findable, with_computed

UNSURE: Final = (1.0, 2.0, 4.0, 8.0)
"""Seconds between looks before it is believed that what was being made is not there (V16, X1, D3).
"""


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


@dataclass(frozen=True)
class Consent:
    """What the user allows by name."""

    adopt: frozenset[str] = frozenset()
    destroy: frozenset[str] = frozenset()
    destroy_data: bool = False
    backup: bool = True
    """A final backup is made before data is destroyed."""

    def may_destroy(self, node: str) -> bool:
        return self.destroy_data or node.partition("~")[0] in self.destroy


@dataclass(frozen=True)
class Blind:
    """What an emulator lacks: kinds without a service, fields it takes but does not show, and kinds
    it makes no backups of."""

    kinds: Mapping[str, str]
    fields: Mapping[str, Mapping[str, str]]
    backups: Mapping[str, str]


SEES_ALL: Final = Blind({}, {}, {})


@dataclass
class Eyes:
    """What looks at one stack in one account, with what the user allows."""

    stack: Stack
    aws: Aws
    journal: Journal
    consent: Consent = Consent()
    blind: Blind = SEES_ALL
    report: Report = lambda node, moment, words: None

    def look(
        self, node: Node[Step], wanted: Mapping[str, Step], found: Mapping[str, Step | None]
    ) -> Finding:
        """Reads only. `wanted` and `found`: what the nodes it needs should be, and were found."""
        want = self._wanted(node, wanted)
        if reason := self.blind.kinds.get(want.KIND):
            return self._finding(node, want, None, Action.SKIP, reason)
        self.report(node.name, Moment.LOOKING, "")
        return self.judge(node, want, self._find(node, want, found))

    def judge(self, node: Node[Step], want: Step, have: Step | None) -> Finding:
        """The action that follows from the two values."""
        if have is None:
            action = Action.KEEP if want.MADE_BY_AWS else Action.CREATE
            return self._finding(node, want, None, action)
        record = self.journal.records.get(node.name)
        changes = difference(
            want,
            have,
            record.step if record else None,
            frozenset(self.blind.fields.get(want.KIND, ())),
        )
        finding = replace(self._finding(node, want, have, Action.UPDATE), changes=changes)
        if not self._ours(node.name, want, have) and node.name not in self.consent.adopt:
            return replace(
                finding,
                changes=(),
                action=Action.FOREIGN,
                reason=f"{have.label} exists and is not this stack's",
                refusal=f"--adopt {node.name} takes it over",
            )
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
        return with_computed(finding.want, finding.have if stays else None)

    def refine(self, finding: Finding, node: Node[Step], made: Mapping[str, Step]) -> Finding:
        """The finding again, once all it needs is really there and nothing is unknown any more."""
        want = self._wanted(node, made)
        if finding.action is Action.SKIP or want == finding.want:
            return finding
        have = finding.have
        if have is None and finding.want is not None and not findable(finding.want):
            have = self._recall(node.name) or want.observe(self.aws)
        return self.judge(node, want, have)

    def look_forgotten(self, name: str) -> Finding:
        """A node of the journal that the configuration no longer has."""
        record = self.journal.records[name]
        have = self._recall(name)
        finding = Finding(name, record.needs, record.step.KIND, None, have, (), Action.DELETE)
        return self.judge_removal(finding, record.step)

    def judge_removal(self, finding: Finding, expected: Step) -> Finding:
        """What removing comes to: nothing there, not ours, kept, or deleted."""
        if finding.action is Action.SKIP:
            return finding
        have, name = finding.have, finding.node
        finding = replace(finding, changes=(), refusal="", action=Action.KEEP)
        if have is None:
            return replace(finding, reason="not there")
        if not self._ours(name, expected, have):
            return replace(
                finding,
                action=Action.FOREIGN,
                reason=f"{have.label} is not this stack's: left alone",
            )
        if have.SHARED:
            return replace(finding, reason="the whole account uses it")
        if have.HOLDS_DATA:
            return self._judge_data(finding, have)
        return replace(finding, action=Action.DELETE)

    def _judge_data(self, finding: Finding, have: Step) -> Finding:
        """Whether data goes, and what is said of it. Protection is read live (D19)."""
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
        words.append(self._backup_words(have.KIND))
        return replace(finding, action=Action.DELETE, reason="; ".join(words))

    def _backup_words(self, kind: str) -> str:
        if not self.consent.backup:
            return "no backup is made: --no-backup"
        if lacking := self.blind.backups.get(kind):
            return f"no backup is made: {lacking}"
        return "a final backup is made first"

    # -- helpers -----------------------------------------------------------------------------

    def owner(self, node: str) -> str:
        """What the owner tag of a node's resource says; a retired one keeps its node's."""
        return f"{self.stack.name}/{node.partition('~')[0]}"

    def owns(self, finding: Finding) -> bool:
        """Whether what was found carries this node's owner, or can carry none."""
        record = self.journal.records.get(finding.node)
        expected = finding.want or (record and record.step)
        have = finding.have
        return bool(have and expected and self._ours(finding.node, expected, have))

    def _ours(self, node: str, expected: Step, have: Step) -> bool:
        record = self.journal.records.get(node)
        recorded = record is not None and record.step.owned_by(have, self.owner(node))
        return recorded or expected.owned_by(have, self.owner(node))

    def _wanted(self, node: Node[Step], inputs: Mapping[str, Step]) -> Step:
        want = node.build(*(inputs[need] for need in node.needs))
        return want.with_owner(self.owner(node.name))

    def _find(self, node: Node[Step], want: Step, found: Mapping[str, Step | None]) -> Step | None:
        """What is ours, in whichever way it is found first; where nothing is, what stands there."""
        others = None
        for way in self._ways(node, want, found):
            have = way()
            if have is not None and self._ours(node.name, want, have):
                return have
            others = others or have
        return others

    def _ways(
        self, node: Node[Step], want: Step, found: Mapping[str, Step | None]
    ) -> tuple[Callable[[], Step | None], ...]:
        """A record may be wrong, or lead to what somebody has taken over since."""
        return lambda: self._recall(node.name), lambda: self._search(node, want, found)

    def _recall(self, name: str) -> Step | None:
        """Observe what the journal remembers. What was being made may not be visible yet: `up`
        would make a second one, and `down` leave it behind."""
        record = self.journal.records.get(name)
        if record is None:
            return None
        unsure = record.doing == "create"
        return self._look_long(record.step) if unsure else record.step.observe(self.aws)

    def _search(
        self, node: Node[Step], want: Step, found: Mapping[str, Step | None]
    ) -> Step | None:
        """Look for it by name or owner tag, where what that takes is known."""
        if findable(want):
            return want.observe(self.aws)
        inputs = {need: step for need in node.needs if (step := found.get(need)) is not None}
        if len(inputs) < len(set(node.needs)):
            return None
        seed = self._wanted(node, inputs)
        return seed.observe(self.aws) if findable(seed) else None

    def _look_long(self, step: Step) -> Step | None:
        for pause in UNSURE:
            if have := step.observe(self.aws):
                return have
            self.aws.clock.sleep(pause)
        return step.observe(self.aws)

    def _finding(
        self, node: Node[Step], want: Step, have: Step | None, action: Action, reason: str = ""
    ) -> Finding:
        return Finding(node.name, node.needs, want.KIND, want, have, (), action, reason)
