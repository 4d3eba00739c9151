"""Corrections of moto's KMS."""

from __future__ import annotations

from typing import Any

import pytest
from moto.core.exceptions import JsonRESTError
from moto.kms.models import Key
from moto.kms.responses import KmsResponse

_NOT_WHEN_PENDING = (
    "create_alias",
    "disable_key_rotation",
    "enable_key",
    "enable_key_rotation",
    "schedule_key_deletion",
    "tag_resource",
    "untag_resource",
    "update_key_description",
)
"""https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html"""


def teach(monkeypatch: pytest.MonkeyPatch) -> None:
    _managed_keys(monkeypatch)
    _states(monkeypatch)
    _rotation(monkeypatch)


def _managed_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Distinguish keys that AWS manages from those of customers."""
    to_dict = Key.to_dict

    def told_apart(self: Any) -> dict[str, Any]:
        shown: dict[str, Any] = to_dict(self)
        if any(alias.startswith("alias/aws/") for alias in self.aliases):
            shown["KeyMetadata"]["KeyManager"] = "AWS"
        return shown

    monkeypatch.setattr(Key, "to_dict", told_apart)


def _states(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse operations on a key that is pending deletion or disabled."""

    def refusing(name: str) -> None:
        plain = getattr(KmsResponse, name)

        def guarded(self: Any) -> Any:
            asked = self._get_param("KeyId") or self._get_param("TargetKeyId")
            key = self.kms_backend.keys.get(self.kms_backend.any_id_to_key_id(asked))
            pending = key is not None and key.key_state == "PendingDeletion"
            rotating = name.endswith("_rotation")
            if pending or (rotating and key is not None and not key.enabled):
                raise JsonRESTError(
                    "KMSInvalidStateException", f"{asked} is {key.key_state.lower()}."
                )
            return plain(self)

        monkeypatch.setattr(KmsResponse, name, guarded)

    for name in _NOT_WHEN_PENDING:
        refusing(name)


def _rotation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not show whether a key with imported material rotates (K2)."""
    plain = KmsResponse.get_key_rotation_status

    def guarded(self: Any) -> Any:
        asked = self._get_param("KeyId")
        key = self.kms_backend.keys.get(self.kms_backend.any_id_to_key_id(asked))
        if key is not None and key.origin != "AWS_KMS":
            raise JsonRESTError(
                "UnsupportedOperationException",
                f"{key.arn} origin is {key.origin} which is not valid for this operation.",
            )
        return plain(self)

    monkeypatch.setattr(KmsResponse, "get_key_rotation_status", guarded)
