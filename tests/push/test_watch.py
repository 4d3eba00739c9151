"""--watch: when a save is whole, what is told of code that does not compile or import."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.response import StreamingBody

from provision.engine import Engine
from provision.import_check import PAYLOAD, TOLD, ImportFails, check_import
from provision.journal import Journal
from provision.push import push, survey_code
from provision.retry import Failure, classify
from provision.saves import POLL, QUIET, Seen, saves, seen
from provision.steps import KINDS
from provision.steps.version import Version
from tests.push.conftest import Functions, live
from tests.virtual import VirtualClock
from tests.workshop import HOLDER, Recorder, new_aws

VERSION = Version(function="f", code_sha256="", configuration="", number="7")


class Editor:
    """Files that change at given seconds."""

    def __init__(self, clock: VirtualClock, *moments: tuple[float, str]) -> None:
        self.clock, self.moments, self.began = clock, moments, clock.now()

    @property
    def spent(self) -> float:
        return self.clock.now() - self.began

    def look(self) -> Mapping[str, Seen]:
        files = {"one": {"app.py": (0, 0)}, "two": {"app.py": (0, 0)}}
        for number, (moment, name) in enumerate(self.moments, start=1):
            if self.spent >= moment:
                files[name] = {"app.py": (number, 0)}
        return files


def test_a_burst_of_saves_is_one_push_once_it_is_quiet() -> None:
    clock = VirtualClock()
    editor = Editor(clock, (2.0, "one"), (2.2, "one"), (2.5, "one"), (9.0, "two"))
    pushes = saves(editor.look, clock)
    assert next(pushes) == {"one", "two"}
    assert editor.spent < 1
    assert next(pushes) == {"one"}
    assert 2.5 + QUIET <= editor.spent < 2.5 + 2 * QUIET + POLL
    assert next(pushes) == {"two"}
    assert 9.0 <= editor.spent < 9.0 + 2 * QUIET + POLL


def test_what_is_gone_meanwhile_is_not_seen(tmp_path: Path) -> None:
    there = tmp_path / "there.py"
    there.write_text("x = 1")
    assert list(seen([there, tmp_path / "gone.py"])) == [str(there)]


class Answering(Recorder):
    """Answers Invoke in the account's place, and remembers what was asked."""

    def __init__(self, payload: Any, log: str, error: str | None = "Unhandled") -> None:
        super().__init__()
        self.payload, self.log, self.error = payload, log, error
        self.asked: list[dict[str, Any]] = []

    def watch(self, client: Any) -> None:
        super().watch(client)
        client.meta.events.register("provide-client-params.lambda.Invoke", self._note)
        client.meta.events.register("before-call.lambda.Invoke", self._answer)

    def _note(self, params: dict[str, Any], **_: Any) -> None:
        self.asked.append(params)

    def _answer(self, **_: Any) -> Any:
        content = json.dumps(self.payload).encode()
        answer: dict[str, Any] = {
            "ResponseMetadata": {"HTTPStatusCode": 200},
            "Payload": StreamingBody(io.BytesIO(content), len(content)),
            "LogResult": base64.b64encode(self.log.encode()).decode(),
        }
        if self.error:
            answer["FunctionError"] = self.error
        return type("Http", (), {"status_code": 200}), answer


IMPORT_ERROR = {
    "errorType": "Runtime.ImportModuleError",
    "errorMessage": "Unable to import module 'app': No module named 'x'",
}
TEXT = "INIT_REPORT Init Duration: 90 ms\tPhase: init\tStatus: error\tError Type: Runtime.Unknown\n"
JSON = json.dumps({"type": "platform.initReport", "record": {"status": "error"}})
KEY_ERROR = {"errorType": "KeyError", "errorMessage": "'PLACE'"}


@pytest.mark.parametrize(
    ("payload", "log"),
    [(IMPORT_ERROR, ""), (KEY_ERROR, f"START\n{TEXT}END\n"), (KEY_ERROR, f"START\n{JSON}\nEND")],
)
def test_what_cannot_be_imported_is_told_with_the_logs_end(payload: Any, log: str) -> None:
    lines = "".join(f"line {number}\n" for number in range(30))
    recorder = Answering(payload, log + lines)
    with pytest.raises(ImportFails) as told:
        check_import(new_aws(recorder), VERSION)
    message = list(told.value.lines)
    assert message[0] == (
        f"version 7 cannot be imported: {payload['errorType']}: {payload['errorMessage']}"
    )
    assert message[1:] == [f"  line {number}" for number in range(30 - TOLD, 30)]
    (asked,) = recorder.asked
    assert asked == {
        "FunctionName": "f",
        "Qualifier": "7",
        "InvocationType": "RequestResponse",
        "LogType": "Tail",
        "Payload": PAYLOAD.encode(),
    }


@pytest.mark.parametrize(
    "answer",
    [
        Answering(KEY_ERROR, "START\nINIT_REPORT\tStatus: success\nEND\n"),
        Answering({"errorType": "Sandbox.Timedout"}, ""),
        Answering({"statusCode": 200}, "", error=None),
        Answering("no object", "START\n[not json\n"),
    ],
)
def test_what_the_handler_makes_of_it_does_not_matter(answer: Answering) -> None:
    check_import(new_aws(answer), VERSION)


def test_an_invocation_is_never_sent_twice() -> None:
    assert classify(Failure("Invoke", "", "ReadTimeoutError", 0, "")) is None
    assert classify(Failure("Invoke", "ServiceException", "", 500, "")) is None


def test_the_alias_moves_after_the_check_and_not_where_it_fails(functions: Functions) -> None:
    def once(payload: Any) -> dict[str, Any]:
        recorder = Answering(payload, "", error="Unhandled")
        aws = new_aws(recorder)
        journal = Journal(functions.workshop.directory, "tap-dev", KINDS).open(HOLDER)
        try:
            engine = Engine(functions.stack, aws, journal)
            found = survey_code(engine, ["items"])
            outcome = push(engine, found, check=lambda version: check_import(aws, version))
        finally:
            journal.close()
        return {"failed": outcome.failed, "writes": recorder.writes}

    broken = once(IMPORT_ERROR)
    assert list(broken["failed"]) == ["function.items.alias"]
    assert broken["writes"] == ["UpdateFunctionCode", "PublishVersion", "Invoke"]
    assert live()[0] == "1"
    assert once(IMPORT_ERROR)["writes"] == ["Invoke"]  # saved again as it was
    assert live()[0] == "1"
    mended = once(KEY_ERROR)
    assert (mended["failed"], mended["writes"]) == ({}, ["Invoke", "UpdateAlias"])
    assert live()[0] == "2"
    assert functions.actions() == {"keep"}


def test_interrupted_while_quiet_nothing_more_is_looked_at() -> None:
    clock = VirtualClock()
    pushes: Iterator[frozenset[str]] = saves(Editor(clock).look, clock)
    next(pushes)
    clock.stop()
    with pytest.raises(Exception, match="interrupted"):
        next(pushes)
