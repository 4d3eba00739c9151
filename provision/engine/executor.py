"""Carries out one change at a time: creates, updates, replaces, verifies and deletes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from botocore.exceptions import ClientError, HTTPClientError

from provision.aws.client import Aws
from provision.aws.failed_call import is_already_exists, may_have_been_created
from provision.engine.concurrent_runs import concurrent_run_error, duplicates
from provision.engine.errors import translate_error
from provision.engine.events import EventListener, NodeEvent
from provision.engine.ownership_check import OwnershipCheck
from provision.engine.prefetch import observe_eventually
from provision.errors import DataProtected, NoLongerOurs, NotConverged, NotOwned
from provision.model.capabilities import (
    CheckedBeforeDeletion,
    HoldsData,
    KeepsVersions,
    MayReappear,
)
from provision.model.step import Replacement, Step, replacement, with_computed
from provision.model.stored_data import Backup
from provision.plan.change import Action, ResourceChange, diff_fields
from provision.plan.limitations import Limitations
from provision.plan.options import PlanOptions
from provision.plan.ownership import adopt_hint
from provision.plan.planner import retention_reason
from provision.state.journal import Journal

VERIFY_DELAYS: Final = (0.3, 0.7, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
"""Seconds between reads after a write, which may be stale for up to a minute (X10, Q3)."""
MAX_UNKNOWN_OUTCOMES: Final = 6
"""How often one create or update may lose its answer, each time followed by a read (X1)."""


@dataclass(frozen=True)
class Deleted:
    """The result of a deletion: the change as made.

    `may_reappear_since` is the time of the deletion if a delayed writer may recreate the resource:
    `confirm_deleted` then has to look again.
    """

    change: ResourceChange
    may_reappear_since: float | None = None


@dataclass(frozen=True)
class Executor:
    """The writes to AWS: every operation is in the journal before its first call.

    `backed_up` and `crossed` are called as soon as there is something to report, because the
    operation may still fail: with a node and the backup of its data; with a node of which another
    run created a duplicate, so that nothing more is begun.
    """

    aws: Aws
    journal: Journal
    check: OwnershipCheck
    options: PlanOptions
    limitations: Limitations
    report: EventListener
    backed_up: Callable[[str, Backup], None]
    crossed: Callable[[str], None]

    # -- creating and changing ---------------------------------------------------------------

    def apply(self, change: ResourceChange) -> Step:
        """Carry the change out and return the resource, which then is in the journal.

        Raises `NotOwned` or `DataProtected` if the user must decide first. `verify` observes it
        again.
        """
        assert change.want is not None
        if change.action is Action.FOREIGN:
            raise NotOwned(change.reason, hint=change.unblock_hint)
        if change.unblock_hint:
            raise DataProtected(f"{change.label} would be replaced", hint=change.unblock_hint)
        if change.action is Action.KEEP:
            return self._kept(change, with_computed(change.want, change.have or change.want))
        made = self._at_work(change)
        self.report(change.node, NodeEvent.DONE, change.verb)
        return made

    def give(self, change: ResourceChange, left: str) -> Step:
        """Carry out a change that is not complete with that; `left` says in words what remains."""
        made = self._at_work(change)
        self.report(change.node, NodeEvent.WAITING, left)
        return made

    def _at_work(self, change: ResourceChange) -> Step:
        want, have = change.want, change.have
        assert want is not None
        self.report(change.node, NodeEvent.BEGUN, change.verb)
        self.aws.on_wait(lambda words: self.report(change.node, NodeEvent.WAITING, words))
        try:
            made = self._make(change, want, have)
        finally:
            self.aws.on_wait(None)
        self.journal.done(change.node, made, change.needs)
        return made

    def _make(self, change: ResourceChange, want: Step, have: Step | None) -> Step:
        node, needs = change.node, change.needs
        if have is not None and change.action is Action.UPDATE:
            changed = {diff.field for diff in change.diffs}
            if not changed:  # all access is granted; revocations come later
                return with_computed(want, have)
            return self._update(node, needs, want, have, changed)
        if have is not None and replacement(want, have) is Replacement.DELETE_FIRST:
            self._delete(node, needs, have)
        elif have is not None and replacement(want, have) is Replacement.CREATE_FIRST:
            self.journal.done(node, have, needs)
            self.journal.depose(node)
        return self._create(change, want)

    def _create(self, change: ResourceChange, want: Step) -> Step:
        node, needs = change.node, change.needs
        known = [*self.journal.deposed(node), *change.deposed]
        known += [change.have] if change.have else []
        record = self.journal.records.get(node)
        if not (record and record.pending == "create"):  # otherwise that run may have created it
            self._alone(node, want, known)
        self.journal.begin(node, "create", want, needs)
        for tries_left in reversed(range(MAX_UNKNOWN_OUTCOMES)):
            try:
                made = want.create(self.aws)
            except (ClientError, HTTPClientError) as error:
                if not may_have_been_created(error):
                    raise
                have = self._find_after_unknown_outcome(want)
                if have is not None:
                    break
                if is_already_exists(error) or not tries_left:
                    raise
            else:
                self._alone(node, want, known, made)
                return made
        assert have is not None
        if not self.check.is_ours(node, want, have) and node not in self.options.adopt:
            raise NotOwned(
                f"{have.label} exists and does not belong to this stack", hint=adopt_hint(node)
            )
        diffs = diff_fields(want, have, None)
        if not diffs:
            return have
        return self._update(node, needs, want, have, {diff.field for diff in diffs})

    def _alone(
        self, node: str, want: Step, known: Sequence[Step], made: Step | None = None
    ) -> None:
        """Raise `ConcurrentRun` if another run created one, too, and delete ours.

        Nothing is in ours yet.
        """
        others = duplicates(self.aws, want, [*known, made] if made else known)
        if not others:
            return
        self.crossed(node)
        if made:
            made.delete(self.aws)
            self.journal.done(node, None)
        raise concurrent_run_error(want, others, made)

    def _find_after_unknown_outcome(self, want: Step) -> Step | None:
        """Return the resource of a create whose answer was lost, or None.

        The one that is being replaced does not count.
        """
        have = observe_eventually(self.aws, want)
        if have is None or not any(c.fixed for c in diff_fields(want, have, None)):
            return have
        return have if replacement(want, have) is Replacement.DELETE_FIRST else None

    def _update(
        self, node: str, needs: tuple[str, ...], want: Step, have: Step, changed: set[str]
    ) -> Step:
        """Update it; after an unknown outcome, observe it and do what is left to do (X1)."""
        for tries_left in reversed(range(MAX_UNKNOWN_OUTCOMES)):
            self.journal.begin(node, "update", have, needs)
            try:
                return want.update(self.aws, have, changed)
            except (ClientError, HTTPClientError) as error:
                seen = (
                    have.observe(self.aws) if may_have_been_created(error) and tries_left else None
                )
                if seen is None:
                    raise
                have, changed = seen, {c.field for c in diff_fields(want, seen, None)}
                if not changed:
                    break
        return with_computed(want, have)

    def verify(self, change: ResourceChange, made: Step) -> None:
        """Wait until AWS returns the settings as written, and record them.

        Raises `NotConverged`, naming the fields that still differ.
        """
        ignored = frozenset(self.limitations.unreadable_fields.get(made.KIND, ()))
        for pause in (*VERIFY_DELAYS, None):
            have = made.observe(self.aws)
            left = diff_fields(made, have, None, ignored) if have else ()
            if have and not left:
                self.journal.done(change.node, with_computed(made, have), change.needs)
                if isinstance(made, KeepsVersions):
                    made.prune(self.aws)
                self.report(change.node, NodeEvent.SETTLED, "")
                return
            if pause is not None:
                self.aws.clock.sleep(pause)
        fields = ", ".join(diff.field for diff in left) if have else "its existence"
        raise NotConverged(
            f"AWS accepted the calls for {made.label}, but {fields} still differs",
            hint="`provision plan` shows the difference; a second `provision up` tries again",
        )

    def _kept(self, change: ResourceChange, value: Step) -> Step:
        record = self.journal.records.get(change.node)
        if record is None or record.step != value or record.pending or record.needs != change.needs:
            self.journal.done(change.node, value, change.needs)
        return value

    # -- deleting ----------------------------------------------------------------------------

    def record_found(self, change: ResourceChange) -> None:
        """Record a resource found to be deleted, so that the next run knows of it in any case."""
        if change.have is not None and change.node not in self.journal.records:
            self.journal.done(change.node, change.have, change.needs)

    def delete(self, change: ResourceChange) -> Deleted:
        """Carry out what `plan_deletion` decided and return the change as made.

        Drops the record of a resource that is missing, foreign, or outlives the stack. One that
        became foreign since it was observed is left alone, and the returned change says so.
        """
        have = change.have
        if change.action is Action.KEEP and have is not None and not retention_reason(have):
            record = self.journal.records.get(change.node)
            if record and record.pending:  # pending since a run that died; it exists, and stays
                self.journal.done(change.node, have, change.needs)
            return Deleted(change)
        if change.action is Action.DELETE:
            assert have is not None
            self.report(change.node, NodeEvent.BEGUN, Action.DELETE)
            self.aws.on_wait(lambda words: self.report(change.node, NodeEvent.WAITING, words))
            try:
                late = isinstance(have, MayReappear) and have.has_recent_writes(self.aws)
                self._delete(change.node, change.needs, have)
            except NoLongerOurs as left:
                change = replace(change, action=Action.FOREIGN, reason=left.message)
            finally:
                self.aws.on_wait(None)
            if late and change.action is Action.DELETE:
                now = self.aws.clock.now()
                self.report(change.node, NodeEvent.WAITING, "delayed writes may recreate it")
                return Deleted(change, now)
            self.report(change.node, NodeEvent.DONE, change.action)
        if change.node in self.journal.records:
            self.journal.done(change.node, None)
        return Deleted(change)

    def confirm_deleted(self, deleted: Deleted, reappear_delay: float) -> ResourceChange:
        """Delete the resource again if it reappears within the delay after its deletion.

        Until then its deletion is pending in the journal, so that a later run knows it as ours (G4,
        A35).
        """
        change = deleted.change
        have, since = change.have, deleted.may_reappear_since
        assert have is not None
        assert since is not None
        left = since + reappear_delay - self.aws.clock.now()
        if left > 0:
            self.aws.clock.sleep(left)
        if back := have.observe(self.aws):
            reappeared = self.check.reappeared(back)
            if reappeared or not self.check.changed_hands(change.node, have, back):
                have.delete(self.aws)
            else:  # another party created one of this name
                left_alone = NoLongerOurs(have.label).message
                change = replace(change, reason=f"{left_alone}; this stack's is deleted")
        self.journal.done(change.node, None)
        self.report(change.node, NodeEvent.DONE, Action.DELETE)
        return change

    def _delete(self, node: str, needs: tuple[str, ...], have: Step) -> None:
        """Begin the deletion in the journal, back up the data, and delete the resource.

        Raises `NoLongerOurs` if it became foreign since it was observed. A backup of an earlier run
        is never enough: the record shows that this copy of the state wrote nothing since, not that
        no other party did.
        """
        self.journal.begin(node, "delete", have, needs)
        if (
            isinstance(have, HoldsData)
            and self.options.backup
            and have.KIND not in self.limitations.kinds_without_backup
        ):
            self._back_up(node, have)
        if isinstance(have, CheckedBeforeDeletion):
            now = have.observe_owner(self.aws)
            if now and self.check.changed_hands(node, have, now):
                raise NoLongerOurs(have.label)
        have.delete(self.aws)

    def _back_up(self, node: str, have: HoldsData) -> None:
        try:
            backup = have.back_up(self.aws)
        except ClientError as error:
            told = translate_error(error)
            raise type(told)(
                f"no backup could be made, so {have.label} is kept: {told.message}",
                hint=f"{told.hint}; {self.options.without_backup(node)} deletes it without one",
            ) from error
        if backup:
            self.backed_up(node, backup)
