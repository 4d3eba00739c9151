"""The emulator decides by the first media type of a header, as API Gateway does (A46)."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from provision.local import gateway_media_types


@pytest.mark.parametrize(
    ("named", "types", "binary"),
    [
        ("image/png, */*", ["image/png"], True),
        ("image/png;q=0.9,text/html", ["image/*"], True),
        ("text/html, image/png", ["image/png"], False),
        ("*/*", ["image/png"], False),
        (None, ["image/png"], False),
        ("image/png", None, False),
    ],
)
def test_the_first_type_of_a_header_decides(
    monkeypatch: pytest.MonkeyPatch, named: str | None, types: list[str] | None, binary: bool
) -> None:
    gateway: Any = importlib.import_module("ministack.services.apigateway_v1")
    monkeypatch.setattr(gateway, "_media_type_matches", gateway._media_type_matches)
    gateway_media_types.install()
    assert gateway._media_type_matches(named, types) is binary
