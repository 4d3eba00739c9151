"""What the nodes are built from: the configuration, the place, and the packaged sources."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from provision.aws.access import Location
from provision.config import Config
from provision.model.identity import Identity


@dataclass(frozen=True)
class Package:
    """A built zip: its path and digests (`sha256` in hex, `code_sha256` as Lambda writes it:
    base64).
    """

    zip: str
    sha256: str
    code_sha256: str


class Packages(Protocol):
    """Builds what Lambda runs. Asked while other nodes already work."""

    def function(self, name: str) -> Package: ...

    def layer(self, name: str) -> Package: ...


@dataclass(frozen=True)
class StackInputs:
    """Everything a node may depend on besides other nodes."""

    config: Config
    location: Location
    zones: tuple[str, ...]
    packages: Packages
    invoke_url: Callable[[str, str], str]
    """API id and stage name → the address that answers."""
    key: str = ""
    """ARN of the customer's KMS key that the configuration names by its alias."""
    as_reached: Callable[[str], str] = str
    """An address that AWS told, as it is reached now: an emulator may have moved."""

    @property
    def identity(self) -> Identity:
        """Which stack this is, among all of every account and region."""
        return identity_of(self.config, self.location)

    @property
    def tags(self) -> dict[str, str]:
        return dict(self.config.tags)

    def tags_with_name(self, name: str) -> dict[str, str]:
        """Tags of what shows its name only as a tag."""
        return {**self.config.tags, "Name": name}

    def aws_key(self, area: str, key: str) -> str:
        """The key that names in AWS carry: that of before, where it was renamed (`moved`)."""
        return self.config.old_keys.get(f"{area}.{key}", key)

    def aws_name(self, area: str, key: str, *parts: str) -> str:
        """What a table, function or layer, or a part of it, is called in AWS."""
        return self.name(self.aws_key(area, key), *parts)

    def name(self, *parts: str) -> str:
        """`{name}-{environment}-{part}-…`: what every resource is called."""
        return "-".join((self.config.prefix, *parts))

    def global_name(self, *parts: str) -> str:
        """`{name}-{environment}-{region}-{part}-…`: of what all regions of an account share, as
        IAM's roles and CloudWatch's dashboards (W4)."""
        return self.name(self.location.region, *parts)


def identity_of(config: Config, where: Location) -> Identity:
    """The stack that a configuration means in one place."""
    return Identity(config.name, config.environment, where.region, where.account)
