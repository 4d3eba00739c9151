"""The emulator executes code for its callers, so it refuses web pages and other host names."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator

import pytest

from provision import local
from tests.unit.local.conftest import connect, quiet, zipped

pytestmark = pytest.mark.emulator
PAGE = "https://page.example"


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[local.Emulator]:
    root = tmp_path_factory.mktemp("gate") / "emulator"
    yield local.start(root, report=quiet)
    local.stop(root)


def ask(
    emulator: local.Emulator,
    method: str,
    path: str,
    headers: dict[str, str],
    body: str = "",
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", emulator.port, timeout=20)
    connection.putrequest(method, path, skip_host="Host" in headers)
    for name, value in {**headers, "Content-Length": str(len(body))}.items():
        connection.putheader(name, value)
    connection.endheaders(body.encode())
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, {key.lower(): value for key, value in answer.getheaders()}, text


MAKES = "Action=CreateTopic&Name=planted&Version=2010-03-31"
OF_A_PAGE = {
    "another origin": {"Origin": PAGE},
    "a file on the disk": {"Origin": "null"},
    "a page of the emulator's own": {"Origin": "http://127.0.0.1"},
    "an image or a form": {"Sec-Fetch-Site": "cross-site"},
    "a neighbouring site": {"Sec-Fetch-Site": "same-site"},
    "a page of this origin": {"Sec-Fetch-Site": "same-origin"},
    "an address that was typed, and where it leads on to": {
        "Sec-Fetch-Site": "none",
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "document",
        "Sec-Fetch-User": "?1",
        "Upgrade-Insecure-Requests": "1",
    },
    "a browser that does not say from where": {"Sec-Fetch-Mode": "navigate"},
    "a link": {"Referer": f"{PAGE}/"},
}
SIGNED = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sns/aws4_request,"
    " SignedHeaders=host, Signature=0"
}


CONTROL = (
    ("POST", "/", MAKES),
    ("GET", f"/?{MAKES}", ""),
    ("GET", f"/?{MAKES}&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0", ""),
    ("OPTIONS", "/", ""),
    ("POST", "/2015-03-31/functions", "{}"),
    ("POST", "/2015-03-31/functions/planted/invocations", "{}"),
    ("GET", "/apikeys?includeValues=true", ""),
    ("GET", "/restapis", ""),
    ("GET", "/_ministack/health", ""),
    ("POST", "/_provision/stop", ""),
    ("GET", "/restapis/x/_user_request_/v1", ""),
    ("GET", "//restapis/x/v1/_user_request_/", ""),
)  # fmt: skip
HOSTS = ("127.0.0.1", "zz.execute-api.localhost", "0a1b2c3d.execute-api.localhost")


def refuses(emulator: local.Emulator, headers: dict[str, str]) -> None:
    plain = {"Content-Type": "text/plain"}  # what a page may send without asking first
    for method, path, body in CONTROL:
        for host in HOSTS:
            sent = plain | headers | {"Host": f"{host}:{emulator.port}"}
            status, answered, text = ask(emulator, method, path, sent, body)
            assert status == 403, (method, path, text)
            assert not [name for name in answered if name.startswith("access-control-")]
    topics = connect("sns", emulator.endpoint).list_topics()["Topics"]
    assert topics == []


@pytest.mark.parametrize("headers", OF_A_PAGE.values(), ids=OF_A_PAGE.keys())
def test_no_page_reaches_the_control_plane(
    emulator: local.Emulator, headers: dict[str, str]
) -> None:
    refuses(emulator, headers)
    refuses(emulator, headers | SIGNED)  # a page of the deployed API may even do that
    assert ask(emulator, "GET", "/_provision", headers)[0] == 403


def test_what_is_not_signed_in_a_header_reaches_no_control_plane(emulator: local.Emulator) -> None:
    """A request that a browser disguises is refused too, because no page can sign it."""
    refuses(emulator, {})
    refuses(emulator, {"Authorization": "Basic dGVzdDp0ZXN0"})
    refuses(emulator, {"X-Amz-Target": "Logs_20140328.DescribeLogGroups"})


def test_one_body_with_two_ends_is_refused_and_the_connection_closed(
    emulator: local.Emulator,
) -> None:
    """A proxy may read a second request where the emulator reads the body of the first."""
    second = "GET /_provision HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"
    for path in ("/_provision", "/", "/restapis/x/v1/_user_request_/items"):
        first = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{emulator.port}\r\nContent-Length: 5\r\n"
            f"Transfer-Encoding: chunked\r\nAuthorization: {SIGNED['Authorization']}\r\n\r\n"
            "0\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", emulator.port), timeout=20) as held:
            held.sendall((first + second.format(port=emulator.port)).encode())
            answered = b"".join(iter(lambda: held.recv(65_536), b""))
        assert answered.startswith(b"HTTP/1.1 400 ")
        assert answered.count(b"HTTP/1.1 ") == 1
        assert b"connection: close" in answered.lower()


STRANGE_HOSTS = (
    "page.example",
    "page.example:{port}",
    "127.0.0.1",
    "127.0.0.1:1",
    "localhost.page.example:{port}",
    "127.0.0.1.nip.io:{port}",
    "[::2]:{port}",
    "",
)


@pytest.mark.parametrize("host", STRANGE_HOSTS)
def test_a_name_led_here_by_somebody_else_is_not_answered(
    emulator: local.Emulator, host: str
) -> None:
    named = {"Host": host.format(port=emulator.port)}
    for path in ("/", "/restapis/x/v1/_user_request_/items", "/_provision"):
        assert ask(emulator, "GET", path, named)[0] in {400, 403}


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}"])
def test_programs_of_this_machine_are_answered(emulator: local.Emulator, host: str) -> None:
    named = {"Host": host.format(port=emulator.port)}
    status, _, text = ask(emulator, "GET", "/_provision", named)
    assert status == 200
    assert json.loads(text)["pid"] == emulator.pid
    assert ask(emulator, "GET", "/_ministack/health", named | SIGNED)[0] == 200


def test_the_deployed_api_answers_pages_by_its_own_cors(emulator: local.Emulator) -> None:
    """The API sends only the configured origins, and never the control plane's wildcard."""
    client = connect("apigateway", emulator.endpoint)
    api = client.create_rest_api(name="api")["id"]
    parent = client.get_resources(restApiId=api)["items"][0]["id"]
    client.put_method(restApiId=api, resourceId=parent, httpMethod="GET", authorizationType="NONE")
    client.put_integration(
        restApiId=api,
        resourceId=parent,
        httpMethod="GET",
        type="MOCK",
        requestTemplates={"application/json": '{"statusCode": 200}'},
    )
    client.put_integration_response(
        restApiId=api, resourceId=parent, httpMethod="GET", statusCode="200"
    )
    client.create_deployment(restApiId=api, stageName="v1")
    path = f"/restapis/{api}/v1/_user_request_/"
    typed = {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}
    for sent in ({"Origin": PAGE, "Sec-Fetch-Site": "cross-site"}, typed, {}):
        status, answered, _ = ask(emulator, "GET", path, sent)
        assert status == 200
        assert "access-control-allow-origin" not in answered


def test_functions_reach_the_emulator_they_run_in(emulator: local.Emulator) -> None:
    """Code inside the emulator calls back by the address it was given, with the SDK's headers."""
    code = (
        "import boto3\n"
        "def handler(event, context):\n"
        "    return [t['TopicArn'] for t in boto3.client('sns').list_topics()['Topics']]\n"
    )
    functions = connect("lambda", emulator.endpoint)
    functions.create_function(
        FunctionName="asks",
        Runtime="python3.13",
        Role="arn:aws:iam::000000000000:role/r",
        Handler="app.handler",
        Code={"ZipFile": zipped(app=code)},
    )
    answer = functions.invoke(FunctionName="asks")
    assert json.loads(answer["Payload"].read()) == []
    assert "FunctionError" not in answer
