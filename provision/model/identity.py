"""The identity of a stack, and the owner mark that carries it in AWS."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Identity:
    """The identity of a stack; no two stacks have equal ones.

    Names and environments contain no slash (config/schema/types.py), so the parts of a mark can be
    distinguished. In `tap-dev-x` they cannot: it may be `tap` and `dev-x`, or `tap-dev` and `x`.
    See docs/decisions/0016-identity.md.
    """

    name: str
    environment: str
    region: str
    account: str

    @property
    def owner_prefix(self) -> str:
        """The beginning of every owner tag: `tap/dev/us-east-1/123456789012`."""
        return f"{self.name}/{self.environment}/{self.region}/{self.account}"
