"""The account and the boundary in pages, and in tests that need no emulator."""

from __future__ import annotations

from typing import Final

from provision.aws.access import Location

HERE: Final = Location("012345678901", "us-east-1", "aws", "amazonaws.com")
BOUNDARY: Final = "arn:aws:iam::012345678901:policy/boundary"
