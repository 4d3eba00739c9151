"""Whether a version can be imported: Lambda's answers, and their interpretation."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from provision.aws.failed_call import FailedCall
from provision.aws.retry import NO_ROOM, retry_rule_for
from provision.steps.lambda_.import_check import PATIENCE, PAYLOAD, SHOWN, ImportFails, check_import
from tests.support.answering import IMPORT_ERROR, KEY_ERROR, Answering, Refusal, Reply
from tests.support.harness import new_aws

TEXT = "INIT_REPORT Init Duration: 90 ms\tPhase: init\tStatus: error\tError Type: Runtime.Unknown\n"
JSON = json.dumps({"type": "platform.initReport", "record": {"status": "error"}})
SLOW = "INIT_REPORT Init Duration: 9999.81 ms\tPhase: init\tStatus: timeout\n"
SLOW_JSON = json.dumps({"type": "platform.initReport", "record": {"status": "timeout"}})
TIMED_OUT = {"errorType": "Sandbox.Timedout", "errorMessage": "Task timed out after 3.00 seconds"}
DENIED = {"errorType": "ClientError", "errorMessage": "AccessDeniedException when calling GetItem"}


@pytest.mark.parametrize(
    ("payload", "log"),
    [
        (IMPORT_ERROR, ""),
        ({"errorType": "Runtime.UserCodeSyntaxError"}, ""),
        ({"errorType": "Runtime.HandlerNotFound"}, ""),
        (KEY_ERROR, f"START\n{TEXT}END\n"),
        (KEY_ERROR, f"START\n{JSON}\nEND"),
        ({"errorType": "Runtime.ExitError"}, f"START\n{TEXT}END\n"),
        (TIMED_OUT, f"{SLOW}START\nEND\n"),
        (TIMED_OUT, f"{SLOW_JSON}\nSTART\nEND\n"),
    ],
)
def test_what_cannot_be_imported_is_told_with_the_logs_end(payload: Any, log: str) -> None:
    lines = "".join(f"line {number}\n" for number in range(30))
    recorder = Answering(Reply(payload, log + lines))
    with pytest.raises(ImportFails) as told:
        check_import(new_aws(recorder), "f", "7")
    words = ": ".join(payload.values())
    assert told.value.message == f"version 7 cannot be imported: {words}"
    assert told.value.more == tuple(f"  line {number}" for number in range(30 - SHOWN, 30))
    (asked,) = recorder.asked
    assert asked == {
        "FunctionName": "f",
        "Qualifier": "7",
        "InvocationType": "RequestResponse",
        "LogType": "Tail",
        "Payload": PAYLOAD.encode(),
    }


FRAMES = [
    '  File "/var/lang/lib/python3.13/importlib/__init__.py", line 88, in import_module\n',
    '  File "/var/task/app.py", line 3, in <module>\n    import settings\n',
    '  File "/var/task/settings.py", line 7, in <module>\n    PLACE = os.environ["PLACE"]\n',
    '  File "<frozen os>", line 717, in __getitem__\n',
]


@pytest.mark.parametrize(
    ("payload", "log"),
    [
        ({**KEY_ERROR, "stackTrace": FRAMES}, TEXT),
        ({**KEY_ERROR, "stackTrace": []}, f"[ERROR] KeyError: 'PLACE'\n{''.join(FRAMES)}{TEXT}"),
    ],
)
def test_the_line_that_fails_is_named(payload: Any, log: str) -> None:
    with pytest.raises(ImportFails) as told:
        check_import(new_aws(Answering(Reply(payload, log))), "f", "7")
    named = "version 7 cannot be imported: KeyError: 'PLACE' (settings.py, line 7)"
    assert told.value.message == named
    assert told.value.hint == "callers do not reach it; fix the code"


def test_where_a_missing_package_belongs() -> None:
    with pytest.raises(ImportFails) as told:
        check_import(new_aws(Answering(Reply(IMPORT_ERROR))), "f", "7")
    assert told.value.hint.endswith(
        "or put the package into a layer (`provision config explain layers`)"
    )


@pytest.mark.parametrize(
    "reply",
    [
        Reply(KEY_ERROR, "START\nINIT_REPORT\tStatus: success\nEND\n"),
        Reply(TIMED_OUT),
        Reply({"statusCode": 200}, error=None),
        Reply("no object", "START\n[not json\n"),
        Reply({"errorType": "Runtime.MarshalError"}, "START\nEND\n"),
        Reply({"errorType": "Runtime.ExitError"}, "START\nEND\n"),  # by the handler itself
        Reply({}, f"{SLOW}START\nEND\n", error=None),  # loaded at the second try
        Reply(KEY_ERROR, f"{SLOW}START\nEND\n"),
    ],
)
def test_what_the_handler_makes_of_it_does_not_matter(reply: Reply) -> None:
    recorder = Answering(reply)
    assert check_import(new_aws(recorder), "f", "7") == ""
    assert len(recorder.asked) == 1


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Refusal("TooManyRequestsException", "Rate Exceeded.", 429), "TooManyRequestsException"),
        (Refusal("EC2ThrottledException", "", 502), "EC2ThrottledException"),
        (Refusal("ServiceException", "", 500), "ServiceException"),
        (ReadTimeoutError(endpoint_url="https://lambda"), "ReadTimeoutError"),
    ],
)
def test_where_nothing_can_be_known_that_is_said_within_a_minute(
    reply: Refusal | Exception, words: str
) -> None:
    aws = new_aws(Answering(reply))
    began = aws.clock.now()
    assert words in check_import(aws, "f", "7")
    assert aws.clock.now() - began <= NO_ROOM.budget + NO_ROOM.cap


@pytest.mark.parametrize("code", ["KMSAccessDeniedException", "InvalidRuntimeException"])
def test_what_callers_would_meet_as_well_is_an_error(code: str) -> None:
    """So is a denial, which names the missing permission."""
    with pytest.raises(ClientError, match=code):
        check_import(new_aws(Answering(Refusal(code, "", 502))), "f", "7")
    with pytest.raises(ClientError, match="AccessDenied"):
        check_import(new_aws(Answering(Refusal("AccessDeniedException", "no", 403))), "f", "7")


def test_rights_made_in_this_run_may_take_effect_late() -> None:
    denied, fine = Reply(DENIED, TEXT), Reply({}, error=None)
    aws = new_aws(recorder := Answering(denied, denied, fine))
    aws.hooks.iam_written = True
    assert check_import(aws, "f", "7") == ""
    assert len(recorder.asked) == 3
    aws = new_aws(recorder := Answering(denied, fine))
    with pytest.raises(ImportFails, match="AccessDeniedException"):
        check_import(aws, "f", "7")
    assert len(recorder.asked) == 1, "nothing was granted in this run"
    aws = new_aws(Answering(denied))
    aws.hooks.iam_written = True
    began = aws.clock.now()
    with pytest.raises(ImportFails, match="AccessDeniedException"):
        check_import(aws, "f", "7")
    assert PATIENCE <= aws.clock.now() - began < 2 * PATIENCE


def test_what_is_waited_for_is_told() -> None:
    told: list[str] = []
    aws = new_aws(Answering(Reply({}, error=None)))
    aws.on_wait(told.append)
    check_import(aws, "f", "7")
    assert told == ["version 7 is tried once"]


def test_an_invocation_is_never_sent_twice() -> None:
    assert retry_rule_for(FailedCall("Invoke", "", "ReadTimeoutError", 0, "")) is None
    assert retry_rule_for(FailedCall("Invoke", "ServiceException", "", 500, "")) is None
