"""One DNS record in a public hosted zone that somebody else owns."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, Self

from provision.aws import Aws
from provision.errors import NotFound
from provision.hazards import Harm, Risk, Risks
from provision.permissions.declare import EVERY, Declared, Test, arn, calls
from provision.step import Fixed, Replacement, Step
from provision.steps.certificate import LIVE, certificates_of
from provision.steps.parents import owner_of_domain, owner_of_proof
from provision.unknown import is_known

if TYPE_CHECKING:
    from mypy_boto3_route53.literals import ChangeActionType
    from mypy_boto3_route53.type_defs import (
        ResourceRecordSetOutputTypeDef,
        ResourceRecordSetUnionTypeDef,
    )

IN_SYNC_BUDGET: Final = 1800
VALIDATION_SUFFIX: Final = ".acm-validations.aws"
_ZONES: Final = arn("route53", "hostedzone/*", region=False, account=False)
_CHANGES: Final = arn("route53", "change/*", region=False, account=False)
_KEY: Final = "route53:ChangeResourceRecordSets"
_ONLY_THIS: Final = (
    Test("ForAllValues:StringLike", f"{_KEY}NormalizedRecordNames", "{name}"),
    Test("ForAllValues:StringEquals", f"{_KEY}RecordTypes", "{type}"),
)
"""https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/specifying-conditions-route53.html"""
_SPREADING: Final = Risk(Harm.SLOW, "until all of Route 53 knows it", 60)  # R4
_WRITTEN: Final = ("values", "alias_target", "alias_zone", "ttl")


@dataclass(frozen=True, kw_only=True)
class Record(Step):
    """Either `values` (sorted) with a `ttl`, or `alias_target` in `alias_zone`, a zone of AWS's.

    Records have no tags: one found is ours when it says what we want, or what we last wrote. `zone`
    is the zone's name. Names and targets may be written in any case, with or without last dot (R5).

    https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
    """

    KIND = "route53.record"
    IDENTITY = ("zone", "name", "type")
    REPLACEMENT = Replacement.CREATE_FIRST
    RISKS = Risks(create=(_SPREADING,), change=dict.fromkeys(_WRITTEN, (_SPREADING,)))
    CALLS = Declared(
        look=(
            *calls("route53", EVERY, "ListHostedZonesByName"),
            *calls("route53", _ZONES, "ListResourceRecordSets"),
        ),
        make=(
            *calls("route53", _ZONES, "ChangeResourceRecordSets", when=_ONLY_THIS),
            *calls("route53", _CHANGES, "GetChange"),
        ),
        remove=(
            *calls("route53", _ZONES, "ChangeResourceRecordSets", when=_ONLY_THIS),
            *calls("acm", EVERY, "ListCertificates"),
        ),
    )

    zone: Fixed[str]
    name: Fixed[str]
    type: Fixed[Literal["A", "AAAA", "CNAME", "TXT"]]
    values: tuple[str, ...] = ()
    alias_target: str | None = None
    alias_zone: str | None = None
    ttl: int | None = None

    def called(self) -> str:
        return f"{self.type} {self.name}"

    def words(self) -> Mapping[str, object]:
        """IAM compares names as Route 53 normalises them: lower case, no last dot."""
        return {**vars(self), "name": _canonical(self.name)}

    def owned_by(self, have: Self, owner: str) -> bool:  # noqa: ARG002  (a record carries no mark)
        return (have.values, have.alias_target, have.alias_zone) == (
            self.values,
            self.alias_target,
            self.alias_zone,
        )

    def parent_owner(self, aws: Aws) -> str | None:
        find = owner_of_proof if self.type in {"CNAME", "TXT"} else owner_of_domain
        return find(aws, _canonical(self.name))

    def observe(self, aws: Aws) -> Self | None:
        zone_id = public_zone(aws, self.zone)
        found = self._listed(aws, zone_id) if zone_id else None
        if found is None:
            return None
        bare = replace(self, values=(), alias_target=None, alias_zone=None, ttl=None)
        if "SetIdentifier" in found:  # one of a weighted set, say: no record of ours
            return bare
        if alias := found.get("AliasTarget"):
            return replace(
                bare,
                alias_target=_spelled(self.alias_target, alias["DNSName"]),
                alias_zone=alias["HostedZoneId"],
            )
        return replace(bare, values=self._values(found), ttl=found.get("TTL"))

    def create(self, aws: Aws) -> Self:
        # R2: CREATE, not UPSERT: a record that somebody wrote meanwhile is not overwritten.
        self._change(aws, "CREATE", self._record_set())
        return self

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:  # noqa: ARG002  (a record is written whole)
        self._change(aws, "UPSERT", self._record_set())
        return self

    def delete(self, aws: Aws) -> None:
        zone_id = public_zone(aws, self.zone)
        found = self._listed(aws, zone_id) if zone_id else None
        if found is None or "SetIdentifier" in found or self._proves_another(aws):
            return
        try:
            self._change(aws, "DELETE", found)  # R3: as it is listed, to the letter
        except aws.route53.exceptions.InvalidChangeBatch:
            if zone_id and self._listed(aws, zone_id):
                raise

    def _change(
        self, aws: Aws, action: ChangeActionType, record_set: ResourceRecordSetUnionTypeDef
    ) -> None:
        zone_id = public_zone(aws, self.zone)
        if zone_id is None:
            raise NotFound(
                f"this account has no public hosted zone {self.zone}, where {self.name} belongs",
                hint="create the zone in Route 53 and delegate the domain to it, or correct"
                " api.domain.zone",
            )
        change = aws.route53.change_resource_record_sets(
            HostedZoneId=zone_id,
            ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": record_set}]},
        )["ChangeInfo"]
        if action == "DELETE" or change["Status"] == "INSYNC":
            return

        def in_sync() -> bool | None:
            info = aws.route53.get_change(Id=change["Id"])["ChangeInfo"]
            return True if info["Status"] == "INSYNC" else None

        # R4, and R6: the whole API takes five requests a second.
        what = f"{self.name} to reach all of Route 53's servers"
        aws.wait(what, in_sync, budget=IN_SYNC_BUDGET, first=2)

    def _record_set(self) -> ResourceRecordSetUnionTypeDef:
        name = _canonical(self.name) + "."
        if self.alias_target is not None and self.alias_zone is not None:
            return {
                "Name": name,
                "Type": self.type,
                "AliasTarget": {
                    "HostedZoneId": self.alias_zone,
                    "DNSName": _canonical(self.alias_target) + ".",
                    "EvaluateTargetHealth": False,
                },
            }
        assert self.ttl is not None
        return {
            "Name": name,
            "Type": self.type,
            "TTL": self.ttl,
            "ResourceRecords": [{"Value": value} for value in self.values],
        }

    def _listed(self, aws: Aws, zone_id: str) -> ResourceRecordSetOutputTypeDef | None:
        answer = aws.route53.list_resource_record_sets(
            HostedZoneId=zone_id,
            StartRecordName=_canonical(self.name) + ".",
            StartRecordType=self.type,
            MaxItems="1",
        )
        for found in answer["ResourceRecordSets"]:
            if found["Type"] == self.type and _canonical(found["Name"]) == _canonical(self.name):
                return found
        return None

    def _values(self, found: ResourceRecordSetOutputTypeDef) -> tuple[str, ...]:
        values = [record["Value"] for record in found.get("ResourceRecords", [])]
        if self.type != "CNAME":
            return tuple(sorted(values))
        spellings = {_canonical(value): value for value in self.values if is_known(value)}
        return tuple(sorted(spellings.get(_canonical(value), value) for value in values))

    def _proves_another(self, aws: Aws) -> bool:
        """ACM gives every certificate of a domain in one account the same validation record, and
        looks at it again for each renewal: while another one lives, it stays."""
        values = [_canonical(value) for value in self.values]
        if not any(value.endswith(VALIDATION_SUFFIX) for value in values):
            return False
        domain = _canonical(self.name).partition(".")[2]
        living = [
            arn
            for name in (domain, f"*.{domain}")
            for arn, status in certificates_of(aws, name).items()
            if status in LIVE
        ]
        return len(living) > 1  # our own is deleted after this


def public_zone(aws: Aws, name: str) -> str | None:
    """The id of the public hosted zone of exactly that name, if this account has one."""
    answer = aws.route53.list_hosted_zones_by_name(DNSName=_canonical(name) + ".")
    ids = [
        zone["Id"].removeprefix("/hostedzone/")
        for zone in answer["HostedZones"]
        if _canonical(zone["Name"]) == _canonical(name)
        and not zone.get("Config", {}).get("PrivateZone")
    ]
    if len(ids) > 1:  # R7: legal, and only one of them is what the world sees
        raise NotFound(
            f"which public hosted zone {name} is meant cannot be told: {', '.join(sorted(ids))}",
            hint="delete those to which the domain is not delegated",
        )
    return ids[0] if ids else None


def _canonical(name: str) -> str:
    """R5: AWS shows names in lower case, with a last dot, and `*` as `\\052`."""
    return name.lower().rstrip(".").replace("\\052", "*")


def _spelled(wanted: str | None, shown: str) -> str:
    """As it is wanted, where AWS shows the same name in other letters."""
    plain = _canonical(shown)
    if not is_known(wanted):
        return plain
    return wanted if wanted and _canonical(wanted) == plain else plain
