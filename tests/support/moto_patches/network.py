"""Corrections of moto's EC2."""

from __future__ import annotations

from typing import Any, cast

import pytest
from moto.core.responses import ActionResult
from moto.ec2.exceptions import DependencyViolationError, EC2ClientError
from moto.ec2.models import EC2Backend
from moto.ec2.responses import EC2Response
from moto.ec2.utils import random_private_ip


def teach(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make EC2 behave as AWS's.

    Resources in use cannot be deleted; endpoints keep their routes; a subnet has one route table;
    the same token creates nothing twice.
    """
    _teach_dependencies(monkeypatch)
    _teach_endpoints(monkeypatch)
    _teach_interface_endpoints(monkeypatch)
    _teach_associations(monkeypatch)
    _teach_tokens(monkeypatch)


def _teach_dependencies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse to delete groups (V12), subnets (V13) and VPCs (V15) that are in use."""
    delete_group, delete_subnet = EC2Backend.delete_security_group, EC2Backend.delete_subnet
    delete_vpc = EC2Backend.delete_vpc

    def delete_unused_group(self: Any, name: str | None = None, group_id: str | None = None) -> Any:
        for interface in self.enis.values():
            if group_id in {group.id for group in interface.group_set}:
                raise DependencyViolationError(f"resource {group_id} has a dependent object")
        return delete_group(self, name, group_id)

    def delete_unused_subnet(self: Any, subnet_id: str) -> Any:
        for interface in self.enis.values():
            if interface.subnet.id == subnet_id:
                raise DependencyViolationError(f"{subnet_id} has dependencies")
        return delete_subnet(self, subnet_id)

    def delete_empty_vpc(self: Any, vpc_id: str) -> Any:
        groups = [group.name for group in self.groups.get(vpc_id, {}).values()]
        endpoints = [
            endpoint.id
            for endpoint in self.vpc_end_points.values()
            if endpoint.vpc_id == vpc_id and endpoint.state != "deleted"
        ]
        if endpoints or set(groups) - {"default"}:
            raise DependencyViolationError(f"The vpc {vpc_id} has dependencies")
        return delete_vpc(self, vpc_id)

    monkeypatch.setattr(EC2Backend, "delete_security_group", delete_unused_group)
    monkeypatch.setattr(EC2Backend, "delete_subnet", delete_unused_subnet)
    monkeypatch.setattr(EC2Backend, "delete_vpc", delete_empty_vpc)


def _teach_endpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let routes follow the endpoint, and report an unknown one inside an answer of 200 (V11)."""
    modify, delete = EC2Backend.modify_vpc_endpoint, EC2Response.delete_vpc_endpoints

    def modify_with_routes(self: Any, vpc_id: str, **changes: Any) -> None:
        endpoint = self.describe_vpc_endpoints(vpc_end_point_ids=[vpc_id])[0]
        prefix = endpoint.destination_prefix_list_id
        for table in changes["remove_route_tables"] or ():
            self.delete_route(table, prefix)
        for table in changes["add_route_tables"] or ():
            self.create_route(
                table, None, gateway_id=endpoint.id, destination_prefix_list_id=prefix
            )
        modify(self, vpc_id, **changes)

    def delete_known(self: Any) -> ActionResult:
        known = self.ec2_backend.vpc_end_points
        unknown = [made for made in self._get_param("VpcEndpointIds", []) if made not in known]
        delete(self)
        error = {"Code": "InvalidVpcEndpoint.NotFound", "Message": "it does not exist"}
        return ActionResult(
            {"Unsuccessful": [{"ResourceId": made, "Error": error} for made in unknown]}
        )

    monkeypatch.setattr(EC2Backend, "modify_vpc_endpoint", modify_with_routes)
    monkeypatch.setattr(EC2Response, "delete_vpc_endpoints", delete_known)


def _teach_interface_endpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    """Create an endpoint's interfaces in its subnets and groups, owned by AWS.

    Its names need a VPC that resolves names, and only one endpoint may have them (V11).
    """
    create, modify = EC2Backend.create_vpc_endpoint, EC2Response.modify_vpc_endpoint

    def create_with_names(self: Any, vpc_id: str, service_name: str, **more: Any) -> Any:
        if more["endpoint_type"] == "Interface" and more["private_dns_enabled"]:
            _refuse_names(self, vpc_id, service_name)
        endpoint = create(self, vpc_id, service_name, **more)
        _place_interfaces(self, endpoint)
        return endpoint

    def modify_names_too(self: Any) -> Any:
        answer = modify(self)
        endpoint = self.ec2_backend.vpc_end_points[self._get_param("VpcEndpointId")]
        names = self._get_bool_param("PrivateDnsEnabled")
        endpoint.private_dns_enabled = endpoint.private_dns_enabled if names is None else names
        _place_interfaces(self.ec2_backend, endpoint)
        return answer

    monkeypatch.setattr(EC2Backend, "create_vpc_endpoint", create_with_names)
    monkeypatch.setattr(EC2Response, "modify_vpc_endpoint", modify_names_too)


def _refuse_names(backend: Any, vpc_id: str, service: str) -> None:
    for attribute in ("enable_dns_support", "enable_dns_hostnames"):
        if not backend.describe_vpc_attribute(vpc_id, attribute):
            raise EC2ClientError(
                "InvalidParameter",
                "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC "
                "attributes set to true",
            )
    for other in backend.vpc_end_points.values():
        same = (other.vpc_id, other.service_name) == (vpc_id, service)
        if same and other.state != "deleted" and other.private_dns_enabled:
            raise EC2ClientError(
                "InvalidParameter",
                "private-dns-enabled cannot be set because there is already a conflicting DNS "
                f"domain for {service} in the VPC {vpc_id}",
            )


def _place_interfaces(backend: Any, endpoint: Any) -> None:
    """Create an interface in each of its subnets, in its groups."""
    if endpoint.vpc_endpoint_type != "Interface":
        return
    for interface in endpoint.network_interface_ids:
        backend.enis.pop(interface, None)
    made = [
        backend.create_network_interface(
            backend.get_subnet(subnet),
            random_private_ip(),
            group_ids=endpoint.security_group_ids,
            description=f"VPC Endpoint Interface {endpoint.id}",
        )
        for subnet in endpoint.subnet_ids
    ]
    for interface in made:
        interface.requester_managed = True
    endpoint.network_interface_ids = [interface.id for interface in made]


def _teach_associations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse a subnet's second route table (V7)."""
    associate = EC2Backend.associate_route_table

    def associate_free(
        self: Any, route_table_id: str, gateway_id: str | None = None, subnet_id: str | None = None
    ) -> str:
        if subnet_id and self.describe_route_tables(filters={"association.subnet-id": [subnet_id]}):
            raise EC2ClientError("Resource.AlreadyAssociated", f"{subnet_id} has a table")
        made: str = associate(self, route_table_id, gateway_id, subnet_id)
        return made

    monkeypatch.setattr(EC2Backend, "associate_route_table", associate_free)


def _teach_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer a create with a known ClientToken with the first one's answer (X2)."""

    def once(create: Any) -> Any:
        def create_once(self: Any) -> ActionResult:
            made: dict[str, ActionResult] = vars(self.ec2_backend).setdefault("made_with_token", {})
            token = self._get_param("ClientToken")
            if token is None:
                return cast("ActionResult", create(self))
            if token not in made:
                made[token] = create(self)
            return made[token]

        return create_once

    monkeypatch.setattr(EC2Response, "create_vpc_endpoint", once(EC2Response.create_vpc_endpoint))
    monkeypatch.setattr(EC2Response, "create_route_table", once(EC2Response.create_route_table))
