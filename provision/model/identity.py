"""Which stack a resource belongs to: one identity a stack, and the mark that says it in AWS."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Identity:
    """No two stacks have equal ones. Names and environments hold no slash (config/section.py), so
    the parts of a mark are told apart, which `tap-dev-x` does not allow: `tap` and `dev-x`, or
    `tap-dev` and `x`. docs/decisions/0015-identity.md
    """

    name: str
    environment: str
    region: str
    account: str

    @property
    def mark(self) -> str:
        """What the owner tag of every resource begins with: `tap/dev/us-east-1/123456789012`."""
        return f"{self.name}/{self.environment}/{self.region}/{self.account}"
