"""The function's JSON logs, metrics in the log, and trace segments sent to the daemon."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from provision.local import sandbox_files
from provision.steps.lambda_.import_check import PAYLOAD
from tests.function.conftest import ENVIRONMENT, FUNCTION, Function, request
from tests.function.hostile import BREAKS, WHOLE_LINE


def emitted(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("metric", "method", "item_id", "body"),
    [
        ("ItemsCreated", "POST", None, {"name": "a"}),
        ("ItemsRead", "GET", "here", None),
        ("ItemsListed", "GET", None, None),
        ("ItemsUpdated", "PUT", "here", {"name": "a"}),
        ("ItemsDeleted", "DELETE", "here", None),
        ("Conflicts", "POST", None, {"id": "here", "name": "a"}),
        ("Conflicts", "PUT", "here", {"name": "a", "version": 9}),
        ("NotFound", "GET", "nobody", None),
        ("ValidationErrors", "POST", None, {}),
    ],
)
def test_each_outcome_is_a_metric(function: Function, capsys, metric, method, item_id, body):
    function.call("POST", body={"id": "here", "name": "a"})
    capsys.readouterr()
    function.call(method, item_id, body=body)
    found = [one for one in emitted(capsys) if metric in one]
    assert len(found) == 1
    assert found[0][metric] == [1.0]
    assert found[0]["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "shop-test"
    assert found[0]["service"] == "items"


def test_a_rejected_event_is_a_metric_too(function: Function, capsys):
    with pytest.raises(function.app.NotARequest):
        function.invoke({"task": "nightly"})
    assert any("EventsRejected" in one for one in emitted(capsys))


def test_the_check_before_it_goes_live_leaves_no_trace(function: Function, capsys):
    assert function.invoke(json.loads(PAYLOAD)) == {}
    assert capsys.readouterr() == ("", "")
    assert function.called == set()


def test_each_request_leaves_a_line_with_its_correlation_id(function: Function, capsys):
    function.call("GET", "nobody")
    entry = next(one for one in emitted(capsys) if one.get("message") == "answered")
    assert entry["correlation_id"] == "gateway-request-1"
    assert entry["function_request_id"] == "lambda-request-1"
    assert (entry["route"], entry["status"]) == ("GET /items/{id}", 404)
    assert entry["service"] == "items"


def test_what_a_caller_words_is_in_the_line_of_the_function_escaped(function: Function, capsys):
    """The access log of API Gateway has none of it, because it could end a field there."""
    agent = 'x","status":"200'
    function.call("GET", "nobody", headers={"user-agent": agent + "y" * 1_000})
    entry = next(one for one in emitted(capsys) if one.get("message") == "answered")
    assert entry["status"] == 404
    assert entry["user_agent"].startswith(agent)
    assert len(entry["user_agent"]) == 500
    assert entry["path"] == "/base/items/nobody"
    assert entry["request_id"] == "chosen-by-the-caller"


def test_every_break_of_a_line_is_known() -> None:
    found = [
        chr(number)
        for number in range(sys.maxunicode + 1)
        if len(f"a{chr(number)}b".splitlines()) > 1
    ]
    assert found == sorted(BREAKS)


@pytest.mark.parametrize("end", [*BREAKS, "\x7f", "ä"], ids=ascii)
def test_nothing_a_caller_sends_begins_a_line(function: Function, capsys, monkeypatch, end: str):
    """A reader of the log may take any of these characters for the end of a line."""
    forged = f"{end}{WHOLE_LINE}{end}"
    body = {"name": forged, "attributes": {forged: forged}, forged: forged}
    headers = {"user-agent": forged, "x-api-key": forged, forged: forged}
    function.call("GET", forged, headers=headers)
    function.call("POST", body=body, headers=headers)
    function.call("PUT", "a", body=body, headers={"if-match": forged})

    def fails(*_: object) -> None:
        raise RuntimeError(forged)

    monkeypatch.setattr(function.app.store, "read", fails)
    function.call("GET", "a", headers=headers)
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out.isascii()
    assert printed.out.replace("\n", "").isprintable()
    lines = [json.loads(line) for line in printed.out.splitlines()]
    assert sum(line.get("message") == "answered" for line in lines) == 4
    assert not any("forged" in line for line in lines)
    read = next(line for line in lines if line.get("message") == "answered")
    assert read["user_agent"] == forged  # parsing the line gives the original


SCRIPT = """
import json, sys
from moto import mock_aws
import boto3
with mock_aws():
    boto3.client("dynamodb").create_table(
        TableName="shop-test-items", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    from tests.function.conftest import Lambda
    import app
    for number, event in enumerate(json.load(sys.stdin), 1):
        context = Lambda(aws_request_id=f"lambda-request-{number}")
        print("STATUS", app.handler(event, context)["statusCode"])
"""


def run_as_lambda(
    layer_path: Path,
    environment: dict[str, str],
    events: Sequence[dict[str, Any]] = (request("POST", body={"name": "a"}), request("GET", "no")),
) -> str:
    """Return the output of a process of its own: tracing changes botocore permanently."""
    here = {"LAMBDA_TASK_ROOT": str(FUNCTION)}
    path = os.pathsep.join(map(str, (FUNCTION, FUNCTION.parent, layer_path)))
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        input=json.dumps(list(events)),
        env={**os.environ, **ENVIRONMENT, **here, **environment, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


def test_segments_reach_the_daemon(layer_path: Path):
    trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        daemon.settimeout(5)
        address = f"127.0.0.1:{daemon.getsockname()[1]}"
        run_as_lambda(layer_path, {"_X_AMZN_TRACE_ID": trace, "AWS_XRAY_DAEMON_ADDRESS": address})
        segments = [json.loads(daemon.recv(65536).split(b"\n", 1)[1]) for _ in range(4)]
    assert [one["name"] for one in segments] == ["dynamodb", "## handler"] * 2
    call, handled, _, unknown = segments
    assert call["aws"]["operation"] == "PutItem"
    assert call["parent_id"] == handled["id"]
    assert handled["annotations"]["route"] == "POST /items"
    assert [one["annotations"]["status"] for one in (handled, unknown)] == [201, 404]
    assert {one["trace_id"] for one in segments} == {"1-5759e988-bd862e3fe1be46a994272793"}


def test_the_emulator_knows_the_sign_that_the_sdk_leaves(layer_path: Path):
    """The SDK then writes no file: on the emulator, /tmp is shared (see sandbox_files.py)."""
    launcher = (layer_path / "aws_xray_sdk/core/lambda_launcher.py").read_text("utf-8")
    signs = re.findall(r"^TOUCH_FILE_\w+ = '(.*)'$", launcher, re.MULTILINE)
    assert signs
    assert all(f"{sign}/".startswith(f"{sandbox_files._SIGN}/") for sign in signs)
    assert sandbox_files._SIGN_MISSED in launcher
    assert re.findall(r"'(/tmp/.*?)'", launcher) == signs


@pytest.mark.parametrize("trace", ["", "Root=1-5759e988-bd862e3fe1be46a994272793"])
def test_without_a_daemon_the_function_answers_all_the_same(layer_path: Path, trace: str):
    output = run_as_lambda(
        layer_path, {"_X_AMZN_TRACE_ID": trace, "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:1"}
    )
    assert [line for line in output.splitlines() if line.startswith("STATUS")] == [
        "STATUS 201",
        "STATUS 404",
    ]
