"""What moto bends of EC2."""

from __future__ import annotations

from typing import Any, cast

import pytest
from moto.core.responses import ActionResult
from moto.ec2.exceptions import DependencyViolationError, EC2ClientError
from moto.ec2.models import EC2Backend
from moto.ec2.responses import EC2Response


def teach(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in use cannot be deleted; endpoints keep their routes; a subnet has one table; the
    same token makes nothing twice.
    """
    _teach_dependencies(monkeypatch)
    _teach_endpoints(monkeypatch)
    _teach_associations(monkeypatch)
    _teach_tokens(monkeypatch)


def _teach_dependencies(monkeypatch: pytest.MonkeyPatch) -> None:
    """V12, V13, V15."""
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
    """V11: routes follow the endpoint, and an unknown one is told inside a good answer."""
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


def _teach_associations(monkeypatch: pytest.MonkeyPatch) -> None:
    """V7."""
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
    """X2: a create sent again with its ClientToken answers with what the first one made."""

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
