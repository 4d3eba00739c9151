"""Each cause why AWS could not be asked has its own message and command."""

from __future__ import annotations

import re
import shlex
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    LoginRefreshRequired,
    LoginTokenLoadError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
    SSOTokenLoadError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from provision.aws import retry
from provision.aws.access import Access
from provision.aws.client import Aws
from provision.aws.failed_call import parse_failure
from provision.aws.retry import retry_rule_for
from provision.engine.errors import translate_error
from provision.errors import NoCredentials, ProvisionError, RegionDisabled, Unreachable
from tests.support.harness import new_aws
from tests.support.virtual_clock import VirtualClock

STS = "https://sts.eu-west-1.amazonaws.com/"
UNTRUSTED = (
    "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer"
    " certificate (_ssl.c:1006)"
)
TOO_EARLY = "[SSL: CERTIFICATE_VERIFY_FAILED] verify failed: certificate is not yet valid"
NO_NAME = (
    "<botocore.awsrequest.AWSHTTPSConnection object at 0x7f>: Failed to resolve"
    " 'sts.eu-west-1.amazonaws.com' ([Errno -2] Name or service not known)"
)
REFUSED = "<botocore.awsrequest.AWSHTTPSConnection object at 0x7f>: [Errno 111] Connection refused"


def answered(code: str, text: str = "AWS's words", *, ahead: float = 0.0) -> ClientError:
    """Return an error with this code; this machine's clock is `ahead` seconds ahead of AWS's."""
    response: Any = {
        "Error": {"Code": code, "Message": text},
        "ResponseMetadata": {"HTTPHeaders": {"ahead": ahead}},
    }
    return ClientError(response, "GetCallerIdentity")


def dated(error: Exception) -> Exception:
    """Return the error dated now; the parameters were made at collection, minutes ago."""
    if isinstance(error, ClientError):
        headers: Any = error.response["ResponseMetadata"]["HTTPHeaders"]
        there = datetime.now(UTC) - timedelta(seconds=headers["ahead"])
        headers["date"] = format_datetime(there, usegmt=True)
    return error


def insecure(said: str) -> SSLError:
    return SSLError(endpoint_url=STS, error=ssl.SSLError(said))


CAUSES: list[tuple[Exception, type[ProvisionError], str, str]] = [
    (
        insecure(UNTRUSTED),
        Unreachable,
        "not trusted",
        "AWS_CA_BUNDLE",
    ),
    (
        insecure(TOO_EARLY),
        NoCredentials,
        "clock is wrong",
        "sudo ",
    ),
    (
        EndpointConnectionError(endpoint_url=STS, error=NO_NAME),
        Unreachable,
        "cannot be resolved",
        "aws ec2",
    ),
    (
        EndpointConnectionError(endpoint_url=STS, error=REFUSED),
        Unreachable,
        "refuses the connection",
        "provision local start",
    ),
    (ConnectTimeoutError(endpoint_url=STS), Unreachable, "timed out", "export HTTPS_PROXY"),
    (ReadTimeoutError(endpoint_url=STS), Unreachable, "did not answer in time", "curl"),
    (ConnectionClosedError(endpoint_url=STS), Unreachable, "closed the connection", "curl"),
    (
        ProxyConnectionError(proxy_url="http://p:3128", error=REFUSED),
        Unreachable,
        "the proxy http://p:3128",
        "unset HTTPS_PROXY",
    ),
    (UnauthorizedSSOTokenError(), NoCredentials, "SSO session", "aws sso login"),
    (SSOTokenLoadError(error_msg="x"), NoCredentials, "SSO session", "aws sso login"),
    (
        TokenRetrievalError(provider="sso", error_msg="Token has expired and refresh failed"),
        NoCredentials,
        "SSO session",
        "aws sso login",
    ),
    (LoginRefreshRequired(), NoCredentials, "`aws login` has expired", "aws login"),
    (LoginTokenLoadError(error_msg="x"), NoCredentials, "`aws login` has expired", "aws login"),
    (
        answered("ExpiredToken"),
        NoCredentials,
        "temporary credentials have expired",
        "aws sso login",
    ),
    (answered("ExpiredTokenException"), NoCredentials, "temporary credentials", "aws sso login"),
    (answered("InvalidClientTokenId"), NoCredentials, "does not accept", "aws configure"),
    (answered("UnrecognizedClientException"), NoCredentials, "does not accept", "list-regions"),
    (answered("AuthFailure"), NoCredentials, "does not accept", "aws configure"),
    (answered("SignatureDoesNotMatch"), NoCredentials, "secret key", "aws configure"),
    (
        answered("SignatureDoesNotMatch", "Signature expired: 1 is now earlier than 2"),
        NoCredentials,
        "clock is wrong",
        "sudo ",
    ),
    (
        answered("InvalidSignatureException", "Signature not yet current: 1 is still later than 2"),
        NoCredentials,
        "clock is wrong",
        "sudo ",
    ),
    (answered("RequestTimeTooSkewed"), NoCredentials, "clock is wrong", "sudo "),
    (answered("RequestExpired"), NoCredentials, "clock is wrong", "sudo "),
    (answered("AuthFailure", ahead=1200), NoCredentials, "20 minutes ahead of AWS's", "sudo "),
    (answered("SignatureDoesNotMatch", ahead=-900), NoCredentials, "15 minutes behind", "sudo "),
]


@pytest.mark.parametrize(
    ("error", "kind", "said", "typed"), CAUSES, ids=lambda part: type(part).__name__
)
def test_every_cause_has_its_own_words_and_its_own_command(
    error: Exception, kind: type[ProvisionError], said: str, typed: str
) -> None:
    told = translate_error(dated(error))
    assert type(told) is kind
    assert said in told.message
    assert any(typed in command for command in re.findall(r"`([^`]+)`", told.hint)), told.hint
    assert "object at 0x" not in told.message
    assert told.__cause__ is error


def test_no_two_causes_are_told_to_type_the_same_unless_it_is_the_same_remedy() -> None:
    hints = {translate_error(dated(error)).hint for error, *_ in CAUSES}
    assert len(hints) >= 12


def test_what_went_meanwhile_is_told_as_somebody_elses_work() -> None:
    """Of two first runs at once, one removes the API in which the other has just searched."""
    told = translate_error(answered("NotFoundException", "Invalid API identifier specified"))
    assert "another run or user is changing this stack" in told.hint
    assert "fix the cause" in translate_error(answered("ValidationException")).hint


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (insecure(UNTRUSTED), None),
        (insecure("EOF occurred"), retry.UNSTABLE),
        (ConnectTimeoutError(endpoint_url=STS), retry.UNREACHABLE),
        (ReadTimeoutError(endpoint_url=STS), retry.UNSTABLE),
    ],
)
def test_what_no_waiting_mends_is_told_at_once(
    error: BotoCoreError, expected: retry.RetryRule | None
) -> None:
    assert retry_rule_for(parse_failure("DescribeTable", None, error, "")) is expected
    first = retry_rule_for(parse_failure("GetCallerIdentity", None, error, ""))
    assert first in {None, retry.UNREACHABLE}, "the first call is waited for in silence"


def test_a_disabled_region_is_not_taken_for_bad_credentials(
    account: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS answers alike to both, so the partition's own region is asked (aws/aws-cdk#8131)."""
    aws = new_aws(region="ap-east-1")

    def unknown() -> Any:
        raise answered("InvalidClientTokenId", "The security token included in the request is bad")

    monkeypatch.setattr(aws.sts, "get_caller_identity", unknown)
    with pytest.raises(RegionDisabled, match="in us-east-1 but not in ap-east-1") as told:
        aws.fetch_location()
    assert "`aws account enable-region --region-name ap-east-1 --region us-east-1`" in (
        told.value.hint
    )


@pytest.mark.parametrize(
    ("region", "code"),
    [("us-east-1", "InvalidClientTokenId"), ("ap-east-1", "ExpiredToken")],
    ids=["at home", "another reason"],
)
def test_other_refusals_ask_no_other_region(
    account: None, monkeypatch: pytest.MonkeyPatch, region: str, code: str
) -> None:
    aws = new_aws(region=region)

    def unknown() -> Any:
        raise answered(code)

    def nobody(*_: Any, **__: Any) -> Any:
        raise AssertionError("another region was asked")

    monkeypatch.setattr(aws.sts, "get_caller_identity", unknown)
    monkeypatch.setattr(botocore.session.Session, "create_client", nobody)
    with pytest.raises(ClientError, match=code):
        aws.fetch_location()


def test_keys_that_no_region_knows_are_bad(account: None, monkeypatch: pytest.MonkeyPatch) -> None:
    aws = new_aws(region="ap-east-1")

    class Nobody:
        def get_caller_identity(self) -> Any:
            raise answered("InvalidClientTokenId")

    monkeypatch.setattr(aws.sts, "get_caller_identity", Nobody().get_caller_identity)
    monkeypatch.setattr(botocore.session.Session, "create_client", lambda *_, **__: Nobody())
    with pytest.raises(ClientError):
        aws.fetch_location()


# -- from real sockets, so that botocore's own errors are the ones that are understood -------------


@contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """Listen on a port of this machine, and pass each connection to `serve`."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    serve(connection)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield server.getsockname()[1]


def at(url: str) -> ProvisionError:
    aws = Aws(Access("us-east-1", endpoint=url, credentials=("test", "test")), clock=VirtualClock())
    with pytest.raises((ClientError, BotoCoreError)) as raised:
        aws.fetch_location()
    return translate_error(raised.value)


def test_a_port_where_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert "127.0.0.1 refuses the connection" in at(f"http://127.0.0.1:{port}").message


def test_a_name_that_nobody_knows() -> None:
    assert "the name sts.invalid cannot be resolved" in at("http://sts.invalid").message


def test_a_server_that_hangs_up() -> None:
    with listening(lambda connection: None) as port:
        told = at(f"http://127.0.0.1:{port}")
    assert "closed the connection without an answer" in told.message


def _self_signed(directory: Path) -> Path:
    """Return a file with a private key and its self-signed certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    file = directory / "both.pem"
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    pkcs8 = serialization.PrivateFormat.PKCS8
    file.write_bytes(
        key.private_bytes(pem, pkcs8, plain) + made.sign(key, hashes.SHA256()).public_bytes(pem)
    )
    return file


def test_a_certificate_of_nobody_we_know(tmp_path_factory: pytest.TempPathFactory) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_self_signed(tmp_path_factory.mktemp("tls")))

    def shake_hands(connection: socket.socket) -> None:
        try:
            context.wrap_socket(connection, server_side=True).close()
        except OSError:
            return

    with listening(shake_hands) as port:
        told = at(f"https://127.0.0.1:{port}")
    assert "the certificate of 127.0.0.1 is not trusted here" in told.message


@pytest.mark.parametrize(
    "kind", [EndpointConnectionError, ConnectTimeoutError, ReadTimeoutError, ConnectionClosedError]
)
def test_an_address_is_told_without_a_password_and_can_be_pasted(
    kind: type[BotoCoreError],
) -> None:
    """The message leaves out an endpoint's password, and quotes what a shell would interpret."""
    address = "http://me:geheim@[::1]:4566/apikeys?name=tap&limit=500"
    told = translate_error(kind(endpoint_url=address, error=REFUSED))
    said = f"{told.message} {told.hint}"
    assert "geheim" not in said
    assert "&" not in said
    for command in re.findall("`(curl [^`]+)`", told.hint):
        assert shlex.split(command)[-1] == "http://[::1]:4566/"
        assert "'" in command
