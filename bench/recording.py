"""`provision` as it is, with every call it makes kept by node: the plain script then repeats them.

`python -m bench.recording FILE up --yes` writes
`{node: {"after": [node], "calls": [{"service", "operation", "params", "answer"}]}}`, the nodes as
they were acted on; nodes that were only observed are under the name "". A zip is
{"zip": its file}.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from botocore.response import StreamingBody

import provision.aws.concurrency
from provision.aws.client import Aws
from provision.cli import main
from provision.engine.executor import Deleted, Executor
from provision.model.stack import reversed_graph
from provision.model.step import Step
from provision.plan.change import ResourceChange

LOOKED: Final = ""


class Recorder:
    """The recorder between the engine and its clients. One for the process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._here = threading.local()
        self._mutex = threading.Lock()
        self.nodes: dict[str, dict[str, Any]] = {LOOKED: {"after": [], "calls": []}}

    @contextmanager
    def working_on(self, change: ResourceChange, after: Iterable[str]) -> Iterator[None]:
        """Attribute the calls of this thread to the node meanwhile."""
        self._here.node = change.node
        with self._mutex:
            self.nodes[change.node] = {"after": list(after), "calls": []}
        try:
            yield
        finally:
            self._here.node = LOOKED

    def watch(self, client: Any) -> None:
        client.meta.events.register("provide-client-params.*.*", self._asked)
        client.meta.events.register("after-call.*.*", self._answered)

    def _asked(self, params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["asked"] = dict(params)

    def _answered(
        self, model: Any, parsed: dict[str, Any], context: Mapping[str, Any], **_: Any
    ) -> None:
        call = {
            "service": model.service_model.service_name,
            "operation": model.name,
            "params": self._plain(context["asked"]),
            "answer": self._plain({k: v for k, v in parsed.items() if k != "ResponseMetadata"}),
        }
        with self._mutex:
            self.nodes[getattr(self._here, "node", LOOKED)]["calls"].append(call)

    def _plain(self, value: object) -> Any:
        match value:
            case bytes():
                file = self._folder / f"{hash(value)}.zip"
                file.write_bytes(value)
                return {"zip": str(file)}
            case Mapping():
                return {str(key): self._plain(item) for key, item in value.items()}
            case list() | tuple():
                return [self._plain(item) for item in value]
            case StreamingBody():
                return None
            case str() | int() | float() | bool() | None:
                return value
            case other:
                return str(other)

    def hand_on(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """Return the work for another thread: its calls are those of this thread's node."""
        node = getattr(self._here, "node", LOOKED)

        def worked(*arguments: Any, **named: Any) -> Any:
            self._here.node = node
            return work(*arguments, **named)

        return worked


def install(recorder: Recorder) -> None:
    """From now on every client and every node of this process is recorded."""

    class Handing(ThreadPoolExecutor):
        """`map` submits too."""

        def submit(self, work: Callable[..., Any], /, *rest: Any, **named: Any) -> Future[Any]:
            return super().submit(recorder.hand_on(work), *rest, **named)

    provision.aws.concurrency.ThreadPoolExecutor = Handing  # type: ignore[attr-defined]
    watch, make, remove = Aws._register_hooks, Executor.apply, Executor.delete  # noqa: SLF001

    def watched(self: Aws, client: Any) -> None:
        watch(self, client)
        recorder.watch(client)

    def made(self: Executor, change: ResourceChange) -> Step:
        with recorder.working_on(change, change.needs):
            return make(self, change)

    def removed(self: Executor, change: ResourceChange) -> Deleted:
        users = reversed_graph({n.name: n.needs for n in self.check.ownership.stack.nodes.values()})
        with recorder.working_on(change, users.get(change.node, ())):
            return remove(self, change)

    Aws._register_hooks, Executor.apply, Executor.delete = watched, made, removed  # type: ignore[method-assign]  # noqa: SLF001


if __name__ == "__main__":
    target = Path(sys.argv[1])
    the_recorder = Recorder(target.parent)
    install(the_recorder)
    try:
        main(sys.argv[2:])
    finally:
        target.write_text(json.dumps(the_recorder.nodes), "utf-8")
