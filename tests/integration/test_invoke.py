"""`provision invoke` as a user meets it: streams, exit codes, the event, and hostile answers."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from moto.awslambda.responses import LambdaResponse

from provision.errors import NotOwned
from provision.model.step import OWNER
from tests.integration.every_screen.world import HOSTILE, VISIBLE
from tests.integration.test_cli import CONFIG, Provision, home, provision  # noqa: F401  (fixtures)


class Lambda:
    """The function behind every invocation: its requests, and its answers."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, bytes]] = []
        self.status, self.body, self.log = 200, b'{"statusCode": 200}', "hello\n"
        self.failed = False

    def answer(self, request: Any) -> tuple[int, dict[str, str], str]:
        qualifier = request.querystring.get("Qualifier", ["$LATEST"])[0]
        kind = request.headers["X-Amz-Invocation-Type"]
        sent = request.body
        self.sent.append((qualifier, kind, sent.encode() if isinstance(sent, str) else sent))
        if kind == "Event":
            return 202, {"status": "202"}, ""
        headers = {
            "status": str(self.status),
            "x-amz-executed-version": "8",
            "x-amz-log-result": base64.b64encode(self.log.encode()).decode(),
        }
        if self.failed:
            headers["x-amz-function-error"] = "Unhandled"
        return self.status, headers, self.body.decode("latin-1")

    @property
    def event(self) -> Any:
        return json.loads(self.sent[-1][2])


@pytest.fixture
def function(
    account: None,
    provision: Provision,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> Lambda:
    found = Lambda()

    def invoke(request: Any) -> tuple[int, dict[str, str], str]:
        return found.answer(request)

    monkeypatch.setattr(LambdaResponse, "invoke", invoke)
    return found


def test_stdout_is_the_answer_alone(function: Lambda, provision: Provision) -> None:  # noqa: F811
    told = provision("invoke", "items")
    assert told.code == 0
    assert told.out == '{"statusCode": 200}'
    assert "items v8  200" in told.err
    assert "hello" in told.err
    assert function.sent == [("live", "RequestResponse", b"{}")]
    function.body = b'{"statusCode": 404}'
    assert "items v8  404" in provision("invoke", "items").err
    quiet = provision("invoke", "items", "--no-tail", "--version", "3")
    assert "hello" not in quiet.err
    assert function.sent[-1][0] == "3"
    provision("invoke", "items", "--version", "latest")
    assert function.sent[-1][0] == "$LATEST"


@pytest.mark.parametrize("as_json", [False, True])
def test_a_log_that_was_cut_is_said_to_be(
    function: Lambda,
    provision: Provision,  # noqa: F811
    *,
    as_json: bool,
) -> None:
    function.log = ("START RequestId: 1\n" + "a line\n" * 900 + "END\n")[-4096:]
    assert function.log.startswith("ine\n")
    told = provision("invoke", "items", *(["--json"] if as_json else []))
    assert re.search(r"last 4 KB .* `provision logs items --request [\w-]+` shows it", told.err)
    if as_json:
        assert told.json["log_truncated"] is True
        assert set(told.json["log"]) == {"a line", "END"}
    else:
        assert "\nine" not in told.err
    function.log = "START RequestId: 1\n" + "a line\n" * 900
    whole = provision("invoke", "items", "--json")
    assert whole.json["log_truncated"] is False
    assert "4 KB" not in whole.err


def test_a_stopped_function_gets_no_event(
    function: Lambda,
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
) -> None:
    config = home / "config.yaml"
    settings = yaml.safe_load(config.read_text("utf-8"))
    settings["functions"]["items"]["concurrency"] = 0
    config.write_text(yaml.safe_dump(settings), "utf-8")
    told = provision("invoke", "items")
    assert told.code == 5
    assert "`concurrency: 0`" in told.err
    assert "`provision up`" in told.err
    assert function.sent == []


def test_a_function_that_failed(function: Lambda, provision: Provision) -> None:  # noqa: F811
    function.failed, function.body = True, b'{"errorType": "KeyError", "errorMessage": "id"}'
    told = provision("invoke", "items")
    assert told.code == 5
    assert "failed: KeyError: id" in told.err
    document = provision("invoke", "items", "--json")
    assert document.code == 5
    assert document.json["error"]["exit_code"] == 5
    assert document.json["payload"]["errorType"] == "KeyError"


def test_the_document(function: Lambda, provision: Provision) -> None:  # noqa: F811
    told = provision("invoke", "items", "--json").json
    assert list(told)[:5] == ["schema", "stack", "environment", "region", "account"]
    assert list(told)[-3:] == ["calls", "seconds", "error"]
    assert told["payload"] == {"statusCode": 200}
    assert told["payload_text"] is None
    assert told["calls"]["write"] == 1
    function.body = b"no json"
    told = provision("invoke", "items", "--json").json
    assert (told["payload"], told["payload_text"]) == (None, "no json")


def test_a_route_becomes_the_event_of_api_gateway(
    function: Lambda,
    provision: Provision,  # noqa: F811
) -> None:
    words = ("--route", "GET /items?limit=2", "--query", "a=b", "--header", "X-Own: c")
    assert provision("invoke", *words).code == 0
    event = function.event
    assert event["resource"] == "/items"
    assert event["queryStringParameters"] == {"limit": "2", "a": "b"}
    assert event["headers"]["X-Own"] == "c"
    assert event["requestContext"]["accountId"] == "123456789012"
    none = provision("invoke", "--route", "GET /none")
    assert none.code == 2
    assert "it has GET /items" in none.err


def test_what_api_gateway_would_refuse_is_told_before_the_function_runs(
    function: Lambda,
    provision: Provision,  # noqa: F811
) -> None:
    routes = {"POST /items": {"function": "items", "body": "Item", "query": ["as"]}}
    model = {"type": "object", "required": ["name"]}
    api = {"stage": "v1", "routes": routes, "models": {"Item": model}}
    Path("config.yaml").write_text(yaml.safe_dump({**CONFIG, "api": api}))
    words = ("invoke", "--route", "POST /items?as=x")
    said = "warning: API Gateway would answer 400 and call no function: the model Item"
    for body, fault in (("{}", "refuses the body: name: is missing"), ("x", "wants JSON")):
        told = provision(*words, "--body", body)
        assert (told.code, len(function.sent)) == (0, 1)
        assert f"{said} {fault}" in told.err
        function.sent.clear()
    assert "wants JSON" in provision(*words).err, "no body is none either"
    bodiless = provision("invoke", "--route", "POST /items").err
    assert "the query lacks as" in bodiless
    assert "no body is sent with POST: --body '{…}' or --body @FILE gives one" in bodiless
    assert "no body" not in provision("invoke", "--route", "POST /items", "--body", "{}").err
    assert "warning" not in provision(*words, "--body", '{"name": 1}').err


def test_a_binary_body_arrives_in_base64(
    function: Lambda,
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
) -> None:
    """As API Gateway sends it, where `api.binary` has the first type of `Content-Type`."""
    api = {"stage": "v1", "routes": {"PUT /a": "items"}, "binary": ["image/png"]}
    Path("config.yaml").write_text(yaml.safe_dump({**CONFIG, "api": api}))
    (home / "a.png").write_bytes(b"\x89PNG\xff\x00")
    words = ("invoke", "--route", "PUT /a", "--body", "@a.png", "--header")
    assert provision(*words, "content-type: image/png; x=1").code == 0
    assert (function.event["body"], function.event["isBase64Encoded"]) == ("iVBOR/8A", True)
    assert "is not UTF-8" in provision(*words, "Content-Type: image/gif").err


def test_payloads_from_files_stdin_and_events(
    function: Lambda,
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (home / "one.json").write_text('{"from": "file"}')
    provision("invoke", "items", "--payload", "@one.json")
    assert function.event == {"from": "file"}
    piped = io.TextIOWrapper(io.BytesIO(b'{"from": "stdin"}'))
    monkeypatch.setattr(sys, "stdin", piped)
    provision("invoke", "items", "--payload", "-")
    assert function.event == {"from": "stdin"}
    sent = len(function.sent)
    saved = provision("invoke", "--route", "GET /items", "--save", "list")
    assert saved.code == 0
    assert "provision invoke items --event list" in saved.err
    assert len(function.sent) == sent, "nothing ran"
    assert json.loads((home / "events" / "list.json").read_text())["resource"] == "/items"
    provision("invoke", "items", "--event", "list")
    assert function.event["resource"] == "/items"
    missing = provision("invoke", "items", "--event", "lst")
    assert missing.code == 2
    assert "there are list" in missing.err


def test_an_event_by_a_link_is_refused(
    function: Lambda,
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
) -> None:
    (home / "events").mkdir()
    secret = home.parent / "secret.json"
    secret.write_text('{"password": "x"}')
    (home / "events" / "one.json").symlink_to(secret)
    assert provision("invoke", "items", "--event", "one").code == 2
    assert provision("invoke", "items", "--event", "../secret").code == 2
    assert provision("invoke", "items", "--save", "../x").code == 2
    assert function.sent == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "name a function, or a request with --route"),
        (("items", "--route", "GET /items"), "not both"),
        (("items", "--payload", "{}", "--event", "x"), "choose one"),
        (("items", "--query", "a=b"), "belong to --route"),
        (("items", "--payload", "{"), "is not JSON"),
        (("items", "--version", "new"), "is no version"),
        (("other",), "config.yaml has no function other"),
        (("--route", "GET items"), "is no request"),
        (("--route", "GET /items", "--header", "x"), "write NAME:VALUE"),
        (("items", "--payload", "@none.json"), "cannot be read"),
    ],
)
def test_usage(
    function: Lambda,
    provision: Provision,  # noqa: F811
    words: tuple[str, ...],
    said: str,
) -> None:
    told = provision("invoke", *words)
    assert (told.code, function.sent) == (2, [])
    assert said in told.err


def test_what_lambda_would_not_take_is_not_sent(
    function: Lambda,
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
) -> None:
    (home / "big.json").write_text(json.dumps("x" * 6 * 1024 * 1024))
    told = provision("invoke", "items", "--payload", "@big.json")
    assert told.code == 2
    assert "6,291,456" in told.err
    assert function.sent == []


BAD = {
    "latin": ("{'é'}".encode("latin-1"), "is not UTF-8"),
    "cut": (b'"\xf0\x9f"', "is not UTF-8: see its byte 2"),
    "utf_16": ('{"a": 1}'.encode("utf-16"), "iconv -f UTF-16"),
    "utf_16_bare": ('{"a": 1}'.encode("utf-16-le"), "iconv -f UTF-16"),
    "utf_16_bare_be": ('{"a": 1}'.encode("utf-16-be"), "iconv -f UTF-16"),
    "deep": (b"[" * 200_000, "nested too deeply"),
    "nan": (b'{"a": NaN}', "NaN is no JSON"),
    "minus": (b"[-Infinity]", "-Infinity is no JSON"),
    "empty": (b"\xef\xbb\xbf", "is not JSON"),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("save", [(), ("--save", "x")])
def test_bytes_that_are_no_json_are_refused(
    function: Lambda,
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
    name: str,
    save: tuple[str, ...],
) -> None:
    content, said = BAD[name]
    (home / "events").mkdir()
    (home / "events" / "bad.json").write_bytes(content)
    for words in (("--payload", "@events/bad.json"), ("--event", "bad")):
        told = provision("invoke", "items", *words, *save)
        assert (told.code, function.sent) == (2, [])
        assert said in " ".join(told.err.split())
    assert not (home / "events" / "x.json").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("items", "--payload", '"\udcff"'),
        ("--route", "GET /items", "--body", "@body"),
        ("--route", "GET /items", "--body", "\udcff"),
        ("--route", "GET /items", "--query", "a=\udcff"),
        ("--route", "GET /items", "--header", "a:\ud83d"),
        ("--route", "GET /items?\udcff"),
    ],
)
def test_a_request_of_other_bytes_is_refused(
    function: Lambda,
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
    words: tuple[str, ...],
) -> None:
    (home / "body").write_bytes(b"\xff\xd8\xff")
    told = provision("invoke", *words)
    assert (told.code, function.sent) == (2, [])
    assert "is not UTF-8" in told.err


@pytest.mark.parametrize(
    ("given", "saved"),
    [
        (b'"\\ud83d"', b'"\\ud83d"\n'),
        (b'\xef\xbb\xbf{"a": 1}', b'{\n  "a": 1\n}\n'),
        (b'["\\ud83d", "\xc3\xa9"]', b'[\n  "\\ud83d",\n  "\xc3\xa9"\n]\n'),
        (b'{"a": 1E400}', b'{"a": 1E400}\n'),
        (b'{"a": 1, "a": 2}', b'{"a": 1, "a": 2}\n'),
        (b"[12345678901234567890.12345678901]", b"[12345678901234567890.12345678901]\n"),
        (b"[" * 900 + b"]" * 900, b"[" * 900 + b"]" * 900 + b"\n"),
        (b"7" * 5000, b"7" * 5000 + b"\n"),
    ],
)
def test_all_that_is_json_is_sent_and_saved_unchanged(
    function: Lambda,
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
    given: bytes,
    saved: bytes,
) -> None:
    (home / "one.json").write_bytes(given)
    assert provision("invoke", "items", "--payload", "@one.json").code == 0
    assert function.sent[-1][2] == given.removeprefix(b"\xef\xbb\xbf")
    assert provision("invoke", "items", "--payload", "@one.json", "--save", "x").code == 0
    assert (home / "events" / "x.json").read_bytes() == saved


@pytest.mark.parametrize("body", [b"1E400", b"NaN", b"[" * 900 + b"]" * 900, b"[" * 200_000])
def test_an_answer_that_no_document_can_have_is_text(
    function: Lambda,
    provision: Provision,  # noqa: F811
    body: bytes,
) -> None:
    function.body = body
    told = provision("invoke", "items", "--json")
    assert (told.code, told.json["payload"]) == (0, None)
    assert told.json["payload_text"] == body.decode()
    function.failed = True
    assert provision("invoke", "items").code == 5


def test_an_event_is_only_queued(function: Lambda, provision: Provision) -> None:  # noqa: F811
    told = provision("invoke", "items", "--async")
    assert (told.code, told.out) == (0, "")
    assert "202 accepted" in told.err
    assert function.sent[0][1] == "Event"


def test_a_lost_answer_is_told_and_nothing_is_sent_again(
    function: Lambda,
    provision: Provision,  # noqa: F811
) -> None:
    function.status = 500
    told = provision("invoke", "items", "--json")
    assert told.code == 1
    assert "it may have run" in told.json["error"]["message"]
    assert len(function.sent) == 1


def test_hostile_answers_and_logs_stay_text(
    function: Lambda,
    provision: Provision,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    function.failed, function.log = True, f"{HOSTILE}\n::set-env name=A::b\n"
    function.body = json.dumps({"errorType": HOSTILE, "errorMessage": "::error::x"}).encode()
    told = provision("invoke", "items")
    for line in (told.out + told.err).split("\n"):
        assert line.isprintable(), ascii(line)
        assert not line.lstrip().startswith("::")
    assert VISIBLE in told.err
    assert json.loads(told.out)["errorMessage"] == "::error::x"


@pytest.mark.parametrize("where", ["payload", "event", "body"])
@pytest.mark.parametrize("what", ["device", "pipe", "folder"])
def test_an_event_is_read_from_a_file_alone(
    function: Lambda,
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
    where: str,
    what: str,
) -> None:
    (home / "events").mkdir(exist_ok=True)
    file = home / "events" / "odd.json"
    if what == "pipe":
        os.mkfifo(file)
    elif what == "folder":
        file.mkdir()
    else:
        file.symlink_to("/dev/zero")
    words = {
        "payload": ("invoke", "items", "--payload", "@events/odd.json"),
        "event": ("invoke", "items", "--event", "odd", "--allow-outside"),
        "body": ("invoke", "--route", "GET /items", "--body", "@events/odd.json"),
    }[where]
    told = provision(*words)
    assert told.code == 2
    assert "cannot be read" in told.err
    assert function.sent == []


def test_without_stdout_the_function_still_runs_once(
    function: Lambda,
    provision: Provision,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", None)
        assert provision("invoke", "items").code == 0
        patch.setattr(sys, "stdin", None)
        assert provision("invoke", "items", "--payload", "-").code == 2
    assert len(function.sent) == 1


def test_a_function_of_others_gets_no_event(
    function: Lambda,
    provision: Provision,  # noqa: F811
) -> None:
    assert provision("up", "--yes").code == 0
    function.sent.clear()
    client = boto3.client("lambda")
    arn = client.get_function(FunctionName="tap-dev-items")["Configuration"]["FunctionArn"]
    for owner in ("another/function.items", None):
        if owner:
            client.tag_resource(Resource=arn, Tags={OWNER: owner})
        else:
            client.untag_resource(Resource=arn, TagKeys=[OWNER])
        for words in (("invoke", "items"), ("invoke", "items", "--version", "latest", "--async")):
            told = provision(*words)
            assert told.code == NotOwned.exit_code
            assert "does not belong to this stack: not invoked" in told.err
    assert function.sent == []
