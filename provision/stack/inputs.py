"""Defines what nodes are built from: configuration, location and packaged sources."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from provision.aws.access import Location
from provision.config import Config
from provision.model.identity import Identity


@dataclass(frozen=True)
class Package:
    """A built zip: path and digests (`sha256` in hex, `code_sha256` in base64 as Lambda has it)."""

    zip: str
    sha256: str
    code_sha256: str


class Packages(Protocol):
    """A builder of packages for Lambda. It is called while other nodes are already processed."""

    def function(self, name: str) -> Package: ...

    def layer(self, name: str) -> Package: ...


@dataclass(frozen=True)
class StackInputs:
    """Everything that a node may depend on besides other nodes."""

    config: Config
    location: Location
    zones: tuple[str, ...]
    packages: Packages
    invoke_url: Callable[[str, str], str]
    """Returns the address of a stage, from API id and stage name."""
    key: str = ""
    """ARN of the customer's KMS key that the configuration names by its alias."""
    as_reached: Callable[[str], str] = str
    """Returns an address that AWS reported as it is reached now: an emulator may have moved."""

    @property
    def identity(self) -> Identity:
        """The identity of this stack among those of every account and region."""
        return identity_of(self.config, self.location)

    @property
    def tags(self) -> dict[str, str]:
        return dict(self.config.tags)

    @property
    def placeholders(self) -> dict[str, str]:
        """The values of the words in braces that a `policy` may have."""
        return {
            "partition": self.location.partition,
            "region": self.location.region,
            "account": self.location.account,
            "name": self.config.name,
            "environment": self.config.environment,
        }

    def tags_with_name(self, name: str) -> dict[str, str]:
        """Return the tags of a resource that shows its name only as a tag."""
        return {**self.config.tags, "Name": name}

    def aws_key(self, area: str, key: str) -> str:
        """Return the key that names in AWS contain: the old one if it was renamed (`moved`)."""
        return self.config.former_keys.get(f"{area}.{key}", key)

    def aws_name(self, area: str, key: str, *parts: str) -> str:
        """Return the name in AWS of a table, function or layer, or of a part of it."""
        return self.name(self.aws_key(area, key), *parts)

    def name(self, *parts: str) -> str:
        """Return the name of a resource: `{name}-{environment}-{part}-…`."""
        return "-".join((self.config.prefix, *parts))

    def service(self, name: str) -> str:
        """Return the name of a service's endpoint, as AWS has it in this region."""
        return f"com.amazonaws.{self.location.region}.{name}"

    def global_name(self, *parts: str) -> str:
        """Return a name with the region: `{name}-{environment}-{region}-{part}-…`.

        All regions of an account share the names of IAM's roles and CloudWatch's dashboards (W4).
        """
        return self.name(self.location.region, *parts)


def identity_of(config: Config, where: Location) -> Identity:
    """Return the identity of the configured stack in one location."""
    return Identity(config.name, config.environment, where.region, where.account)
