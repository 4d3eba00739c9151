"""One node at a time: look at it, then make it true or remove it. `run.py` walks the graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from botocore.exceptions import ClientError, HTTPClientError

from provision.aws import Aws
from provision.errors import Foreign, NotConverged, Protected
from provision.finding import Action, Finding, difference
from provision.graph import Node, Stack
from provision.journal import Journal
from provision.retry import may_exist, says_it_exists
from provision.step import Replacement, Step, findable, with_computed

SETTLING: Final = (0.3, 0.7, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
"""Seconds between looks after a write: AWS answers stale for up to a minute (X10, Q3)."""
UNSURE: Final = (1.0, 2.0, 4.0, 8.0)
"""Seconds between looks before it is believed that what was being made is not there (V16, X1, D3).
"""
UNCLEAR: Final = 6
"""Times one node's making may meet an answer that is lost, each followed by a look (X1)."""


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

    def may_destroy(self, node: str) -> bool:
        return self.destroy_data or node.partition("~")[0] in self.destroy


@dataclass(frozen=True)
class Blind:
    """What an emulator lacks: kinds without a service, and fields it takes but does not show."""

    kinds: Mapping[str, str]
    fields: Mapping[str, Mapping[str, str]]


SEES_ALL: Final = Blind({}, {})


@dataclass
class Engine:
    stack: Stack
    aws: Aws
    journal: Journal
    consent: Consent = Consent()
    blind: Blind = SEES_ALL
    report: Report = lambda node, moment, words: None

    # -- looking -----------------------------------------------------------------------------

    def look(
        self, node: Node[Step], wanted: Mapping[str, Step], found: Mapping[str, Step | None]
    ) -> Finding:
        """Reads only. `wanted` and `found`: what the nodes it needs should be, and were found."""
        want = self._wanted(node, wanted)
        if reason := self.blind.kinds.get(want.KIND):
            return self._finding(node, want, None, Action.SKIP, reason)
        self.report(node.name, Moment.LOOKING, "")
        have = self._recall(node.name) or self._search(node, want, found)
        return self.judge(node, want, have)

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
        if have.HOLDS_DATA and not self.consent.may_destroy(name):
            return replace(finding, reason=f"it holds data; --destroy {name} deletes it")
        return replace(finding, action=Action.DELETE)

    # -- making ------------------------------------------------------------------------------

    def make(self, finding: Finding) -> Step:
        """Make the wanted true. The value returned is in the journal; `settle` looks again."""
        want, have = finding.want, finding.have
        assert want is not None
        if finding.action is Action.FOREIGN:
            raise Foreign(finding.reason, hint=finding.refusal)
        if finding.refusal:
            raise Protected(f"{finding.label} would be replaced", hint=finding.refusal)
        if finding.action is Action.KEEP:
            return self._kept(finding, with_computed(want, have or want))
        self.report(finding.node, Moment.BEGUN, finding.action)
        self.aws.listen(lambda words: self.report(finding.node, Moment.WAITING, words))
        try:
            made = self._make(finding, want, have)
        finally:
            self.aws.listen(None)
        self.journal.done(finding.node, made, finding.needs)
        self.report(finding.node, Moment.DONE, finding.action)
        return made

    def _make(self, finding: Finding, want: Step, have: Step | None) -> Step:
        node, needs = finding.node, finding.needs
        if have is not None and finding.action is Action.UPDATE:
            return self._update(node, needs, want, have, {c.field for c in finding.changes})
        if have is not None and have.REPLACEMENT is Replacement.DELETE_FIRST:
            self.journal.begin(node, "delete", have, needs)
            have.delete(self.aws)
        elif have is not None and have.REPLACEMENT is Replacement.CREATE_FIRST:
            self.journal.done(node, have, needs)
            self.journal.retire(node)
        return self._create(node, needs, want)

    def _create(self, node: str, needs: tuple[str, ...], want: Step) -> Step:
        self.journal.begin(node, "create", want, needs)
        for tries_left in reversed(range(UNCLEAR)):
            try:
                return want.create(self.aws)
            except (ClientError, HTTPClientError) as error:
                if not may_exist(error):
                    raise
                have = self._made_after_all(want)
                if have is not None:
                    break
                if says_it_exists(error) or not tries_left:
                    raise
        assert have is not None
        if not self._ours(node, want, have) and node not in self.consent.adopt:
            raise Foreign(
                f"{have.label} exists and is not this stack's", hint=f"--adopt {node} takes it over"
            )
        changes = difference(want, have, None)
        if not changes:
            return have
        return self._update(node, needs, want, have, {change.field for change in changes})

    def _made_after_all(self, want: Step) -> Step | None:
        """What a create whose answer was lost has made; a predecessor beside it does not count."""
        have = self._look_long(want)
        if have is None or not any(c.fixed for c in difference(want, have, None)):
            return have
        return have if want.REPLACEMENT is Replacement.DELETE_FIRST else None

    def _update(
        self, node: str, needs: tuple[str, ...], want: Step, have: Step, changed: set[str]
    ) -> Step:
        """After an unclear answer: look, and do what is left to do (X1)."""
        for tries_left in reversed(range(UNCLEAR)):
            self.journal.begin(node, "update", have, needs)
            try:
                return want.update(self.aws, have, changed)
            except (ClientError, HTTPClientError) as error:
                seen = have.observe(self.aws) if may_exist(error) and tries_left else None
                if seen is None:
                    raise
                have, changed = seen, {c.field for c in difference(want, seen, None)}
                if not changed:
                    break
        return with_computed(want, have)

    def settle(self, finding: Finding, made: Step) -> None:
        """Believe only what is observed afterwards. Raises `NotConverged`, naming the fields."""
        ignored = frozenset(self.blind.fields.get(made.KIND, ()))
        for pause in (*SETTLING, None):
            have = made.observe(self.aws)
            left = difference(made, have, None, ignored) if have else ()
            if have and not left:
                self.journal.done(finding.node, with_computed(made, have), finding.needs)
                self.report(finding.node, Moment.SETTLED, "")
                return
            if pause is not None:
                self.aws.clock.sleep(pause)
        fields = ", ".join(change.field for change in left) if have else "its existence"
        raise NotConverged(
            f"AWS took the calls for {made.label}, yet {fields} still differs",
            hint="run `provision plan` to see the difference; a second `up` tries again",
        )

    def _kept(self, finding: Finding, value: Step) -> Step:
        record = self.journal.records.get(finding.node)
        if record is None or record.step != value or record.doing or record.needs != finding.needs:
            self.journal.done(finding.node, value, finding.needs)
        return value

    # -- removing ----------------------------------------------------------------------------

    def remove(self, finding: Finding) -> None:
        """Delete what `judge_removal` said to delete; forget what is not there or not ours."""
        if finding.action is Action.KEEP and finding.have is not None:
            record = self.journal.records.get(finding.node)
            if record and record.doing:  # begun by a run that died; it is there, and stays
                self.journal.done(finding.node, finding.have, finding.needs)
            return
        if finding.action is Action.DELETE:
            assert finding.have is not None
            self.report(finding.node, Moment.BEGUN, Action.DELETE)
            self.journal.begin(finding.node, "delete", finding.have, finding.needs)
            self.aws.listen(lambda words: self.report(finding.node, Moment.WAITING, words))
            try:
                finding.have.delete(self.aws)
            finally:
                self.aws.listen(None)
        if finding.node in self.journal.records:
            self.journal.done(finding.node, None)
        if finding.action is Action.DELETE:
            self.report(finding.node, Moment.DONE, Action.DELETE)

    # -- helpers -----------------------------------------------------------------------------

    def owner(self, node: str) -> str:
        """What the owner tag of a node's resource says; a retired one keeps its node's."""
        return f"{self.stack.name}/{node.partition('~')[0]}"

    def _ours(self, node: str, expected: Step, have: Step) -> bool:
        record = self.journal.records.get(node)
        recorded = record is not None and record.step.owned_by(have, self.owner(node))
        return recorded or expected.owned_by(have, self.owner(node))

    def _wanted(self, node: Node[Step], inputs: Mapping[str, Step]) -> Step:
        want = node.build(*(inputs[need] for need in node.needs))
        return want.with_owner(self.owner(node.name))

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
