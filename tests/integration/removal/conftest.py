"""A home with a small stack, and `provision` as a user calls it."""

from __future__ import annotations

from tests.integration.test_cli import Provision, home, provision

__all__ = ["Provision", "home", "provision"]
