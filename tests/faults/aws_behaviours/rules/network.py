"""Laws of EC2 that the emulator lacks: interfaces of Lambda and endpoints, remembered tokens."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, field
from typing import Any

from tests.faults.aws_behaviours.frame import Call, Law, Refusal, World
from tests.faults.aws_behaviours.rules.lambda_ import named
from tests.faults.aws_behaviours.wire import Answer

FLAP = 60.0


@dataclass
class Interface:
    """An interface that Lambda created for a function in one subnet."""

    id: str
    subnet: str
    groups: tuple[str, ...]
    users: set[str] = field(default_factory=set)
    released: float | None = None
    """When its last user released it."""
    reaped: float = 0.0
    """When Lambda would remove it by itself."""
    hidden: float = 0.0
    """Until when it is not shown, right after its function left (E6)."""
    idle_from: float = 0.0


class InterfacesLinger(Law):
    """Interfaces are created with a function's network, and stay long after it.

    Once released, they are in use, then alternately in use and available (E5), then available until
    Lambda, or we, remove them. In the meantime subnet, group and VPC cannot be deleted (E1). They
    are removed sooner if the function left before its deletion, but not if it was deleted while
    leaving (E2). A function that moves to another group gets new ones in the same subnets, and
    leaves the old ones behind as if it had left (E3). Right after that none may be shown (E6). Only
    Lambda changes them (E4).
    """

    ROW = "E1"
    ALSO = frozenset({"E2", "E3", "E4", "E5", "E6"})
    SERVICE = "ec2"
    OPERATIONS = frozenset(
        {
            "CreateSubnet",
            "DescribeNetworkInterfaces",
            "ModifyNetworkInterfaceAttribute",
            "DeleteNetworkInterface",
            "DeleteSubnet",
            "DeleteSecurityGroup",
            "DeleteVpc",
        }
    )
    LAMBDAS = frozenset(
        {"CreateFunction", "UpdateFunctionConfiguration", "PublishVersion", "DeleteFunction"}
    )

    def __init__(self, leaving: float = 5.0) -> None:
        self.leaving = leaving
        self.left: dict[str, float] = {}
        self.interfaces: dict[str, Interface] = {}
        self.vpcs: dict[str, str] = {}

    def concerns(self, call: Call) -> bool:
        lambdas = call.service == "lambda" and call.operation in self.LAMBDAS
        return lambdas or super().concerns(call)

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        self._reap(world)
        if call.operation == "ModifyNetworkInterfaceAttribute":
            held = call.params["NetworkInterfaceId"] in self.interfaces
            return Refusal("OperationNotPermitted", "Lambda manages it") if held else None
        if call.operation == "DeleteNetworkInterface":
            return self._remove(call.params["NetworkInterfaceId"], world)
        if call.operation == "DeleteSubnet":
            return self._refused(call.params["SubnetId"])
        if call.operation == "DeleteSecurityGroup":
            return self._refused(call.params["GroupId"])
        if call.operation == "DeleteVpc":
            return self._refused(call.params["VpcId"])
        return None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        if call.operation == "CreateSubnet":
            self.vpcs[answer["Subnet"]["SubnetId"]] = answer["Subnet"]["VpcId"]
        elif call.operation == "DescribeNetworkInterfaces":
            answer.setdefault("NetworkInterfaces", []).extend(self._shown(call, world))
        elif call.operation == "DeleteFunction":
            version = call.params.get("Qualifier")
            self._leave(f"{named(call)}:{version}" if version else named(call), world, deleted=True)
        elif call.operation == "PublishVersion":
            self._publish(named(call), answer["Version"])
        elif "VpcConfig" in call.params:
            self._place(named(call), call.params["VpcConfig"], world)

    def _place(self, function: str, network: dict[str, Any], world: World) -> None:
        subnets, groups = network.get("SubnetIds", []), tuple(network.get("SecurityGroupIds", []))
        if not subnets:
            self._leave(function, world, deleted=False)
        for subnet in subnets:
            same = (
                one
                for one in self.interfaces.values()
                if (one.subnet, one.groups) == (subnet, groups) and one.released is None
            )
            interface = next(same, None)
            if interface is None:
                interface = Interface(_id(world), subnet, groups)
                self.interfaces[interface.id] = interface
            interface.users.add(function)
        for one in self.interfaces.values():
            if subnets and function in one.users and not _stands_in(one, subnets, groups):
                one.users.discard(function)
                if not one.users:
                    self._release(one, world, world.delay(60, 900))

    def _publish(self, function: str, version: str) -> None:
        """Keep the network that the function had for its published version (E2)."""
        for one in self.interfaces.values():
            if function in one.users and one.released is None:
                one.users.add(f"{function}:{version}")

    def _leave(self, function: str, world: World, *, deleted: bool) -> None:
        now = world.now()
        aborted = deleted and now < self.left.get(function, 0) + self.leaving
        for one in self.interfaces.values():
            gone = {user for user in one.users if user == function or _is_version(user, function)}
            used = bool(gone) if deleted else function in one.users
            if not used and not (aborted and one.released is not None):
                continue
            one.users -= gone if deleted else {function}
            if one.users:
                continue
            self._release(one, world, world.delay(900, 2000) if deleted else world.delay(60, 900))
        if not deleted:
            self.left[function] = now

    def _release(self, one: Interface, world: World, takes: float) -> None:
        one.released = world.now() + takes
        one.idle_from = one.released + FLAP
        one.hidden = world.now() + world.delay(0, 9)
        one.reaped = one.idle_from + (world.delay(0, 60) if world.chance(0.5) else 3600)

    def _reap(self, world: World) -> None:
        for one in list(self.interfaces.values()):
            if one.released is not None and world.now() >= one.reaped:
                del self.interfaces[one.id]

    def _status(self, one: Interface, world: World) -> str:
        if one.released is None or world.now() < one.released:
            return "in-use"
        if world.now() < one.idle_from:
            return "available" if world.chance(0.5) else "in-use"
        return "available"

    def _shown(self, call: Call, world: World) -> list[Answer]:
        shown = []
        for one in self.interfaces.values():
            if world.now() < one.hidden:
                continue
            item = {
                "NetworkInterfaceId": one.id,
                "SubnetId": one.subnet,
                "VpcId": self.vpcs.get(one.subnet, ""),
                "Groups": [{"GroupId": group, "GroupName": group} for group in one.groups],
                "Status": self._status(one, world),
                "Description": f"AWS Lambda VPC ENI-f-{one.id}",
                "InterfaceType": "lambda",
                "RequesterManaged": True,
            }
            if all(_matches(item, part) for part in call.params.get("Filters", [])):
                shown.append(item)
        return shown

    def _remove(self, interface: str, world: World) -> Refusal | Answer | None:
        one = self.interfaces.get(interface)
        if one is None:
            return None
        if self._status(one, world) == "in-use":
            text = f"Network interface '{interface}' is currently in use."
            return Refusal("InvalidParameterValue", text)
        del self.interfaces[interface]
        return {}

    def _refused(self, thing: str) -> Refusal | None:
        for one in self.interfaces.values():
            if thing in {one.subnet, self.vpcs.get(one.subnet), *one.groups}:
                text = f"{thing} has a dependent object"
                return Refusal("DependencyViolation", text)
        return None


def _stands_in(one: Interface, subnets: list[str], groups: tuple[str, ...]) -> bool:
    return one.subnet in subnets and one.groups == groups


def _is_version(user: str, function: str) -> bool:
    return user.startswith(f"{function}:")


def _id(world: World) -> str:
    return f"eni-{world.random.getrandbits(68):017x}"


def _matches(item: Answer, wanted: dict[str, Any]) -> bool:
    values = {
        "group-id": [group["GroupId"] for group in item["Groups"]],
        "subnet-id": [item["SubnetId"]],
        "vpc-id": [item["VpcId"]],
        "description": [item["Description"]],
        "status": [item["Status"]],
    }.get(wanted["Name"], [])
    return any(fnmatch.fnmatch(value, part) for value in values for part in wanted["Values"])


@dataclass
class Way:
    """An interface endpoint, and the subnets and groups that its interfaces hold."""

    holds: frozenset[str]
    ready: float
    gone: float | None = None
    """When its interfaces are gone after its deletion."""


class EndpointsTakeTheirTime(Law):
    """An interface endpoint is pending until its interfaces exist, and deleting until they do not.

    Until then subnet, group and VPC cannot be deleted.
    """

    ROW = "V11"
    SERVICE = "ec2"
    OPERATIONS = frozenset(
        {
            "CreateVpcEndpoint",
            "DeleteSecurityGroup",
            "DeleteSubnet",
            "DeleteVpc",
            "DeleteVpcEndpoints",
            "DescribeVpcEndpoints",
        }
    )

    def __init__(self) -> None:
        self.ways: dict[str, Way] = {}

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        for thing in ("SubnetId", "GroupId", "VpcId"):
            for way in self.ways.values():
                held = call.params.get(thing) in way.holds and not call.operation.startswith("C")
                if held and way.gone is not None and world.now() < way.gone:
                    return Refusal("DependencyViolation", f"{call.params[thing]} is in use")
        return None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        if call.operation == "CreateVpcEndpoint" and call.params["VpcEndpointType"] == "Interface":
            made, asked = answer["VpcEndpoint"], call.params
            holds = frozenset([asked["VpcId"], *asked["SubnetIds"], *asked["SecurityGroupIds"]])
            way = Way(holds, world.now() + world.delay(60, 180))
            self.ways.setdefault(made["VpcEndpointId"], way)
            made["State"] = "pending"
        elif call.operation == "DeleteVpcEndpoints":
            for way in (self.ways[m] for m in call.params["VpcEndpointIds"] if m in self.ways):
                if way.gone is None:
                    way.gone = world.now() + world.delay(60, 300)
        elif call.operation == "DescribeVpcEndpoints":
            for shown in answer["VpcEndpoints"]:
                found = self.ways.get(shown["VpcEndpointId"])
                if found is not None:
                    shown["State"] = _state(found, shown["State"], world)


def _state(way: Way, shown: str, world: World) -> str:
    if way.gone is not None:
        return "deleting" if world.now() < way.gone else "deleted"
    return "pending" if world.now() < way.ready else shown


class ServicesLackZones(Law):
    """A service may have no endpoint in a zone of its region, and says so if it is asked."""

    ROW = "V27"
    SERVICE = "ec2"
    OPERATIONS = frozenset({"CreateSubnet", "CreateVpcEndpoint", "DescribeVpcEndpointServices"})
    WITHOUT = frozenset({"us-east-1e"})

    def __init__(self) -> None:
        self.zones: dict[str, str] = {}

    def before(self, call: Call, world: World) -> Refusal | None:
        if call.operation == "CreateVpcEndpoint":
            for subnet in call.params.get("SubnetIds", []):
                if self.zones.get(subnet) in self.WITHOUT:
                    text = (
                        f"The VPC endpoint service {call.params['ServiceName']} does not support"
                        f" the availability zone of the subnet: {subnet}."
                    )
                    return Refusal("InvalidParameter", text)
        return None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        if call.operation == "CreateSubnet":
            self.zones[answer["Subnet"]["SubnetId"]] = answer["Subnet"]["AvailabilityZone"]
        elif call.operation == "DescribeVpcEndpointServices":
            for service in answer["ServiceDetails"]:
                there = service["AvailabilityZones"]
                service["AvailabilityZones"] = [one for one in there if one not in self.WITHOUT]


class TokensAreRemembered(Law):
    """For a day, a token returns the resource created with it, even if deleted long before."""

    ROW = "X3"
    SERVICE = "ec2"
    OPERATIONS = frozenset({"CreateRouteTable", "CreateVpcEndpoint"})

    def __init__(self) -> None:
        self.made: dict[tuple[str, str], tuple[float, Answer]] = {}

    def before(self, call: Call, world: World) -> Answer | None:
        since, answer = self.made.get(self._key(call), (-1e9, {}))
        return answer if world.now() - since < 86_400 and answer else None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        if call.params.get("ClientToken"):
            self.made[self._key(call)] = (world.now(), answer)

    def _key(self, call: Call) -> tuple[str, str]:
        return call.operation, call.params.get("ClientToken", "")


class FlowLogRoleSpreads(Law):
    """A new role cannot be assumed yet: an error, or an item in an answer of 200."""

    ROW = "V18"
    SERVICE = "ec2"
    OPERATIONS = frozenset({"CreateFlowLogs"})

    def __init__(self) -> None:
        self.effective: dict[str, float] = {}

    def concerns(self, call: Call) -> bool:
        of_iam = call.service == "iam" and call.operation in {"CreateRole", "PutRolePolicy"}
        return of_iam or super().concerns(call)

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        role = call.params.get("DeliverLogsPermissionArn", "")
        if world.now() >= self.effective.get(role.rpartition("/")[2], 0):
            return None
        text = f"Unable to assume given IAM role: '{role}'"
        if world.chance(0.5):
            return Refusal("InvalidParameter", text)
        error = {"Code": "InvalidParameter", "Message": text}
        refused = {"ResourceId": call.params["ResourceIds"][0], "Error": error}
        return {"FlowLogIds": [], "Unsuccessful": [refused]}

    def after(self, call: Call, answer: Answer, world: World) -> None:
        if call.service == "iam":
            self.effective[call.params["RoleName"]] = world.now() + world.delay(5, 60)


class TagsOneAtATime(Law):
    """Two changes of the tags of one resource within a second may conflict."""

    ROW = "V19"
    SERVICE = "ec2"
    OPERATIONS = frozenset({"CreateTags", "DeleteTags"})

    def __init__(self) -> None:
        self.changed: dict[str, float] = {}

    def before(self, call: Call, world: World) -> Refusal | None:
        if any(world.now() < self.changed.get(one, 0) for one in call.params["Resources"]):
            return Refusal(
                "ConcurrentTagAccess",
                "You can't run simultaneous commands to modify a tag for a specific resource.",
            )
        return None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        for one in call.params["Resources"]:
            self.changed[one] = world.now() + world.delay(0.2, 1)


class NetworkSettles(Law):
    """A new network is complete only some seconds later.

    A VPC and a subnet are pending at first, and the VPC's own group is not shown (V1); a subnet is
    associated some seconds later (V7); a deleted group is shown for a moment (V12).
    """

    ROW = "V26"
    ALSO = frozenset({"V1", "V7", "V12"})
    SERVICE = "ec2"
    OPERATIONS = frozenset(
        {
            "CreateVpc",
            "CreateSubnet",
            "AssociateRouteTable",
            "ReplaceRouteTableAssociation",
            "DeleteSecurityGroup",
            "DescribeVpcs",
            "DescribeSubnets",
            "DescribeRouteTables",
            "DescribeSecurityGroups",
        }
    )

    def __init__(self) -> None:
        self.until: dict[str, float] = {}
        self.groups: dict[str, Answer] = {}
        """The groups as they were last shown."""

    def before(self, call: Call, world: World) -> Answer | None:
        for made in call.params.get("GroupIds", []):
            if made in self.groups and self._fresh(made, world):
                return {"SecurityGroups": [self.groups[made]]}
        return None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        settled = world.now() + world.delay(1, 10)
        match call.operation:
            case "CreateVpc":
                self.until[answer["Vpc"]["VpcId"]] = settled
            case "CreateSubnet":
                self.until[answer["Subnet"]["SubnetId"]] = settled
            case "AssociateRouteTable" | "ReplaceRouteTableAssociation":
                self.until[call.params["RouteTableId"]] = settled
            case "DeleteSecurityGroup":
                self.until[call.params["GroupId"]] = settled
            case "DescribeVpcs":
                self._pending(answer.get("Vpcs", []), "VpcId", world)
            case "DescribeSubnets":
                self._pending(answer.get("Subnets", []), "SubnetId", world)
            case "DescribeRouteTables":
                for table in answer.get("RouteTables", []):
                    if self._fresh(table["RouteTableId"], world):
                        for link in table.get("Associations", []):
                            link["AssociationState"] = {"State": "associating"}
            case "DescribeSecurityGroups":
                self._groups(call, answer, world)

    def _groups(self, call: Call, answer: Answer, world: World) -> None:
        shown = answer.setdefault("SecurityGroups", [])
        self.groups |= {one["GroupId"]: one for one in shown}
        wanted = {
            name
            for each in call.params.get("Filters", [])
            if each["Name"] == "group-name"
            for name in each["Values"]
        }
        shown[:] = [
            one
            for one in shown
            if one["GroupName"] != "default" or not self._fresh(one["VpcId"], world)
        ]
        there = {one["GroupId"] for one in shown}
        shown += [
            one
            for made, one in self.groups.items()
            if made not in there and self._fresh(made, world) and one["GroupName"] in wanted
        ]

    def _pending(self, shown: list[Any], name: str, world: World) -> None:
        for one in shown:
            if self._fresh(one[name], world):
                one["State"] = "pending"

    def _fresh(self, made: str, world: World) -> bool:
        return world.now() < self.until.get(made, 0)


class ClosedWhenTheLastRuleGoes(Law):
    """A revoked rule admits no new connection, even if another rule is about to be added."""

    ROW = "V25"
    SERVICE = "ec2"
    DIRECTIONS = ("Ingress", "Egress")

    def __init__(self) -> None:
        self.rules: dict[tuple[str, str], list[Any]] = {}
        self.shut: list[tuple[str, str]] = []
        """Each time that a direction of a group lost its last rule."""

    def concerns(self, call: Call) -> bool:
        return call.operation.endswith(self.DIRECTIONS) and "SecurityGroup" in call.operation

    def after(self, call: Call, answer: Answer, world: World) -> None:
        place = (call.params["GroupId"], call.operation.rpartition("Group")[2])
        rules = self.rules.setdefault(place, [])
        if call.operation.startswith("Authorize"):
            rules += call.params["IpPermissions"]
        elif rules:
            for gone in call.params["IpPermissions"]:
                if gone in rules:
                    rules.remove(gone)
            if not rules:
                self.shut.append(place)


LAWS: tuple[type[Law], ...] = (
    InterfacesLinger,
    EndpointsTakeTheirTime,
    ServicesLackZones,
    TokensAreRemembered,
    FlowLogRoleSpreads,
    TagsOneAtATime,
    ClosedWhenTheLastRuleGoes,
    NetworkSettles,
)
