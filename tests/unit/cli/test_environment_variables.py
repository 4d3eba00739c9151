"""An environment variable whose name resembles one of ours, and sets nothing, is reported."""

from __future__ import annotations

import pytest

from tests.integration.test_cli import Provision, home, provision

__all__ = ["home", "provision"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("PROVISION_PORT", "PROVISION_LOCAL_PORT"),
        ("PROVISION_ENVIRONMENT", ""),
        ("PROVISION_REGOIN", "PROVISION_REGION"),
        ("PROVISION_UP_JSN", "PROVISION_UP_JSON"),
        ("PROVISION_PROFILES", "PROVISION_PROFILE"),
        ("PROVISION_OF_SOMEBODY_ELSE", ""),
        ("PROVISION_UP_JSON", ""),
        ("PROVISION_DEBUG", ""),
        ("PROVISIONING_PORT", ""),
    ],
)
def test_what_is_like_one_of_ours_is_told(
    provision: Provision, monkeypatch: pytest.MonkeyPatch, name: str, meant: str
) -> None:
    monkeypatch.setenv(name, "1")
    answer = provision("config", "check")
    assert answer.code == 0
    told = (
        f'warning: {name} is not a variable of provision and has no effect; did you mean "{meant}"?'
    )
    assert (told in answer.err) is bool(meant), answer.err
    assert ("not a variable" in answer.err) is bool(meant), answer.err
