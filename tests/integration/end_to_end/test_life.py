"""The shipped stack on a real server over HTTP, from nothing to nothing, as a user would do it."""

from __future__ import annotations

import base64
import hmac
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from provision.stack.api import ACCESS_FORMAT
from tests.function.gateway import KEY, Request
from tests.function.hostile import requests
from tests.integration.end_to_end.conftest import Home, environment
from tests.integration.end_to_end.wire import send

pytestmark = pytest.mark.emulator

DAY = 24 * 3600


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: Any


@dataclass
class Api:
    endpoint: str
    key: str

    def ask(
        self, method: str, path: str, body: Any = None, *, key: str | None = None, **headers: str
    ) -> Reply:
        sent = {"content-type": "application/json", **headers}
        if (given := self.key if key is None else key) != "":
            sent["x-api-key"] = given
        request = urllib.request.Request(
            self.endpoint + path,
            method=method,
            headers=sent,
            data=None if body is None else json.dumps(body).encode(),
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return self._reply(reply)
        except urllib.error.HTTPError as error:
            with error:
                return self._reply(error)

    def _reply(self, reply: Any) -> Reply:
        text = reply.read().decode()
        headers = {name.lower(): value for name, value in reply.headers.items()}
        return Reply(reply.status, headers, json.loads(text) if text.strip() else None)


@pytest.fixture(scope="module")
def api(home: Home) -> Api:
    printed = home.execute("up", "--local", "--yes")
    assert "curl -H" in printed
    outputs = json.loads(home.provision("outputs", "--local", "--json"))
    key = home.provision("outputs", "api_key", "--local").strip()
    return Api(outputs["api_endpoint"], key)


def test_what_up_ends_with_works_as_pasted(home: Home, api: Api) -> None:
    """The shell runs the printed line; curl's own configuration makes it print the status."""
    printed = home.provision("up", "--local", "--yes").splitlines()
    (home.path / ".curlrc").write_text('silent\nwrite-out = "\\n%{http_code}"\n')
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    said = subprocess.run(
        ["/bin/sh", "-c", printed[-1]],
        cwd=home.path,
        env=environment() | {"PATH": tools, "CURL_HOME": str(home.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    body, _, status = said.stdout.rpartition("\n")
    assert status == "200", said
    assert "items" in json.loads(body)
    (stop,) = (line for line in printed if line.startswith("The emulator runs on"))
    assert f" local stop --local-port {home.port}" in stop


def test_without_the_key_403_with_cors_and_with_it_200(api: Api) -> None:
    for wrong in ("", "not-a-key-at-all-but-long"):
        refused = api.ask("GET", "/items", key=wrong)
        assert refused.status == 403
        assert refused.headers["access-control-allow-origin"] == "*"
        assert "request_id" in refused.body
    answered = api.ask("GET", "/items")
    assert answered.status == 200
    assert answered.headers["access-control-allow-origin"] == "*"


def test_a_browser_may_ask_first(api: Api) -> None:
    preflight = api.ask("OPTIONS", "/items", key="", Origin="https://example.com")
    assert preflight.status == 200
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "X-Api-Key" in preflight.headers["access-control-allow-headers"]
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert preflight.headers["access-control-max-age"] == "600"


def test_an_items_life(api: Api) -> None:
    made = api.ask("POST", "/items", {"name": "lamp"})
    assert made.status == 201
    item = made.body
    assert abs(item["expires_at"] - (time.time() + 30 * DAY)) < 300
    path = f"/items/{item['id']}"
    assert api.ask("GET", path).body == item
    listed = api.ask("GET", "/items?limit=100").body["items"]
    assert item["id"] in [each["id"] for each in listed]
    changed = api.ask("PUT", path, {"name": "torch", "version": item["version"]})
    assert (changed.status, changed.body["name"]) == (200, "torch")
    assert api.ask("PUT", path, {"name": "old", "version": item["version"]}).status == 409
    assert api.ask("POST", "/items", {"id": item["id"], "name": "again"}).status == 409
    assert api.ask("DELETE", path).status in {200, 204}
    assert api.ask("GET", path).status == 404
    slash = api.ask("GET", "/items/a%2Fb%20c")  # one id, encoded, as API Gateway gives it (A41)
    assert (slash.status, slash.body["error"]["code"]) == (404, "not_found")


def test_what_is_wrong_with_a_request_is_said(api: Api) -> None:
    for body in ({}, {"name": 1}, {"name": ""}):
        refused = api.ask("POST", "/items", body)
        assert refused.status == 400, body
        assert refused.headers["access-control-allow-origin"] == "*"
        assert refused.body["message"]
    assert api.ask("GET", "/items?limit=many").status == 400


@given(request=requests())
@settings(
    max_examples=int(os.environ.get("FUZZ_REQUESTS", "60")),
    deadline=None,
    derandomize="FUZZ_REQUESTS" not in os.environ,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
def test_whatever_is_sent_on_the_wire_ends_below_500(api: Api, request: Request) -> None:
    named = {"X-Api-Key": api.key}
    sent = replace(
        request,
        headers=tuple((k, named.get(k, v) if v == KEY else v) for k, v in request.headers),
    )
    status, body = send(api.endpoint, sent)
    assert 200 <= status <= 499, body[:500]
    assert len(body) < 6_000_000


def test_each_line_of_the_access_log_is_one_object(home: Home, api: Api) -> None:
    agent = 'x","status":"200","forged":"yes'
    assert api.ask("GET", "/items", key="wrong", **{"User-Agent": agent}).status == 403
    pages = home.client("logs").get_paginator("filter_log_events")
    found = pages.paginate(logGroupName="/aws/apigateway/tap-local")
    lines = [event["message"] for page in found for event in page["events"]]
    for line in lines:
        assert json.loads(line).keys() == json.loads(ACCESS_FORMAT).keys()
    assert json.loads(lines[-1])["error"] == "INVALID_API_KEY"
    assert json.loads(lines[-1])["status"] == "403"


def test_an_asynchronous_failure_lands_in_the_dead_letter_queue(home: Home, api: Api) -> None:
    function = home.client("lambda")
    answer = function.invoke(
        FunctionName="tap-local-items", Qualifier="live", InvocationType="Event", Payload=b"{}"
    )
    assert answer["StatusCode"] == 202
    queue = home.provision("outputs", "dead_letter_queue_url", "--local").strip()
    deadline = time.monotonic() + 60
    messages: list[Any] = []
    while not messages and time.monotonic() < deadline:
        messages = (
            home.client("sqs")
            .receive_message(QueueUrl=queue, WaitTimeSeconds=2, VisibilityTimeout=0)
            .get("Messages", [])
        )
    assert messages, "the failed event never reached the dead-letter queue"
    home.provision("status", "--local", "--check", code=5)
    status = json.loads(home.provision("status", "--local", "--json"))
    assert status["health"]["dead_letters"]["function.items.dead_letters"] >= 1
    shown = home.provision("status", "--local")
    assert "the events: `" in shown
    assert "dlq peek items --local" in shown


def test_the_failed_event_is_seen_run_again_saved_and_purged(home: Home, api: Api) -> None:
    listed = json.loads(home.provision("dlq", "--local", "--json"))["queues"]
    assert [queue["waiting"] for queue in listed] == [1]
    peeked = json.loads(home.provision("dlq", "peek", "--local", "--json"))["messages"]
    assert [message["event"] for message in peeked] == [{}]
    assert peeked[0]["error"] == "a dict that API Gateway did not send"
    assert peeked[0]["code"] == "200"
    caused = home.provision("logs", "--local", "--request", peeked[0]["request"])
    assert "NotARequest" in caused, "the event leads to the log of its invocation"
    home.provision("dlq", "redrive", "--local", "--yes", code=5)
    home.provision("dlq", "save", "items", "letters.jsonl", "--local")
    (line,) = (home.path / "letters.jsonl").read_text().splitlines()
    assert json.loads(line)["event"] == {}
    home.provision("dlq", "purge", "items", "--yes", "--local")
    empty = json.loads(home.provision("dlq", "--local", "--json"))["queues"]
    assert [queue["waiting"] for queue in empty] == [0]


def test_a_route_is_invoked_without_the_api(home: Home, api: Api) -> None:
    words = ("invoke", "--route", "GET /items?limit=1", "--local")
    payload = json.loads(home.provision(*words))
    assert payload["statusCode"] == 200
    assert "items" in json.loads(payload["body"])
    document = json.loads(home.provision(*words, "--json"))
    assert document["payload"]["statusCode"] == 200
    assert any("answered" in line for line in document["log"])
    failed = ("invoke", "items", "--payload", '{"id": 7}', "--local", "--no-tail")
    assert "that API Gateway did not send" in home.provision(*failed, code=5)


def test_a_hundred_requests_at_once_are_a_hundred_stories(home: Home, api: Api) -> None:
    paths = [f"/items/story-{number}" for number in range(100)]
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(lambda path: api.ask("GET", path).status, paths))
    assert statuses == [404] * 100
    found = json.loads(home.provision("logs", "--local", "--since", "5m", "--json"))["events"]
    joined: dict[str, list[dict[str, Any]]] = {}
    for event in found:
        joined.setdefault(event["request"], []).append(event)
    stories = {}
    for request, events in joined.items():
        told = [event["fields"].get("path", "") for event in events]
        (path,) = {path for path in told if path.startswith("/items/story-")} or {""}
        if path:
            stories[path] = (request, {event["source"] for event in events})
    assert stories.keys() == set(paths)
    assert all(sources == {"api.access", "function.items"} for _, sources in stories.values())
    asked, _ = stories[paths[7]]
    one = home.provision("logs", "--local", "--since", "5m", "--request", asked)
    assert [path for path in paths if f"path={path} " in one] == [paths[7]]


def test_the_function_writes_structured_logs_to_its_own_group(home: Home, api: Api) -> None:
    api.ask("GET", "/items/nothing-there")
    events = home.client("logs").filter_log_events(logGroupName="/aws/lambda/tap-local-items")
    lines = [event["message"] for event in events["events"]]
    structured = [json.loads(line) for line in lines if line.startswith("{")]
    assert any(line.get("service") == "tap-local-items" for line in structured)
    assert any("_aws" in line for line in structured), "metrics in the embedded format"


def test_a_second_up_writes_nothing_with_and_without_state(home: Home, api: Api) -> None:
    again = json.loads(home.provision("up", "--local", "--yes", "--json"))
    assert again["calls"]["write"] == 0
    for file in (home.path / ".provision" / "local").iterdir():
        file.unlink()
    lost = json.loads(home.provision("up", "--local", "--yes", "--json"))
    assert lost["calls"]["write"] == 0
    assert set(lost["outputs"]) == set(again["outputs"])


def test_status_shows_every_node_as_wanted(home: Home, api: Api) -> None:
    status = json.loads(home.provision("status", "--local", "--json"))
    assert {r["action"] for r in status["resources"]} == {"keep", "skip"}
    skipped = {r["node"] for r in status["resources"] if r["action"] == "skip"}
    assert {"table.items.read", "table.items.write"} <= skipped
    screen = home.provision("status", "--local")
    assert "v1 live" in screen
    assert "skipped on local" in screen


def test_changed_code_is_published_and_served(home: Home, api: Api) -> None:
    app = home.path / "function" / "app.py"
    before = app.read_text()
    app.write_text(before + "\n\n" + CHANGED)
    changed = json.loads(home.provision("up", "--local", "--yes", "--json"))
    assert {r["node"] for r in changed["resources"] if r["action"] not in {"keep", "skip"}} == {
        "function.items",
        "function.items.version",
        "function.items.alias",
    }
    answered = api.ask("GET", "/items")
    assert answered.headers["x-changed"] == "yes"
    app.write_text(before)


def test_a_push_is_served_and_what_does_not_import_is_not(home: Home, api: Api) -> None:
    app = home.path / "function" / "app.py"
    before = app.read_text()
    app.write_text(before + CHANGED.replace("yes", "pushed"))
    assert "is live" in home.provision("push", "--local")
    assert api.ask("GET", "/items").headers["x-changed"] == "pushed"
    with home.running("push", "--watch", "--local") as watching:
        assert watching.stdout
        heard(watching.stdout, "is live, as before")
        app.write_text(before + "\n\nimport a_package_that_is_not_there\n")
        told = heard(watching.stdout, "a_package_that_is_not_there")
        assert "cannot be imported: Runtime.ImportModuleError" in told
        assert api.ask("GET", "/items").headers["x-changed"] == "pushed"
        app.write_text(before + CHANGED.replace("yes", "mended") + "def (")
        assert "app.py:" in heard(watching.stdout, "not pushed")
        app.write_text(before + CHANGED.replace("yes", "mended"))
        heard(watching.stdout, "is live, ")
        assert api.ask("GET", "/items").headers["x-changed"] == "mended"
        watching.send_signal(signal.SIGINT)
        assert watching.wait(timeout=30) == 130
    plan = json.loads(home.provision("plan", "--local", "--json"))
    assert {r["action"] for r in plan["resources"]} == {"keep", "skip"}
    app.write_text(before)


def heard(said: IO[str], words: str) -> str:
    """Return the output up to these words; the test's own time limit ends the wait."""
    lines = []
    for line in said:
        lines.append(line)
        if words in line:
            return "".join(lines)
    raise AssertionError("".join(lines))


CHANGED = """
_unchanged = handler


def handler(event, context):
    answer = _unchanged(event, context)
    answer.setdefault("multiValueHeaders", {})["x-changed"] = ["yes"]
    return answer
"""


def test_the_function_fetches_its_secret_by_itself(home: Home, api: Api) -> None:
    """Only the function reads it: the key of the cursor is stored only in Parameter Store."""
    value = "canary-of-the-shop"
    home.client("ssm").put_parameter(Name="/tap/cursor", Value=value, Type="SecureString")
    config = home.path / "config.yaml"
    sealing = "{LOG_LEVEL: INFO, CURSOR_KEY: {secret: ssm:/tap/cursor}}"
    config.write_text(config.read_text().replace("{LOG_LEVEL: INFO}", sealing))
    done = json.loads(home.provision("up", "--local", "--yes", "--json"))
    actions = {r["node"]: r["action"] for r in done["resources"]}
    assert actions["network.secrets.group"] == "create"
    assert actions["network.secrets.ssm"] == "skip"
    for name in ("one", "two"):
        assert api.ask("POST", "/items", {"name": name}).status == 201
    cursor = api.ask("GET", "/items?limit=1").body["cursor"]
    told = json.loads(base64.urlsafe_b64decode(cursor + "=="))
    assert told["seal"] == hmac.new(value.encode(), told["after"].encode(), "sha256").hexdigest()
    assert api.ask("GET", f"/items?limit=1&cursor={cursor}").status == 200
    shown = home.client("lambda").get_function_configuration(FunctionName="tap-local-items")
    assert shown["Environment"]["Variables"]["CURSOR_KEY"] == "ssm:/tap/cursor"
    assert value not in str(shown)


def test_data_survives_the_emulators_restart(home: Home, api: Api) -> None:
    made = api.ask("POST", "/items", {"name": "kept"}).body
    home.provision("local", "stop")
    home.provision("local", "start")
    assert api.ask("GET", f"/items/{made['id']}").body == made


def test_a_changed_api_is_served(home: Home, api: Api) -> None:
    """The 403 shows whether the change was published and the stage moved.

    MiniStack serves routes at once, but gateway responses only from the stage's deployment.
    """
    config = home.path / "config.yaml"
    text = config.read_text()
    assert api.ask("GET", "/").body["message"] == "Not found"
    changed = text.replace('origins: ["*"]', "origins: [https://app.example.com]")
    changed = changed.replace(
        "    GET /items: items\n", "    GET /items: items\n    GET /: items\n"
    )
    config.write_text(changed)
    done = json.loads(home.provision("up", "--local", "--yes", "--json"))
    actions = {r["node"]: r["action"] for r in done["resources"]}
    assert (actions["api.deployment"], actions["api.stage"]) == ("replace", "update")
    answered = api.ask("GET", "/")
    assert answered.body["error"]["message"] == "There is no such route.", "by the function, now"
    refused = api.ask("GET", "/items", key="")
    assert refused.status == 403
    assert refused.headers["access-control-allow-origin"] == "https://app.example.com"


def test_down_keeps_the_table_unless_told_and_then_leaves_nothing(home: Home, api: Api) -> None:
    home.provision("down", "--local", "--yes")
    assert home.client("dynamodb").list_tables()["TableNames"] == ["tap-local-items"]
    home.provision("up", "--local", "--yes")
    home.provision("down", "--local", "--yes", "--destroy-data")
    assert home.client("dynamodb").list_tables()["TableNames"] == []
    assert home.client("lambda").list_functions()["Functions"] == []
    assert home.client("lambda").list_layers()["Layers"] == []
    assert home.client("apigateway").get_rest_apis()["items"] == []
    assert home.client("apigateway").get_api_keys()["items"] == []
    assert home.client("apigateway").get_usage_plans()["items"] == []
    assert home.client("sqs").list_queues().get("QueueUrls", []) == []
    assert home.client("sns").list_topics()["Topics"] == []
    assert home.client("logs").describe_log_groups()["logGroups"] == []
    assert home.client("cloudwatch").describe_alarms()["MetricAlarms"] == []
    vpcs = home.client("ec2").describe_vpcs()["Vpcs"]
    assert [vpc for vpc in vpcs if not vpc.get("IsDefault")] == []
    roles = [role["RoleName"] for role in home.client("iam").list_roles()["Roles"]]
    assert [name for name in roles if "tap-local" in name] == []
