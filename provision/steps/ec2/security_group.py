"""The security group, with exactly the wanted rules: undeclared ones are shown and removed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal, Self

from botocore.exceptions import ClientError

from provision.aws.client import Aws
from provision.errors import PrerequisiteMissing
from provision.model import iam
from provision.model.capabilities import GrantsAccess
from provision.model.risks import Risks
from provision.model.step import Computed, Fixed, Local
from provision.steps.ec2.base import (
    OLD_INTERFACES,
    Ec2Resource,
    create_permissions,
    deleting,
    describe_or_empty,
    ec2_arn,
    tag_update_calls,
)
from provision.steps.ec2.foreign_resources import LOOKS, refuse_foreign_in_group
from provision.steps.foreign import mark_of
from provision.steps.tagging import from_tag_list, tag_specifications
from provision.unknown import unknown

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import (
        IpPermissionOutputTypeDef,
        IpPermissionUnionTypeDef,
        ManagedPrefixListTypeDef,
        SecurityGroupTypeDef,
    )

GONE_BUDGET = 300
ANY: Final = "-1"
"""The protocol that means all of them; its ports are -1 too."""


@dataclass(frozen=True, order=True)
class Rule:
    """A rule of a security group.

    `protocol`: in AWS's form, tcp, udp, icmp or -1 (V5). `target`: an IPv4 or IPv6 range, a group's
    id, or a prefix list's name.
    """

    protocol: str
    from_port: int
    to_port: int
    target: str


ALL_OUT: Final = Rule(ANY, -1, -1, "0.0.0.0/0")


@dataclass(frozen=True, kw_only=True)
class SecurityGroup(Ec2Resource, GrantsAccess):
    """A security group. Its description cannot change and has no effect: it is never compared.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
    """

    KIND = "ec2.security_group"
    IDENTITY = ("vpc_id", "name")
    RISKS = Risks(recreate=(OLD_INTERFACES,))
    API_CALLS = iam.ApiCalls(
        read=iam.calls(
            "ec2", iam.ANY_RESOURCE, "DescribeManagedPrefixLists", "DescribeSecurityGroups"
        ),
        write=(
            iam.call(
                "ec2.CreateSecurityGroup",
                *create_permissions("CreateSecurityGroup", "security-group"),
                iam.Permission(
                    "ec2:CreateSecurityGroup", (ec2_arn("vpc", "{vpc_id}"),), (iam.OWNED,)
                ),
            ),
            *iam.calls(
                "ec2",
                ec2_arn("security-group"),
                "AuthorizeSecurityGroupEgress",
                "RevokeSecurityGroupEgress",
                "RevokeSecurityGroupIngress",
                when=(iam.OWNED,),
            ),
            iam.call(
                "ec2.AuthorizeSecurityGroupIngress",
                iam.Permission(
                    "ec2:AuthorizeSecurityGroupIngress",
                    (ec2_arn("security-group"),),
                    (iam.OWNED,),
                    if_set="ingress",
                ),
            ),
            *tag_update_calls("security-group"),
        ),
        delete=(
            *iam.calls("ec2", ec2_arn("security-group"), "DeleteSecurityGroup", when=(iam.OWNED,)),
            *LOOKS,
        ),
        computed={"arn": ec2_arn("security-group")},
    )

    vpc_id: Fixed[str]
    name: Fixed[str]
    description: Local[str] = field(default_factory=unknown)
    ingress: tuple[Rule, ...] = ()
    egress: tuple[Rule, ...] = ()
    arn: Computed[str] = ""

    def called(self) -> str:
        return self.name

    def describe(self, aws: Aws) -> Sequence[Self]:
        found = self._find(aws)
        names = _list_names(aws, (side for group in found for side in _sides(group)))
        return [self._from_aws(aws, group, names) for group in found]

    def keeping_access_of(self, have: Self) -> Self:
        return replace(
            self,
            ingress=tuple(sorted({*self.ingress, *have.ingress})),
            egress=tuple(sorted({*self.egress, *have.egress})),
        )

    def is_candidate(self, have: Self) -> bool:
        """Return whether it is in our VPC, where the engine decides ownership, or is ours."""
        return have.vpc_id == self.vpc_id or super().is_candidate(have)

    def _from_aws(self, aws: Aws, found: SecurityGroupTypeDef, lists: Mapping[str, str]) -> Self:
        ingress, egress = (tuple(sorted(_rules(side, lists))) for side in _sides(found))
        return replace(
            self,
            id=found["GroupId"],
            arn=_arn(aws, found["GroupId"]),
            vpc_id=found["VpcId"],
            name=found["GroupName"],
            description=found["Description"],
            ingress=ingress,
            egress=egress,
            tags=from_tag_list(found.get("Tags", [])),
        )

    def create(self, aws: Aws) -> Self:
        answer = aws.ec2.create_security_group(
            VpcId=self.vpc_id,
            GroupName=self.name,
            Description=self.description,
            TagSpecifications=tag_specifications("security-group", self.tags),
        )
        made = answer["GroupId"]
        aws.new_ids.add(made)
        # A new group allows all outgoing traffic (V4).
        bare = replace(self, id=made, arn=_arn(aws, made), ingress=(), egress=(ALL_OUT,))
        return self.update(aws, bare, {"ingress", "egress"})

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:
        if "ingress" in changed:
            self._change(aws, have.id, have.ingress, self.ingress, inwards=True)
        if "egress" in changed:
            self._change(aws, have.id, have.egress, self.egress, inwards=False)
        if "tags" in changed:
            self.update_tags(aws, have)
        return replace(self, id=have.id, arn=have.arn)

    def delete(self, aws: Aws) -> None:
        refuse_foreign_in_group(aws, self.label, mark_of(self.owner), self.id)
        with deleting(aws, self.id):
            aws.ec2.delete_security_group(GroupId=self.id)
        aws.wait_until_gone(  # its name is in use until then (V12)
            f"security group {self.name}", lambda: bool(self._find(aws)), budget=GONE_BUDGET
        )

    def _find(self, aws: Aws) -> Sequence[SecurityGroupTypeDef]:
        ec2 = aws.ec2
        if self.id:
            return describe_or_empty(
                lambda: ec2.describe_security_groups(GroupIds=[self.id]).get("SecurityGroups", [])
            )
        pages = ec2.get_paginator("describe_security_groups").paginate(
            Filters=[{"Name": "group-name", "Values": [self.name]}]
        )
        return [group for page in pages for group in page.get("SecurityGroups", [])]

    def _change(
        self, aws: Aws, group: str, have: Sequence[Rule], want: Sequence[Rule], *, inwards: bool
    ) -> None:
        """Add missing rules before removing others, so that allowed traffic is not interrupted."""
        missing = sorted(set(want) - set(have))
        extra = sorted(set(have) - set(want))
        lists = _list_ids(aws, (*missing, *extra))
        if missing:
            permissions = [_permission(rule, lists) for rule in missing]
            _authorize(aws, group, permissions, inwards=inwards)
        if extra:
            permissions = [_permission(rule, lists) for rule in extra]
            _revoke(aws, group, permissions, inwards=inwards)


def _sides(
    found: SecurityGroupTypeDef,
) -> tuple[Sequence[IpPermissionOutputTypeDef], Sequence[IpPermissionOutputTypeDef]]:
    """Return the rules for incoming and for outgoing traffic."""
    return found.get("IpPermissions", []), found.get("IpPermissionsEgress", [])


def _arn(aws: Aws, group: str) -> str:
    return aws.location.arn("ec2", f"security-group/{group}")


def _authorize(
    aws: Aws, group: str, permissions: Sequence[IpPermissionUnionTypeDef], *, inwards: bool
) -> None:
    try:
        if inwards:
            aws.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=permissions)
        else:
            aws.ec2.authorize_security_group_egress(GroupId=group, IpPermissions=permissions)
    except ClientError as error:  # all exist already: an earlier answer was lost (V5)
        if error.response["Error"]["Code"] != "InvalidPermission.Duplicate":
            raise


def _revoke(
    aws: Aws, group: str, permissions: Sequence[IpPermissionUnionTypeDef], *, inwards: bool
) -> None:
    try:
        if inwards:
            aws.ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=permissions)
        else:
            aws.ec2.revoke_security_group_egress(GroupId=group, IpPermissions=permissions)
    except ClientError as error:  # they are already removed (V5)
        if error.response["Error"]["Code"] != "InvalidPermission.NotFound":
            raise


def _permission(rule: Rule, lists: Mapping[str, str]) -> IpPermissionUnionTypeDef:
    permission: IpPermissionUnionTypeDef = {"IpProtocol": rule.protocol}
    if rule.protocol != ANY:
        permission = {**permission, "FromPort": rule.from_port, "ToPort": rule.to_port}
    if rule.target.startswith("sg-"):
        return {**permission, "UserIdGroupPairs": [{"GroupId": rule.target}]}
    if rule.target in lists:
        return {**permission, "PrefixListIds": [{"PrefixListId": lists[rule.target]}]}
    if ":" in rule.target:
        return {**permission, "Ipv6Ranges": [{"CidrIpv6": rule.target}]}
    return {**permission, "IpRanges": [{"CidrIp": rule.target}]}


def _rules(
    permissions: Sequence[IpPermissionOutputTypeDef], names: Mapping[str, str]
) -> Iterable[Rule]:
    for permission in permissions:
        targets = [
            *(part["CidrIp"] for part in permission.get("IpRanges", [])),
            *(part["CidrIpv6"] for part in permission.get("Ipv6Ranges", [])),
            *(part["GroupId"] for part in permission.get("UserIdGroupPairs", [])),
            *(
                names.get(part["PrefixListId"], part["PrefixListId"])
                for part in permission.get("PrefixListIds", [])
            ),
        ]
        for target in targets:
            yield Rule(
                permission["IpProtocol"],
                permission.get("FromPort", -1),
                permission.get("ToPort", -1),
                target,
            )


def _list_names(aws: Aws, sides: Iterable[Sequence[IpPermissionOutputTypeDef]]) -> dict[str, str]:
    """Return the names of the prefix lists that occur, by their ids."""
    ids = {
        part["PrefixListId"]
        for side in sides
        for permission in side
        for part in permission.get("PrefixListIds", [])
    }
    if not ids:
        return {}
    found = _prefix_lists(aws, "prefix-list-id", sorted(ids))
    return {each["PrefixListId"]: each["PrefixListName"] for each in found}


def _list_ids(aws: Aws, rules: Iterable[Rule]) -> dict[str, str]:
    """Return the rules' prefix list ids by name; raise `PrerequisiteMissing` if one is unknown."""
    names = {rule.target for rule in rules if _is_list(rule.target)}
    ids = {name: name for name in names if name.startswith("pl-")}  # AWS hides its name
    wanted = sorted(names - ids.keys())
    if not wanted:
        return ids
    found = _prefix_lists(aws, "prefix-list-name", wanted)
    ids |= {each["PrefixListName"]: each["PrefixListId"] for each in found}
    if lacking := sorted(names - ids.keys()):
        raise PrerequisiteMissing(
            f"{aws.location.region} has no prefix list {', '.join(lacking)}",
            hint="choose a region whose VPCs have gateway endpoints for DynamoDB",
        )
    return ids


def _prefix_lists(
    aws: Aws, by: Literal["prefix-list-id", "prefix-list-name"], values: Sequence[str]
) -> list[ManagedPrefixListTypeDef]:
    pages = aws.ec2.get_paginator("describe_managed_prefix_lists").paginate(
        Filters=[{"Name": by, "Values": values}]
    )
    return [found for page in pages for found in page.get("PrefixLists", [])]


def _is_list(target: str) -> bool:
    return not (target.startswith("sg-") or "/" in target or ":" in target)
