"""The state on disk: a snapshot and a write-ahead log, for one writing process at a time.

Files in the state directory, all mode 0600:

    state.json     {"schema": 1, "stack": …, "account": …, "region": …, "records": {node: record}}
    journal.jsonl  one [node, record | null] a line, fsynced; each line is the whole record
    lock           held while a command may write; lock.json names its holder

A record is {"kind", "step", "needs", "doing"}; `doing` is the pending operation: begun and not yet
known to be done.
Replaying the log twice is harmless. A torn last line is dropped: its operation had not started.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final, Self

from filelock import FileLock, Timeout

from provision.errors import Locked, StateError, StateUnreadable
from provision.files import (
    Planted,
    keep_names,
    make_home,
    open_to_append,
    read_private,
    refuse_special,
    replace_private,
    sweep_unfinished,
    write_all,
)
from provision.installation import told_schemas, upgrade_hint
from provision.model.stack import current_name, deposed_name
from provision.model.step import Step
from provision.state.holder import LockHolder
from provision.state.other_location import PinnedLocation, lives_elsewhere
from provision.state.record import (
    BODY,
    HEAD,
    Kinds,
    Record,
    apply_moves,
    circle_in,
    demand,
    record_from_json,
    record_to_json,
)

SCHEMA: Final = 1
_ENTRY: Final = 2
"""The length of a line of the log, `[node, record]`."""
_ANEW: Final = "`provision refresh` sets it aside and rebuilds the state from AWS"


class Journal:
    """The records of one stack in one directory. Safe to lose: AWS has the owner tags."""

    def __init__(
        self, directory: Path, stack: str, kinds: Kinds, moved: Mapping[str, str] | None = None
    ) -> None:
        """Read nothing yet. `moved`: old name → new, of nodes renamed since they were recorded."""
        self.directory = directory
        self.stack = stack
        self.records: dict[str, Record] = {}
        self.pinned: PinnedLocation | None = None
        self._kinds = kinds
        self._moved = moved or {}
        self._mutex = threading.Lock()
        self._lock = FileLock(directory / "lock", mode=0o600)
        self._log: int | None = None

    @classmethod
    def read(
        cls, directory: Path, stack: str, kinds: Kinds, moved: Mapping[str, str] | None = None
    ) -> Self:
        """Return the journal without the lock, for commands that write nothing, not even here."""
        journal = cls(directory, stack, kinds, moved)
        journal._load()
        journal.records = apply_moves(journal.records, journal._moved)
        return journal

    def open(self, holder: LockHolder) -> Self:
        """Take the lock, load, and fold the log into the snapshot.

        Raises `Locked`, which names the holder, if another process has the lock.
        """
        try:
            make_home(self.directory)
            refuse_special(self.directory / "lock")
            self._lock.acquire(blocking=False)
        except Timeout:
            raise Locked(
                self._held(), hint="wait for it to end; if it dies, the lock is free at once"
            ) from None
        except OSError as error:
            raise self._unusable(error) from error
        try:
            sweep_unfinished(self.directory)
            self._replace_file("lock.json", asdict(holder))
            self._load()
            self._compact()
            self._rename()
        except BaseException as error:
            self._lock.release()
            if isinstance(error, OSError):
                raise self._unusable(error) from error
            raise
        return self

    def _rename(self) -> None:
        """Rename all moved nodes or none: the log is empty now, so no line has an older name."""
        records = apply_moves(self.records, self._moved)
        if records != self.records:
            self.replace_all(records)

    def replace_all(self, records: Mapping[str, Record]) -> None:
        """Replace all records, on disk when this returns: all of them or none."""
        self.records = dict(records)
        self._compact()

    def close(self) -> None:
        """Fold the log into the snapshot and release the lock."""
        if self._log is not None:
            with suppress(StateError):  # the log is complete; the next command folds it
                self._compact()
            os.close(self._log)
            self._log = None
        with suppress(OSError):
            (self.directory / "lock.json").unlink()
        self._lock.release()

    def pin(self, here: PinnedLocation) -> None:
        """Fix account and region at the first `up`; raise `WrongAccount` for others afterwards."""
        self.check(here)
        if self.pinned is None:
            self.pinned = here
            self._compact()

    def check(self, here: PinnedLocation) -> None:
        """Raise `WrongAccount` if the stack is pinned to another account or region."""
        if self.pinned and self.pinned != here:
            raise lives_elsewhere(self.stack, self.directory, self.pinned, here)

    def begin(self, node: str, doing: str, step: Step, needs: tuple[str, ...]) -> None:
        """Record a pending operation; on disk when this returns, so that its calls may begin."""
        self._append(node, Record(step, needs, doing))

    def done(self, node: str, step: Step | None, needs: tuple[str, ...] = ()) -> None:
        """Record a finished operation; on disk when this returns, so that others may use the step.

        None deletes the record: the resource is deleted.
        """
        self._append(node, Record(step, needs) if step else None)

    def depose(self, node: str) -> None:
        """Record the node's resource as deposed, under a name of its own; its successor takes over.

        Does nothing if it is recorded so already.
        """
        record = self.records[node]
        if record.step not in self.deposed(node):
            self._append(deposed_name(node, self._names()), replace(record, pending=""))

    def deposed(self, node: str) -> list[Step]:
        """Return the deposed resources of the node, which are still to be deleted."""
        aside = (name for name in self._names() if name != node and current_name(name) == node)
        return [self.records[name].step for name in aside]

    def _names(self) -> list[str]:
        with self._mutex:  # other nodes are written at the same time
            return list(self.records)

    def _append(self, node: str, record: Record | None) -> None:
        line = json.dumps([node, record_to_json(record)], separators=(",", ":")) + "\n"
        with self._mutex:
            if self._log is None:
                raise StateError("the journal is not open for writing")
            whole = os.fstat(self._log).st_size
            try:
                write_all(self._log, line.encode())
            except OSError as error:
                with suppress(OSError):  # so that the next entry begins on a new line
                    os.ftruncate(self._log, whole)
                raise self._unusable(error) from error
            self._apply(node, record)

    def _apply(self, node: str, record: Record | None) -> None:
        if record is None:
            self.records.pop(node, None)
        else:
            self.records[node] = record

    def _load(self) -> None:
        try:
            self._load_snapshot(self.directory / "state.json")
            self._load_log(self.directory / "journal.jsonl")
        except OSError as error:
            raise self._unusable(error) from error
        self._refuse_circle()

    def _load_log(self, path: Path) -> None:
        lines = (read_private(path) or b"").split(b"\n")
        for line in lines[:-1]:  # the rest after the last newline is torn or empty
            try:
                entry = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(entry, list) and len(entry) == _ENTRY and isinstance(entry[0], str):
                self._apply(entry[0], self._record(*entry) if entry[1] else None)

    def _refuse_circle(self) -> None:
        if circle := circle_in(self.records):
            raise self._unreadable("the records", f"they need each other: {circle}")

    def _load_snapshot(self, path: Path) -> None:
        content = read_private(path)
        if content is None:
            return
        try:
            state = json.loads(content)
            demand(state, HEAD)
            self._refuse_another(path, state)
            demand(state, BODY)
        except (ValueError, RecursionError) as error:
            raise StateUnreadable(f"{path} is not a state file: {error}", hint=_ANEW) from error
        self.pinned = (
            PinnedLocation(state["account"], state["region"]) if state["account"] else None
        )
        self.records = {
            node: self._record(node, fields) for node, fields in state["records"].items()
        }

    def _refuse_another(self, path: Path, state: Mapping[str, Any]) -> None:
        if state["schema"] > SCHEMA:
            raise StateError(
                f"{path} was written by a newer provision"
                f" ({told_schemas(state['schema'], SCHEMA)})",
                hint=upgrade_hint(),
            )
        if state["stack"] != self.stack:
            raise StateError(
                f"{path} belongs to the stack {state['stack']}, not {self.stack}",
                hint="put name and environment back as they were, and `provision down` removes that"
                " stack; or give this one a state of its own with --state DIR",
            )

    def _record(self, node: str, fields: Mapping[str, Any]) -> Record:
        try:
            return record_from_json(self._kinds, node, fields)
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise self._unreadable(f"the record of {node}", error) from error

    def _unreadable(self, what: str, why: object) -> StateUnreadable:
        return StateUnreadable(f"{what} in {self.directory} cannot be read: {why}", hint=_ANEW)

    def _compact(self) -> None:
        """Write the snapshot, then empty the log: after a crash in between, it is replayed."""
        try:
            self._replace_file(
                "state.json",
                {
                    "schema": SCHEMA,
                    "stack": self.stack,
                    "account": self.pinned.account if self.pinned else None,
                    "region": self.pinned.region if self.pinned else None,
                    "records": {
                        node: record_to_json(r) for node, r in sorted(self.records.items())
                    },
                },
            )
            if self._log is None:
                self._log = open_to_append(self.directory / "journal.jsonl")
                keep_names(self.directory)
            os.ftruncate(self._log, 0)
            os.fsync(self._log)
        except OSError as error:
            raise self._unusable(error) from error

    def _replace_file(self, name: str, content: Mapping[str, Any]) -> None:
        replace_private(self.directory / name, json.dumps(content, indent=1).encode())

    def _held(self) -> str:
        try:
            holder = LockHolder(**json.loads(read_private(self.directory / "lock.json") or b""))
        except (OSError, ValueError, TypeError):
            return f"{self.directory} is in use by another provision"
        return (
            f"{self.stack} is being worked on by {holder.user}@{holder.host} (pid {holder.pid},"
            f' "{holder.command}", since {holder.since})'
        )

    def _unusable(self, error: OSError) -> StateError:
        planted = isinstance(error, Planted)
        cure = "check what it is and remove it" if planted else "free space, fix its permissions"
        return StateError(
            f"the state directory {self.directory} cannot be used: {error.strerror or error}",
            hint=f"{cure}, or choose another with --state",
        )
