"""The page shows the present declarations."""

from __future__ import annotations

from tests.conformance.permissions.full_page import PAGE, full_page


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == full_page(), "run: make permissions"
