"""The DNS record: the contract in both forms, ownership, and Route 53's spelling of names."""

from __future__ import annotations

import json
import shlex
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from provision.errors import ApiError, NoLongerOurs, NotOwned, PrerequisiteMissing, WaitTimeout
from provision.model.step import FieldRole, Step, fields_with
from provision.plan.change import Action
from provision.state.journal import Journal
from provision.steps import KINDS
from provision.steps.route53.hosted_zones import public_zones
from provision.steps.route53.record import RecordSet
from provision.unknown import UNKNOWN
from tests.support.harness import Died, Recorder, Where, Workshop, empty, new_aws, one_node
from tests.unit.steps.contract import StepContract

CNAME = RecordSet(
    zone="example.com",
    name="_a1b2.api.example.com.",
    type="CNAME",
    values=("there.example.net.",),
    ttl=300,
)
PROOF = replace(CNAME, values=("_c3d4.acm-validations.aws.",))
ALIAS = RecordSet(
    zone="example.com",
    name="api.example.com",
    type="A",
    alias_target="d-1.execute-api.us-east-1.amazonaws.com",
    alias_zone="Z1UJRXOUMOOFQ8",
)


def make_zone(name: str = "example.com", *, private: bool = False) -> str:
    where: Any = {"VPC": {"VPCRegion": "us-east-1", "VPCId": "vpc-1"}} if private else {}
    made = new_aws().route53.create_hosted_zone(
        Name=name,
        CallerReference=f"{name} {private}",
        HostedZoneConfig={"PrivateZone": private},
        **where,
    )
    return made["HostedZone"]["Id"]


def write(zone_id: str, action: str, **record: Any) -> None:
    changes: Any = [{"Action": action, "ResourceRecordSet": record}]
    new_aws().route53.change_resource_record_sets(
        HostedZoneId=zone_id, ChangeBatch={"Changes": changes}
    )


def listed(zone_id: str) -> dict[str, Any]:
    """Return name → record, without the zone's own."""
    records = new_aws().route53.list_resource_record_sets(HostedZoneId=zone_id)
    return {
        record["Name"]: record
        for record in records["ResourceRecordSets"]
        if record["Type"] not in {"SOA", "NS"}
    }


def journaled(workshop: Workshop) -> set[str]:
    """Return the nodes that the state knows."""
    return set(Journal.read(workshop.directory, "tap-dev", KINDS).records)


class TwoForms(StepContract):
    def test_every_field_is_edited_or_marked(self, step: Step) -> None:
        """A record has values or an alias, so neither form alone can edit every field."""
        edited = {*TestValues.edits, *TestAlias.edits, "zone"}  # that has tests of its own
        assert set(fields_with(type(step), None)) == edited
        for name, value in {**self.edits, **self.fixed_edits}.items():
            assert vars(step)[name] != value
        assert set(self.fixed_edits) <= set(fields_with(type(step), FieldRole.FIXED))


class TestValues(TwoForms):
    edits = {"values": ("elsewhere.example.net.",), "ttl": 60}
    fixed_edits = {"name": "_b2c3.api.example.com."}

    def given(self, aws: Any) -> Step:
        make_zone()
        return CNAME


def test_only_what_is_not_in_sync_yet_is_waited_for(
    account: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_zone()
    aws = new_aws()
    client = aws.route53
    write_change, asked = client.change_resource_record_sets, list[str]()
    statuses = iter(["INSYNC", "PENDING", "PENDING"])

    def answered(**request: Any) -> Any:
        info = write_change(**request)["ChangeInfo"]
        return {"ChangeInfo": {**info, "Status": next(statuses)}}

    def get_change(Id: str) -> Any:  # noqa: N803
        asked.append(Id)
        return {"ChangeInfo": {"Status": "INSYNC" if len(asked) > 1 else "PENDING"}}

    monkeypatch.setattr(client, "change_resource_record_sets", answered)
    monkeypatch.setattr(client, "get_change", get_change)
    replace(ALIAS, name="a.example.com").create(aws)
    assert asked == []
    ALIAS.create(aws)
    assert len(asked) == 2
    ALIAS.delete(aws)
    assert len(asked) == 2, "nobody waits until a deleted record is gone everywhere"


@pytest.mark.parametrize("theirs", [True, False])
def test_a_deletion_that_is_refused_says_whose_the_record_is_now(
    account: None, monkeypatch: pytest.MonkeyPatch, theirs: bool
) -> None:
    zone_id = make_zone()
    aws = new_aws()
    CNAME.create(aws)
    client = aws.route53
    refused: Any = {"Error": {"Code": "InvalidChangeBatch", "Message": "as AWS says it"}}

    def refuse(**_: Any) -> Any:
        monkeypatch.undo()
        if theirs:
            values = [{"Value": "elsewhere.example.net."}]
            write(zone_id, "UPSERT", Name=CNAME.name, Type="CNAME", TTL=300, ResourceRecords=values)
        raise client.exceptions.InvalidChangeBatch(refused, "ChangeResourceRecordSets")

    monkeypatch.setattr(client, "change_resource_record_sets", refuse)
    expected = NoLongerOurs if theirs else client.exceptions.InvalidChangeBatch
    with pytest.raises(expected):
        CNAME.delete(aws)


def test_an_alias_of_its_name_is_foreseen_with_where_it_leads(account: None) -> None:
    zone_id = make_zone()
    there = {
        "HostedZoneId": zone_id,
        "DNSName": "Other.example.com.",
        "EvaluateTargetHealth": False,
    }
    write(zone_id, "CREATE", Name=ALIAS.name, Type="CNAME", AliasTarget=there)
    with pytest.raises(NotOwned, match=r"CNAME .* leads to other\.example\.com:"):
        ALIAS.check_prerequisites(new_aws())


@pytest.mark.parametrize(
    ("name", "compared", "deeper"),
    [
        ("API.Example.com.", "api.example.com", ""),
        ("_????.api.example.com", "_????.api.example.com", "*.*.api.example.com"),
    ],
)
def test_iam_compares_names_in_lower_case_and_a_question_mark_with_a_dot_too(
    name: str, compared: str, deeper: str
) -> None:
    found = replace(ALIAS, name=name).policy_variables()
    assert (found["name"], found["deeper"]) == (compared, deeper)
    assert {**found, "name": 0, "deeper": 0} == {**vars(ALIAS), "name": 0, "deeper": 0}


class TestAlias(TwoForms):
    parents_owner = None
    edits = {"alias_target": "d-2.execute-api.us-east-1.amazonaws.com", "alias_zone": "Z2"}
    fixed_edits = {"name": "www.example.com", "type": "AAAA"}

    def given(self, aws: Any) -> Step:
        make_zone()
        return ALIAS


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the record's target belong to this stack."""
    monkeypatch.setattr(RecordSet, "parent_owner", lambda record, aws: "tap-dev/parent")


def test_an_alias_takes_the_place_of_values(served: None, workshop: Workshop) -> None:
    make_zone()
    values = replace(ALIAS, values=("192.0.2.1",), ttl=60, alias_target=None, alias_zone=None)
    for want in (values, ALIAS, values):
        workshop.run(one_node(want), "up")
        assert len(workshop.last.writes) == 1
        assert workshop.run(one_node(want), "up").changes["it"].action is Action.KEEP


def test_what_it_stands_on_is_asked_before_its_name_is_known(account: None) -> None:
    """ACM names the validation record only after the certificate exists."""
    unnamed = replace(CNAME, name=UNKNOWN, values=(UNKNOWN,))
    with pytest.raises(
        PrerequisiteMissing, match=r"example\.com, where \(known after up\) belongs"
    ):
        unnamed.check_prerequisites(new_aws())
    make_zone()
    unnamed.check_prerequisites(new_aws())


# -- whose it is -----------------------------------------------------------------------------


def test_a_record_that_says_something_else_is_not_ours(workshop: Workshop) -> None:
    zone_id = make_zone()
    theirs = {"Name": "api.example.com", "Type": "A", "TTL": 60}
    write(zone_id, "CREATE", **theirs, ResourceRecords=[{"Value": "192.0.2.1"}])
    assert workshop.run(one_node(ALIAS), "plan").changes["it"].action is Action.FOREIGN
    with pytest.raises(
        NotOwned, match=r"A api\.example\.com exists and does not belong to this stack"
    ):
        workshop.run(one_node(ALIAS), "up")
    workshop.run(one_node(ALIAS), "down")
    assert workshop.last.writes == []
    assert listed(zone_id)["api.example.com."]["TTL"] == 60


def test_another_ttl_of_ours_is_drift(workshop: Workshop) -> None:
    zone_id = make_zone()
    workshop.run(one_node(CNAME), "up")
    values = [{"Value": value} for value in CNAME.values]
    write(zone_id, "UPSERT", Name=CNAME.name, Type="CNAME", TTL=5, ResourceRecords=values)
    finding = workshop.run(one_node(CNAME), "up").changes["it"]
    assert [(diff.field, diff.have) for diff in finding.diffs] == [("ttl", 5)]
    assert listed(zone_id)[CNAME.name]["TTL"] == 300


def test_a_record_that_appears_meanwhile_is_not_overwritten(workshop: Workshop) -> None:
    """It appears between the observation and the write (R2)."""
    zone_id = make_zone()
    aws = new_aws()
    write(
        zone_id,
        "CREATE",
        Name="api.example.com",
        Type="A",
        TTL=60,
        ResourceRecords=[{"Value": "192.0.2.1"}],
    )
    with pytest.raises(aws.route53.exceptions.InvalidChangeBatch, match="already exists"):
        ALIAS.create(aws)
    assert listed(zone_id)["api.example.com."]["TTL"] == 60


def test_one_of_a_weighted_set_is_not_ours(workshop: Workshop) -> None:
    zone_id = make_zone()
    same = {"Name": CNAME.name, "Type": "CNAME", "TTL": 300}
    values = [{"Value": value} for value in CNAME.values]
    write(zone_id, "CREATE", **same, SetIdentifier="blue", Weight=1, ResourceRecords=values)
    assert workshop.run(one_node(CNAME), "plan").changes["it"].action is Action.FOREIGN
    CNAME.delete(new_aws())
    assert list(listed(zone_id)) == [CNAME.name]


# -- what proves a domain to ACM -------------------------------------------------------------


def test_what_proves_a_domain_stays_and_is_told_with_what_removes_it(workshop: Workshop) -> None:
    """Certificates of other regions, or with the domain as one of several names, need it too."""
    zone_id = make_zone()
    workshop.run(one_node(PROOF), "up")
    finding = workshop.run(one_node(PROOF), "down").changes["it"]
    assert workshop.last.writes == []
    assert finding.action is Action.KEEP
    assert journaled(workshop) == set(), "it is nobody's now"
    command = shlex.split(finding.reason.partition("this deletes it: ")[2])
    assert command[:3] == ["aws", "route53", "change-resource-record-sets"]
    new_aws().route53.change_resource_record_sets(
        HostedZoneId=command[4], ChangeBatch=json.loads(command[6])
    )
    assert listed(zone_id) == {}


def test_one_that_was_there_is_taken_up_and_stays(workshop: Workshop) -> None:
    zone_id = make_zone()
    values = [{"Value": value} for value in PROOF.values]
    write(zone_id, "CREATE", Name=PROOF.name, Type="CNAME", TTL=300, ResourceRecords=values)
    assert workshop.run(one_node(PROOF), "up").changes["it"].action is Action.KEEP
    workshop.run(one_node(PROOF), "down")
    assert list(listed(zone_id)) == [PROOF.name]


@pytest.mark.parametrize("renamed", [True, False], ids=["another domain", "no domain"])
def test_one_that_config_no_longer_has_stays_and_is_forgotten(
    workshop: Workshop, renamed: bool
) -> None:
    zone_id = make_zone()
    workshop.run(one_node(PROOF), "up")
    other = one_node(replace(PROOF, name="_b2c3.www.example.com."))
    for _ in range(2):
        workshop.run(other if renamed else empty(), "up")
    assert workshop.last.writes == []
    assert PROOF.name in listed(zone_id)
    assert journaled(workshop) == ({"it"} if renamed else set())


def test_moved_into_another_zone_it_stays_in_the_old(workshop: Workshop) -> None:
    zone_id = make_zone()
    workshop.run(one_node(PROOF), "up")
    other = second_zone()
    workshop.run(one_node(replace(PROOF, zone=other)), "up")
    assert list(listed(zone_id)) == list(listed(other)) == [PROOF.name]


# -- zones and spelling ----------------------------------------------------------------------


def test_the_public_zone_of_exactly_that_name_is_meant(account: None) -> None:
    aws = new_aws()
    for name in ("an.example.com", "example.community", "example.org"):
        make_zone(name)
    make_zone(private=True)
    assert public_zones(aws, "example.com") == ()
    zone_id = make_zone().removeprefix("/hostedzone/")
    assert public_zones(aws, "Example.COM.") == (zone_id,)
    assert public_zones(aws, zone_id) == (zone_id,)
    assert public_zones(aws, "Z0NOTTHERE") == ()


def second_zone() -> str:
    made = new_aws().route53.create_hosted_zone(Name="example.com", CallerReference="second")
    return made["HostedZone"]["Id"].removeprefix("/hostedzone/")


def test_of_two_public_zones_of_one_name_the_id_says_which(workshop: Workshop) -> None:
    """AWS allows that; only one of them answers public queries (R7)."""
    make_zone()
    other = second_zone()
    with pytest.raises(PrerequisiteMissing, match="more than one") as refused:
        workshop.run(one_node(ALIAS), "up")
    assert "`api.domain.zone`" in refused.value.hint
    workshop.run(one_node(replace(ALIAS, zone=other)), "up")
    assert list(listed(other)) == ["api.example.com."]


@pytest.mark.parametrize("remembers", [True, False])
def test_a_zone_of_the_same_name_that_comes_later_hinders_nothing(
    served: None, workshop: Workshop, remembers: bool
) -> None:
    zone_id = make_zone()
    workshop.run(one_node(ALIAS), "up")
    other = second_zone()
    if not remembers:
        workshop.forget()
    assert workshop.run(one_node(ALIAS), "plan").changes["it"].action is Action.KEEP
    longer = replace(ALIAS, alias_target="d-2.execute-api.us-east-1.amazonaws.com")
    if remembers:
        workshop.run(one_node(longer), "up")
        assert listed(zone_id)["api.example.com."]["AliasTarget"]["DNSName"].startswith("d-2.")
    workshop.run(one_node(longer if remembers else ALIAS), "down")
    assert (listed(zone_id), listed(other)) == ({}, {})


def test_the_id_of_its_zone_is_no_other_zone(workshop: Workshop) -> None:
    zone_id = make_zone().removeprefix("/hostedzone/")
    workshop.run(one_node(ALIAS), "up")
    workshop.run(one_node(replace(ALIAS, zone=zone_id)), "up")
    assert workshop.last.writes == []
    assert list(listed(zone_id)) == ["api.example.com."]


def test_it_moves_into_another_zone(workshop: Workshop) -> None:
    zone_id = make_zone()
    workshop.run(one_node(ALIAS), "up")
    other = second_zone()
    moved = replace(ALIAS, zone=other)
    workshop.run(one_node(moved), "up")
    assert (listed(zone_id), list(listed(other))) == ({}, ["api.example.com."])
    assert workshop.run(one_node(moved), "plan").changes["it"].action is Action.KEEP


@pytest.mark.parametrize("verb", ["up", "down"])
@pytest.mark.parametrize("where", list(Where))
@pytest.mark.parametrize("nth", [1, 2])
def test_a_move_that_was_cut_short_ends_by_either_command(
    served: None, workshop: Workshop, nth: int, where: Where, verb: str
) -> None:
    """Both zones then have the record, and the state knows the old one."""
    zone_id = make_zone()
    workshop.run(one_node(ALIAS), "up")
    other = second_zone()
    moved = one_node(replace(ALIAS, zone=other))
    with suppress(Died):
        workshop.run(moved, "up", recorder=Recorder(die=(where, nth)))
    workshop.run(moved, verb)
    assert (listed(zone_id), list(listed(other))) == ({}, ["api.example.com."][: verb == "up"])
    assert journaled(workshop) == ({"it"} if verb == "up" else set())
    if verb == "up":
        assert workshop.run(moved, "plan").changes["it"].action is Action.KEEP


def test_a_proof_whose_move_was_cut_short_stays_in_both(workshop: Workshop) -> None:
    zone_id = make_zone()
    workshop.run(one_node(PROOF), "up")
    other = second_zone()
    moved = one_node(replace(PROOF, zone=other))
    with pytest.raises(Died):
        workshop.run(moved, "up", recorder=Recorder(die=(Where.AFTER, 1)))
    workshop.run(moved, "up")
    assert workshop.last.writes == []
    assert list(listed(zone_id)) == list(listed(other)) == [PROOF.name]


def test_a_move_whose_answer_was_lost_ends_in_its_run(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    zone_id = make_zone()
    workshop.run(one_node(ALIAS), "up")
    other = second_zone()
    client: Any = type(new_aws().route53)
    change = client.change_resource_record_sets

    def unheard(self: Any, **request: Any) -> Any:
        monkeypatch.setattr(client, "change_resource_record_sets", change)
        change(self, **request)
        raise ReadTimeoutError(endpoint_url="https://route53.amazonaws.com")

    monkeypatch.setattr(client, "change_resource_record_sets", unheard)
    workshop.run(one_node(replace(ALIAS, zone=other)), "up")
    assert (listed(zone_id), list(listed(other))) == ({}, ["api.example.com."])


def test_what_somebody_else_has_in_the_new_zone_is_not_overwritten(workshop: Workshop) -> None:
    zone_id = make_zone()
    workshop.run(one_node(ALIAS), "up")
    other = second_zone()
    theirs = {"Name": ALIAS.name, "Type": "A", "TTL": 60}
    write(other, "CREATE", **theirs, ResourceRecords=[{"Value": "192.0.2.1"}])
    with pytest.raises(ApiError, match="already exists"):
        workshop.run(one_node(replace(ALIAS, zone=other)), "up")
    assert listed(other)["api.example.com."]["TTL"] == 60
    assert list(listed(zone_id)) == ["api.example.com."]


def test_a_record_for_ipv6_that_leads_elsewhere_is_told(workshop: Workshop) -> None:
    zone_id = make_zone()
    workshop.run(one_node(ALIAS), "up")
    values = [{"Value": "2001:db8::1"}]
    write(zone_id, "CREATE", Name="api.example.com", Type="AAAA", TTL=60, ResourceRecords=values)
    have = workshop.run(one_node(ALIAS), "plan").changes["it"].have
    assert isinstance(have, RecordSet)
    assert have.reported_problem() == "AAAA api.example.com leads its callers elsewhere"
    with pytest.raises(NotOwned, match="AAAA"):
        ALIAS.check_prerequisites(new_aws())


def test_a_cname_of_its_name_is_foreseen(workshop: Workshop) -> None:
    """Route 53 would refuse the record, so the conflict is reported before anything is created."""
    zone_id = make_zone()
    values = [{"Value": "There.Example.NET."}]
    write(zone_id, "CREATE", Name=ALIAS.name, Type="CNAME", TTL=60, ResourceRecords=values)
    with pytest.raises(NotOwned, match=r"CNAME api\.example\.com .* leads to there\.example\.net:"):
        ALIAS.check_prerequisites(new_aws())
    aws = new_aws()
    with pytest.raises(aws.route53.exceptions.InvalidChangeBatch, match="type CNAME with the same"):
        ALIAS.create(aws)
    replace(ALIAS, name="www.example.com").check_prerequisites(new_aws())


@pytest.mark.parametrize("by_id", [False, True])
@pytest.mark.parametrize("cut", ["dev", "eu.dev", "api.eu.dev"])
def test_a_name_that_is_delegated_away_is_foreseen(account: None, cut: str, by_id: bool) -> None:
    """Callers and ACM do not see this zone's records of the name."""
    zone_id = make_zone()
    elsewhere = {"Type": "NS", "TTL": 60, "ResourceRecords": [{"Value": "ns.example.net."}]}
    write(zone_id, "CREATE", Name=f"{cut}.example.com", **elsewhere)
    zone = zone_id.removeprefix("/hostedzone/") if by_id else "example.com"
    wanted = replace(ALIAS, zone=zone, name="API.eu.dev.example.com")
    with pytest.raises(
        ApiError, match=rf"NS {cut}\.example\.com in the zone example\.com"
    ) as refused:
        wanted.check_prerequisites(new_aws())
    assert "`api.domain.zone`" in refused.value.hint
    for seen in ("api.example.com", "dev.eu.example.com", "xdev.example.com", "example.com"):
        replace(wanted, name=seen).check_prerequisites(new_aws())
    recorder = Recorder()
    replace(ALIAS, zone=zone).check_prerequisites(new_aws(recorder))
    assert len(recorder.reads) == 2, "the zone, and what is at the name"


def test_a_name_in_the_delegated_zone_itself_is_seen(account: None) -> None:
    zone_id, name = make_zone(), "dev.example.com"
    elsewhere = {"Type": "NS", "TTL": 60, "ResourceRecords": [{"Value": "ns.example.net."}]}
    write(zone_id, "CREATE", Name=name, **elsewhere)
    make_zone(name)
    for inside in (f"api.{name}", name):
        replace(ALIAS, zone=name, name=inside).check_prerequisites(new_aws())


def test_a_name_of_another_zone_is_foreseen(account: None) -> None:
    """If the zone is given by id, only AWS knows its name."""
    zone_id = make_zone("example.org").removeprefix("/hostedzone/")
    with pytest.raises(ApiError, match=r"not inside the zone example\.org"):
        replace(ALIAS, zone=zone_id).check_prerequisites(new_aws())


def test_without_its_zone_it_is_told_what_to_make(workshop: Workshop) -> None:
    make_zone(private=True)
    with pytest.raises(PrerequisiteMissing, match=r"no public hosted zone example\.com") as missing:
        workshop.run(one_node(ALIAS), "up")
    assert "create the zone" in missing.value.hint


def test_down_works_when_the_zone_is_gone(workshop: Workshop) -> None:
    zone_id = make_zone()
    workshop.run(one_node(ALIAS), "up")
    write(
        zone_id,
        "DELETE",
        Name="api.example.com",
        Type="A",
        AliasTarget=listed(zone_id)["api.example.com."]["AliasTarget"],
    )
    new_aws().route53.delete_hosted_zone(Id=zone_id)
    workshop.run(one_node(ALIAS), "down")
    assert workshop.last.writes == []


def test_other_spellings_are_no_difference(workshop: Workshop) -> None:
    r"""AWS shows lower case, a last dot, and `*` as \052 (R5)."""
    zone_id = make_zone()
    record = replace(CNAME, name="*.API.Example.com", values=("Target.Example.COM",))
    write(
        zone_id,
        "CREATE",
        Name="zz.example.com",
        Type="CNAME",
        TTL=1,
        ResourceRecords=[{"Value": "x"}],
    )
    workshop.run(one_node(record), "up")
    assert "\\052.api.example.com." in listed(zone_id)
    write(
        zone_id,
        "UPSERT",
        Name="*.api.example.com",
        Type="CNAME",
        TTL=300,
        ResourceRecords=[{"Value": "target.example.com."}],
    )
    assert workshop.run(one_node(record), "up").changes["it"].action is Action.KEEP
    workshop.run(one_node(record), "down")
    assert list(listed(zone_id)) == ["zz.example.com."]


def test_text_is_compared_to_the_letter(served: None, workshop: Workshop) -> None:
    make_zone()
    record = replace(CNAME, name="t.example.com", type="TXT", values=('"Aa"', '"bB"'))
    workshop.run(one_node(record), "up")
    other = replace(record, values=('"Aa"', '"bb"'))
    assert workshop.run(one_node(other), "up").changes["it"].action is Action.UPDATE


# -- waiting and racing ----------------------------------------------------------------------


def test_a_change_is_waited_for(account: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change reaches all servers within a minute, or later (R4)."""
    make_zone()
    aws = new_aws()
    monkeypatch.setattr(
        type(aws.route53), "get_change", lambda self, **_: {"ChangeInfo": {"Status": "PENDING"}}
    )
    with pytest.raises(WaitTimeout, match=r"api\.example\.com to reach all .* 1800 s"):
        ALIAS.create(aws)


def test_one_deleted_by_another_meanwhile_is_gone(
    account: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error code is the same as for values that do not match (R3)."""
    zone_id = make_zone()
    aws = new_aws()
    ALIAS.create(aws)
    client = type(aws.route53)
    change = client.change_resource_record_sets

    def be_overtaken(self: Any, **request: Any) -> Any:
        monkeypatch.setattr(client, "change_resource_record_sets", change)
        change(self, **request)
        return change(self, **request)

    monkeypatch.setattr(client, "change_resource_record_sets", be_overtaken)
    ALIAS.delete(aws)
    assert listed(zone_id) == {}
