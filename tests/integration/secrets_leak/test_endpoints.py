"""Real credentials are sent only to AWS and to this machine, wherever the address came from."""

from __future__ import annotations

import hashlib
import json
import re
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.config import Config
from botocore.credentials import SSOProvider
from botocore.loaders import create_loader
from botocore.tokens import SSOTokenProvider

from provision.aws.credential_guard import _is_aws, check_addresses, guard_credentials
from provision.errors import AddressUnusable, UntrustedEndpoint
from tests.integration.test_cli import Provision, home, provision  # noqa: F401  (fixtures)

LASTING = "AKIAIOSFODNN7EXAMPLE"
TEMPORARY = "ASIAIOSFODNN7EXAMPLE"
SECRET = "canary-secret-access-key"


class Left(Exception):
    """The request was about to be sent."""


def leave(_: Any) -> None:
    raise Left


def ask(endpoint: str | None, key: str, region: str = "us-east-1") -> None:
    """Send one request, which is stopped before it leaves."""
    core = botocore.session.Session()
    guard_credentials(core, {})
    client: Any = boto3.Session(botocore_session=core).client(
        "sts",
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id=key,
        aws_secret_access_key=SECRET,
        config=Config(retries={"total_max_attempts": 1}),
    )
    client._endpoint.http_session.send = leave
    client.get_caller_identity()


STRANGE = (
    "https://strange.example",
    "http://203.0.113.7:4566",
    "https://amazonaws.com.strange.example",
    "https://notamazonaws.com",
    "http://localhost.strange.example",
    "http://[2001:db8::1]",
)


@pytest.mark.parametrize("key", [LASTING, TEMPORARY])
@pytest.mark.parametrize("endpoint", STRANGE)
def test_to_a_stranger_nothing_leaves(endpoint: str, key: str) -> None:
    with pytest.raises(UntrustedEndpoint) as refused:
        ask(endpoint, key)
    assert "--allow-endpoint" in refused.value.hint
    told = refused.value.message + refused.value.hint
    assert key not in told
    assert SECRET not in told


@pytest.mark.parametrize(
    "endpoint",
    [
        None,
        "https://vpce-1.sts.us-east-1.vpce.amazonaws.com",
        "https://sts.us-east-1.api.aws",
        "http://localhost:4566",
        "http://sts.localhost:4566",
        "http://127.0.0.1:4566",
        "http://127.9.9.9:4566",
        "http://[::1]:4566",
    ],
)
def test_to_aws_and_this_machine_it_does(endpoint: str | None) -> None:
    with pytest.raises(Left):
        ask(endpoint, LASTING)


def test_every_partition_is_aws() -> None:
    for region in ("cn-north-1", "us-gov-west-1"):
        with pytest.raises(Left):
            ask(None, LASTING, region)


def test_what_an_emulator_takes_may_go_anywhere() -> None:
    with pytest.raises(Left):
        ask("https://strange.example", "test")


def test_every_command_is_refused_unless_told(
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://strange.invalid:1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", LASTING)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setattr("provision.aws.call_hooks.next_delay", lambda *_: None)
    for words in (("plan",), ("up", "--yes"), ("status",), ("down", "--yes"), ("keys", "list")):
        refused = provision(*words)
        assert refused.code == 1
        assert "strange.invalid, which is neither AWS nor this machine" in refused.err
        assert not (home / ".provision").exists()
    assert "strange.invalid, which is neither" not in provision("--allow-endpoint", "plan").err
    monkeypatch.setenv("PROVISION_ALLOW_ENDPOINT", "1")
    assert "strange.invalid, which is neither" not in provision("plan").err


# -- what credentials are made from ----------------------------------------------------------------

STRANGER = "strange.invalid"


class Listener(socketserver.ThreadingTCPServer):
    """A server at a foreign address, which counts its connections."""

    daemon_threads = True
    visitors = 0

    def verify_request(self, request: Any, client_address: Any) -> bool:
        self.visitors += 1
        return False


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    asked = socket.getaddrinfo

    def resolved(host: Any, *rest: Any, **more: Any) -> Any:
        return asked("127.0.0.1" if host == STRANGER else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    with Listener(("127.0.0.1", 0), socketserver.BaseRequestHandler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()


def web_identity(_: str, folder: Path) -> dict[str, str]:
    (folder / "token").write_text("canary-token")
    role = "arn:aws:iam::123456789012:role/ci"
    return {"AWS_WEB_IDENTITY_TOKEN_FILE": str(folder / "token"), "AWS_ROLE_ARN": role}


def assume_role(_: str, folder: Path) -> dict[str, str]:
    return profile(
        folder,
        "[default]\nrole_arn=arn:aws:iam::123456789012:role/ci\nsource_profile=base\n"
        f"[profile base]\naws_access_key_id={LASTING}\naws_secret_access_key={SECRET}\n",
    )


def single_sign_on(_: str, folder: Path) -> dict[str, str]:
    cache = folder
    name = hashlib.sha1(b"session", usedforsecurity=False).hexdigest()
    token = {"accessToken": "canary-token", "expiresAt": "2099-01-01T00:00:00Z"}
    (cache / f"{name}.json").write_text(json.dumps(token))
    return profile(
        folder,
        "[default]\nsso_session=session\nsso_account_id=123456789012\nsso_role_name=ci\n"
        "[sso-session session]\nsso_region=us-east-1\nsso_start_url=https://x.awsapps.com/start\n",
    )


def process(_: str, folder: Path) -> dict[str, str]:
    answer = {"Version": 1, "AccessKeyId": LASTING, "SecretAccessKey": SECRET}
    (folder / "answer.json").write_text(json.dumps(answer))
    return profile(folder, f"[default]\ncredential_process=cat {folder / 'answer.json'}\n")


def container(address: str, _: Path) -> dict[str, str]:
    return {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": address.replace("http:", "https:"),
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "canary-token",
    }


def instance(address: str, _: Path) -> dict[str, str]:
    return {"AWS_EC2_METADATA_SERVICE_ENDPOINT": address, "AWS_EC2_METADATA_DISABLED": "false"}


def profile(folder: Path, text: str) -> dict[str, str]:
    (folder / "config").write_text(text)
    return {"AWS_CONFIG_FILE": str(folder / "config")}


@pytest.mark.parametrize(
    "provider", [web_identity, assume_role, single_sign_on, process, container, instance]
)
def test_nothing_that_credentials_are_made_from_leaves_for_a_stranger(
    provider: Callable[[str, Path], dict[str, str]],
    listener: Listener,
    provision: Provision,  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path_factory.mktemp("home")
    address = f"http://{STRANGER}:{listener.server_address[1]}"
    monkeypatch.setenv("HOME", str(folder))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    for name, value in provider(address, folder).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("provision.aws.call_hooks.next_delay", lambda *_: None)
    for place in (SSOProvider, SSOTokenProvider):  # botocore looks for HOME while it is imported
        monkeypatch.setattr(place, "_SSO_TOKEN_CACHE_DIR", str(folder))

    refused = provision("plan")
    assert refused.code == 1
    assert f"{STRANGER}, which is neither AWS nor this machine" in refused.err
    assert "canary" not in refused.err + refused.out
    assert listener.visitors == 0

    provision("--allow-endpoint", "plan")
    assert listener.visitors > 0, "the listener would have been reached"


def test_where_aws_signs_in_is_aws() -> None:
    rules = json.dumps(create_loader().load_service_model("signin", "endpoint-rule-set-1"))
    hosts = re.findall(r'"https://([^"/]+)"', rules)
    known = {"{Region}": "us-east-1", "{PartitionResult#dnsSuffix}": "amazonaws.com"}
    known["{PartitionResult#dualStackDnsSuffix}"] = "api.aws"
    assert len(hosts) > 5
    for host in hosts:
        for part, text in known.items():
            host = host.replace(part, text)  # noqa: PLW2901
        assert _is_aws(host), host


@pytest.mark.parametrize(
    "text",
    ["localhost:4566", "http://", "http://[::1", "http://127.0.0.1:99999", "ftp://a", "http://:0"],
)
@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
def test_what_is_no_address_is_told_with_its_variable(name: str, text: str) -> None:
    with pytest.raises(AddressUnusable, match=f"{name} is") as caught:
        check_addresses({name: text})
    assert f"`unset {name}`" in caught.value.hint
    check_addresses({name: "http://localhost:4566", "AWS_ENDPOINT_URL_IAM": "", "HOME": text})


def test_the_commands_look_at_the_addresses(
    provision: Provision,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "localhost:4566")
    told = provision("plan")
    assert told.code == 1
    assert 'AWS_ENDPOINT_URL is "localhost:4566", which is not a URL' in told.err
