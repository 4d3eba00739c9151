"""A function that fails on the emulator is answered and logged as in AWS."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from provision import local
from tests.unit.local.conftest import connect, zipped
from tests.unit.local.test_runtime import ROLE, invoked, layer, make

pytestmark = pytest.mark.emulator

RAISES = """\
import helpers
def handler(event, context):
    print('before')
    return helpers.isbn(event)
"""
HELPERS = "def isbn(event):\n    return event['isbn']\n"
FRAMES = [
    '  File "/var/task/app.py", line 4, in handler\n    return helpers.isbn(event)\n',
    "  File \"/opt/python/helpers.py\", line 2, in isbn\n    return event['isbn']\n",
]


@pytest.fixture
def functions(emulator: local.Emulator) -> Any:
    return connect("lambda", emulator.endpoint)


def logged(emulator: local.Emulator, name: str) -> list[str]:
    """Return the events of the function's log."""
    logs = connect("logs", emulator.endpoint)
    events = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    return [event["message"] for event in events]


def test_the_type_is_the_class_and_the_stack_trace_has_the_paths_of_aws(functions: Any) -> None:
    shared = layer(functions, "helping", helpers=HELPERS)
    make(functions, "raises", (shared,), app=RAISES)
    told = invoked(functions, "raises", {})
    assert told.pop("requestId")
    assert told == {
        "errorType": "KeyError",
        "errorMessage": "'isbn'",
        "stackTrace": FRAMES,
        "failed": "Unhandled",
    }


def test_the_log_has_the_error_as_one_event(emulator: local.Emulator, functions: Any) -> None:
    make(functions, "logs", app=RAISES, helpers=HELPERS)
    answer = functions.invoke(FunctionName="logs", LogType="Tail")
    _, *lines, end, report = logged(emulator, "logs")
    assert (end.split()[0], report.split()[0]) == ("END", "REPORT")
    printed, error = lines
    assert printed == "before"
    first, second, frame, *_ = error.split("\n")
    assert first == "[ERROR] KeyError: 'isbn'"
    assert second == "Traceback (most recent call last):"
    assert frame == '\u00a0\u00a0File "/var/task/app.py", line 4, in handler'
    assert base64.b64decode(answer["LogResult"]).decode() == f"before\n{error}"


def test_a_function_that_logs_in_json_has_an_object(
    emulator: local.Emulator, functions: Any
) -> None:
    make(functions, "objects", app=RAISES, helpers=HELPERS)
    functions.update_function_configuration(
        FunctionName="objects", LoggingConfig={"LogFormat": "JSON"}
    )
    invoked(functions, "objects", {})
    _, printed, error, _, _ = logged(emulator, "objects")
    assert printed == "before"
    told = json.loads(error)
    assert (told["level"], told["errorType"], told["errorMessage"]) == (
        "ERROR",
        "KeyError",
        "'isbn'",
    )
    assert len(told["stackTrace"]) == 2


@pytest.mark.parametrize(
    ("code", "kind", "message", "trace"),
    [
        (
            "print('loading')\nimport isbnlib\n",
            "Runtime.ImportModuleError",
            "Unable to import module 'app': No module named 'isbnlib'",
            [],
        ),
        (
            "print('loading')\nimport second\n",
            "Runtime.UserCodeSyntaxError",
            "Syntax error in module 'app': invalid syntax (second.py, line 2)",
            ['  File "/var/task/second.py" Line 2\n    def (:\n'],
        ),
        (
            "print('loading')\n",
            "Runtime.HandlerNotFound",
            "Handler 'handler' missing on module 'app'",
            [],
        ),
    ],
    ids=["import", "syntax", "handler"],
)
def test_code_that_cannot_be_loaded(
    emulator: local.Emulator, functions: Any, code: str, kind: str, message: str, trace: list[str]
) -> None:
    name = kind.replace(".", "-")
    make(functions, name, app=code, second="x = 1\ndef (:\n")
    told = invoked(functions, name, {})
    assert (told["errorType"], told["errorMessage"], told["stackTrace"]) == (kind, message, trace)
    _, printed, error, init, _, _ = logged(emulator, name)
    assert printed == "loading"
    assert error.split("\n")[:2] == [
        f"[ERROR] {kind}: {message}",
        "Traceback (most recent call last):",
    ]
    assert init.split("\t")[1:] == ["Phase: init", "Status: error", f"Error Type: {kind}"]


def test_what_code_raises_while_it_is_loaded(emulator: local.Emulator, functions: Any) -> None:
    line = "os.environ['TABLE_BOOKING']"
    make(functions, "lost", app=f"import os\n{line}\n")
    told = invoked(functions, "lost", {})
    assert (told["errorType"], told["errorMessage"]) == ("KeyError", "'TABLE_BOOKING'")
    assert told["stackTrace"][0].startswith('  File "/var/lang/lib/python3.')
    last = [each for each in told["stackTrace"] if "/var/task/" in each]
    assert last == [
        "  File \"/var/task/app.py\", line 2, in <module>\n    os.environ['TABLE_BOOKING']\n"
    ]
    assert "Error Type: KeyError" in "\n".join(logged(emulator, "lost"))


@pytest.mark.parametrize(
    ("code", "logged_as"),
    [
        ("import sys\nsys.exit(3)\n", "INIT_REPORT"),
        ("import os\ndef handler(event, context):\n    os._exit(3)\n", "Runtime exited"),
        ("import sys\ndef handler(event, context):\n    sys.exit(3)\n", "Runtime exited"),
    ],
    ids=["loading", "at once", "by an exception"],
)
def test_code_that_ends_its_process(
    emulator: local.Emulator,
    functions: Any,
    code: str,
    logged_as: str,
    request: pytest.FixtureRequest,
) -> None:
    name = request.node.callspec.id.replace(" ", "-")
    make(functions, name, app=code)
    assert invoked(functions, name, {})["errorType"] == "Runtime.ExitError"
    assert logged_as in "\n".join(logged(emulator, name))


def test_an_answer_that_is_no_json(functions: Any) -> None:
    make(functions, "answers", app="def handler(event, context):\n    return {1, 2}\n")
    told = invoked(functions, "answers", {})
    assert told["errorType"] == "Runtime.MarshalError"
    assert told["errorMessage"].startswith("Unable to marshal response: Object of type set")


def test_a_message_that_looks_like_an_error_of_the_worker(functions: Any) -> None:
    said = json.dumps({"errorType": "Forged", "errorMessage": "Worker process died"})
    make(functions, "forges", app=f"def handler(event, context):\n    raise ValueError({said!r})\n")
    told = invoked(functions, "forges", {})
    assert (told["errorType"], told["errorMessage"]) == ("ValueError", said)
    make(
        functions,
        "dies",
        app="def handler(event, context):\n    raise OSError('Worker process died')\n",
    )
    assert invoked(functions, "dies", {})["errorType"] == "OSError"


def test_a_timeout_is_as_it_was(functions: Any) -> None:
    functions.create_function(
        FunctionName="slow",
        Runtime="python3.13",
        Handler="app.handler",
        Role=ROLE,
        Timeout=1,
        Code={"ZipFile": zipped(app="import time\ndef handler(event, context): time.sleep(9)\n")},
    )
    assert invoked(functions, "slow", {})["errorType"] == "Sandbox.Timedout"
