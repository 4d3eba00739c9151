"""The check `tls` against servers with old TLS and with certificates of every age."""

from __future__ import annotations

import ssl
import time
from pathlib import Path

import pytest

from provision.workflows.checks.tls import accepts_tls_1_1, tls_verdict
from provision.workflows.checks.verdict import CheckStatus, Verdict
from tests.unit.workflows.checks.server import certificate, tls_server

V = ssl.TLSVersion


def seen(folder: Path, *, days: float, least: V, most: V, trusted: bool = True) -> Verdict:
    file = certificate(folder, days=days)
    (folder / "other").mkdir()
    bundle = file if trusted else certificate(folder / "other", days=90)
    with tls_server(file, least, most) as port:
        return tls_verdict("localhost", port, str(bundle), time.time())


@pytest.mark.parametrize("most", [V.TLSv1_2, V.TLSv1_3])
def test_a_modern_server_passes(tmp_path: Path, most: V) -> None:
    found = seen(tmp_path, days=60.5, least=V.TLSv1_2, most=most)
    protocol = "TLSv1.2" if most is V.TLSv1_2 else "TLSv1.3"
    assert (found.status, found.have) == (CheckStatus.PASS, f"{protocol}, 60 days")


@pytest.mark.parametrize(
    ("days", "least", "most", "trusted", "have"),
    [
        (60, V.TLSv1_1, V.TLSv1_3, True, "TLS 1.1 is accepted too"),
        (60, V.TLSv1, V.TLSv1_1, True, "no TLS 1.2"),
        (13.5, V.TLSv1_2, V.TLSv1_3, True, "the certificate is valid for 13 days more"),
        (-1, V.TLSv1_2, V.TLSv1_3, True, "certificate has expired"),
        (60, V.TLSv1_2, V.TLSv1_3, False, "certificate: "),
    ],
)
def test_what_fails_and_why(
    tmp_path: Path, days: float, least: V, most: V, trusted: bool, have: str
) -> None:
    found = seen(tmp_path, days=days, least=least, most=most, trusted=trusted)
    assert found.status is CheckStatus.FAIL
    assert have in found.have


def test_a_port_where_nothing_listens_fails(tmp_path: Path) -> None:
    file = certificate(tmp_path, days=60)
    with tls_server(file, V.TLSv1_2, V.TLSv1_3) as port:
        pass
    found = tls_verdict("localhost", port, str(file), time.time())
    assert found.status is CheckStatus.FAIL


def test_the_hello_is_understood_by_a_server_of_1_1_alone(tmp_path: Path) -> None:
    """Else every server would seem to refuse it."""
    file = certificate(tmp_path, days=60)
    with tls_server(file, V.TLSv1_1, V.TLSv1_1) as port:
        assert accepts_tls_1_1("localhost", port)
    with tls_server(file, V.TLSv1_2, V.TLSv1_2) as port:
        assert not accepts_tls_1_1("localhost", port)
