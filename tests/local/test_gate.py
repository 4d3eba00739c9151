"""The emulator runs code for whoever may speak to it: no web page, no name of somebody else's."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator

import pytest

from provision import local
from tests.local.conftest import connect, quiet, zipped

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
}


@pytest.mark.parametrize("headers", OF_A_PAGE.values(), ids=OF_A_PAGE.keys())
def test_no_page_reaches_the_control_plane(
    emulator: local.Emulator, headers: dict[str, str]
) -> None:
    plain = {"Content-Type": "text/plain"}  # what a page may send without asking first
    for method, path, body in (
        ("POST", "/", MAKES),
        ("GET", f"/?{MAKES}", ""),
        ("OPTIONS", "/", ""),
        ("POST", "/2015-03-31/functions", "{}"),
        ("POST", "/2015-03-31/functions/planted/invocations", "{}"),
        ("GET", "/apikeys?includeValues=true", ""),
        ("GET", "/restapis", ""),
        ("GET", "/_ministack/health", ""),
        ("POST", "/_provision/stop", ""),
        ("GET", "/_provision", ""),
        ("GET", "/restapis/x/_user_request_/v1", ""),
        ("GET", "//restapis/x/v1/_user_request_/", ""),
    ):
        for host in ("127.0.0.1", "zz.execute-api.localhost", "0a1b2c3d.execute-api.localhost"):
            sent = plain | headers | {"Host": f"{host}:{emulator.port}"}
            status, answered, text = ask(emulator, method, path, sent, body)
            assert status == 403, (method, path, text)
            assert not [name for name in answered if name.startswith("access-control-")]
    topics = connect("sns", emulator.endpoint).list_topics()["Topics"]
    assert topics == []


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
    typed = named | {"Sec-Fetch-Site": "none"}
    assert ask(emulator, "GET", "/_provision", typed)[0] == 200


def test_the_deployed_api_answers_pages_by_its_own_cors(emulator: local.Emulator) -> None:
    """No wildcard but what was configured: the control plane's is not to be seen here either."""
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
    status, answered, _ = ask(
        emulator, "GET", path, {"Origin": PAGE, "Sec-Fetch-Site": "cross-site"}
    )
    assert status == 200
    assert "access-control-allow-origin" not in answered


def test_functions_reach_the_emulator_they_run_in(emulator: local.Emulator) -> None:
    """What runs inside calls back by the address it was given, with the SDK's own headers."""
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
