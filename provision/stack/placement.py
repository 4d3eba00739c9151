"""Says where a function runs: in the private network, or outside of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from provision import config
from provision.aws.access import Location
from provision.model.stack import Get, Node
from provision.model.step import Document
from provision.stack import grants
from provision.stack.network import NetworkNodes
from provision.steps.ec2.vpc import Vpc
from provision.unknown import sort_known


class Placement(ABC):
    """Where one function runs, as its settings and the policies of its role say it."""

    @property
    @abstractmethod
    def vpc(self) -> Sequence[Node[Vpc]]:
        """The node that `vpc_id` reads."""

    @property
    @abstractmethod
    def nodes(self) -> Sequence[Node[Any]]:
        """The nodes that the other methods read."""

    @property
    @abstractmethod
    def tables(self) -> Sequence[Node[Any]]:
        """The endpoints by which the function reaches its tables."""

    @property
    @abstractmethod
    def endpoints(self) -> Sequence[Node[Any]]:
        """The endpoints by which it reaches all else. No version is live before they exist."""

    @abstractmethod
    def vpc_id(self, get: Get) -> str | None:
        """Return the VPC to which the use of tables and secrets is limited, if it is."""

    @abstractmethod
    def group_ids(self, get: Get) -> tuple[str, ...]: ...

    @abstractmethod
    def subnet_ids(self, get: Get) -> tuple[str, ...]: ...

    @abstractmethod
    def interface_rights(self, get: Get, where: Location, function: str) -> Document:
        """Return what Lambda may do to network interfaces with the role of the function (ARN)."""


@dataclass(frozen=True)
class PrivatePlacement(Placement):
    """In the private network."""

    network: NetworkNodes

    @property
    def vpc(self) -> Sequence[Node[Vpc]]:
        return (self.network.vpc,)

    @property
    def nodes(self) -> Sequence[Node[Any]]:
        return (self.network.group, *self.network.subnets)

    @property
    def tables(self) -> Sequence[Node[Any]]:
        return (self.network.endpoint,)

    @property
    def endpoints(self) -> Sequence[Node[Any]]:
        return self.network.endpoints

    def vpc_id(self, get: Get) -> str | None:
        return get(self.network.vpc).id

    def group_ids(self, get: Get) -> tuple[str, ...]:
        return (get(self.network.group).id,)

    def subnet_ids(self, get: Get) -> tuple[str, ...]:
        return sort_known(get(subnet).id for subnet in self.network.subnets)

    def interface_rights(self, get: Get, where: Location, function: str) -> Document:
        subnets = sort_known(get(subnet).arn for subnet in self.network.subnets)
        return grants.network(where, function, subnets, get(self.network.group).arn)


@dataclass(frozen=True)
class OpenPlacement(Placement):
    """Outside of the private network, where it may have been before."""

    @property
    def vpc(self) -> Sequence[Node[Vpc]]:
        return ()

    @property
    def nodes(self) -> Sequence[Node[Any]]:
        return ()

    @property
    def tables(self) -> Sequence[Node[Any]]:
        return ()

    @property
    def endpoints(self) -> Sequence[Node[Any]]:
        return ()

    def vpc_id(self, get: Get) -> str | None:  # noqa: ARG002  (there is none)
        return None

    def group_ids(self, get: Get) -> tuple[str, ...]:  # noqa: ARG002
        return ()

    def subnet_ids(self, get: Get) -> tuple[str, ...]:  # noqa: ARG002
        return ()

    def interface_rights(self, get: Get, where: Location, function: str) -> Document:  # noqa: ARG002
        return grants.leaving_network(where, function)


def placement_of(function: config.Function, network: NetworkNodes) -> Placement:
    return PrivatePlacement(network) if function.private else OpenPlacement()
