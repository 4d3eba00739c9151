"""A live API that gets a domain keeps its old address until the domain answers, and the reverse."""

from __future__ import annotations

from typing import Any

import pytest
from moto.acm.models import CertBundle

from provision.errors import NotOwned, WaitTimeout
from provision.model.risks import Impact
from provision.plan.change import Action
from provision.plan.plan import Result
from provision.plan.risks import risks_of
from provision.stack.outputs import outputs
from provision.steps.acm import reading
from tests.integration.api.shop import LIVE, MOVES, PUBLISHES, Api, Shop
from tests.integration.api.test_changes import BASE, ROUTES
from tests.support.harness import Died, Recorder, Where, new_aws
from tests.unit.steps.route53.test_record import make_zone, write

ZONE = "example.com"
NAME = f"api.{ZONE}"
WITH_DOMAIN: Api = {**BASE, "domain": {"name": NAME, "zone": ZONE}}
SWITCH = "UpdateRestApi"
DOORS = ("CreateDomainName", "CreateBasePathMapping", "ChangeResourceRecordSets")


def only_api() -> dict[str, Any]:
    (api,) = new_aws().apigateway.get_rest_apis()["items"]
    return dict(api)


def open_doors(shop: Shop) -> set[str]:
    """Return the addresses that reach the API: AWS's own, as the stage serves it, or a domain."""
    aws = new_aws()
    (stage,) = aws.apigateway.get_stages(restApiId=only_api()["id"])["item"]
    doors = {"own"} if shop.frozen[stage["deploymentId"]][1] else set()
    names = {one["domainName"] for one in aws.apigateway.get_domain_names()["items"]}
    zone = aws.route53.list_hosted_zones()["HostedZones"][0]["Id"]
    records = aws.route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    led = any(one["Name"] == f"{NAME}." and "AliasTarget" in one for one in records)
    mapped = names and aws.apigateway.get_base_path_mappings(domainName=NAME)["items"]
    return doors | ({"domain"} if led and mapped else set())


def never_issued(monkeypatch: pytest.MonkeyPatch) -> None:
    """Issue no certificate, and wait for a minute, not 75: that is 450 calls of moto."""
    monkeypatch.setattr(CertBundle, "check", lambda self: None)
    monkeypatch.setattr(reading, "ISSUED_BUDGET", 60)


def planned(shop: Shop, api: Api) -> Result:
    return shop.workshop.run(shop.stack(api), "plan")


def test_the_old_door_shuts_when_the_new_one_stands(shop: Shop) -> None:
    make_zone()
    shop.up(BASE)
    plan = planned(shop, WITH_DOMAIN)
    (risk,) = risks_of(plan.changes["api"])
    assert risk.impact is Impact.NEW_URL
    writes = shop.up(WITH_DOMAIN)
    assert shop.actions == [Action.UPDATE, Action.REPLACE, Action.UPDATE]
    assert shop.actions == [plan.changes[name].action for name in LIVE]
    shut = writes.index(SWITCH)
    assert all(door in writes[:shut] for door in DOORS)
    assert not set(writes[shut:]) & set(DOORS)
    assert writes[shut:] == [SWITCH, PUBLISHES, MOVES]
    assert writes.count(PUBLISHES) == writes.count(MOVES) == 1
    assert open_doors(shop) == {"domain"}
    shop.live(WITH_DOMAIN)


@pytest.mark.parametrize("lost", [False, True])
def test_while_the_certificate_is_not_issued_the_old_door_answers(
    shop: Shop, lost: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_zone()
    shop.up(BASE)
    with monkeypatch.context() as patch:
        never_issued(patch)
        for _ in range(2):
            with pytest.raises(WaitTimeout):
                shop.up(WITH_DOMAIN)
            assert not {SWITCH, PUBLISHES, MOVES} & set(shop.workshop.last.writes)
    assert open_doors(shop) == {"own"}
    assert planned(shop, WITH_DOMAIN).changes["api"].action is Action.UPDATE
    if lost:
        shop.workshop.forget()
    assert shop.up(WITH_DOMAIN)[-3:] == [SWITCH, PUBLISHES, MOVES]
    assert open_doors(shop) == {"domain"}
    shop.live(WITH_DOMAIN)


def test_where_the_record_is_another_s_the_old_door_stays_open(shop: Shop) -> None:
    zone = make_zone()
    theirs = [{"Value": "192.0.2.1"}]
    write(zone, "CREATE", Name=NAME, Type="A", TTL=60, ResourceRecords=theirs)
    shop.up(BASE)
    assert planned(shop, WITH_DOMAIN).changes["api.domain.record"].action is Action.FOREIGN
    with pytest.raises(NotOwned):
        shop.up(WITH_DOMAIN)
    assert not {SWITCH, PUBLISHES, MOVES} & set(shop.workshop.last.writes)
    assert open_doors(shop) == {"own"}


def test_what_waits_is_told(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    make_zone()
    shop.up(BASE)
    never_issued(monkeypatch)
    outcome = shop.outcome(WITH_DOMAIN)
    assert {outcome.changes[name].action for name in LIVE} == {Action.BLOCKED}
    assert set(outcome.failed) == {"api.domain"}
    assert set(LIVE) < set(outcome.unfinished)
    told = outputs(shop.site(WITH_DOMAIN), outcome.resources)["api_endpoint"]
    assert only_api()["id"] in told, "the address that answers"
    recorded = {name: one.step for name, one in shop.records().items()}
    assert outputs(shop.site(WITH_DOMAIN), recorded)["api_endpoint"] == told


def test_other_changes_do_not_wait_for_the_certificate(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_zone()
    shop.up(BASE)
    never_issued(monkeypatch)
    more = {"routes": {**ROUTES, "GET /b": "items"}}
    with pytest.raises(WaitTimeout):
        shop.up({**WITH_DOMAIN, **more})
    assert open_doors(shop) == {"own"}
    assert PUBLISHES not in shop.up({**BASE, **more}), "the route is served already"


def test_another_change_is_served_before_the_switch(shop: Shop) -> None:
    make_zone()
    shop.up(BASE)
    changed = {**WITH_DOMAIN, "cors": None}
    writes = shop.up(changed)
    assert writes.index(MOVES) < writes.index("CreateBasePathMapping")
    assert writes[-3:] == [SWITCH, PUBLISHES, MOVES]
    shop.live(changed)


def test_killed_after_any_write_one_door_is_open_and_the_next_up_goes_on(shop: Shop) -> None:
    make_zone()
    shop.up(BASE)
    number, ended = 0, False
    while not ended:
        number += 1
        try:
            shop.up(WITH_DOMAIN, Recorder(die=(Where.AFTER, number)))
            ended = True
        except Died:
            assert open_doors(shop), number
            if number % 2:
                shop.workshop.forget()
            shop.up(WITH_DOMAIN)
            assert open_doors(shop) == {"domain"}
            shop.live(WITH_DOMAIN)
        shop.up(BASE)
        assert open_doors(shop) == {"own"}
    assert number > len(DOORS) + 3


def test_the_old_door_is_open_before_the_domain_goes(shop: Shop) -> None:
    make_zone()
    shop.up(WITH_DOMAIN)
    writes = shop.up(BASE)
    opened = max(writes.index(name) for name in (SWITCH, PUBLISHES, MOVES))
    going = ("DeleteBasePathMapping", "DeleteDomainName", "ChangeResourceRecordSets")
    assert all(writes.index(name) > opened for name in going)
    for number in range(1, len(writes), 2):
        shop.up(WITH_DOMAIN)
        assert open_doors(shop) == {"domain"}
        with pytest.raises(Died):
            shop.up(BASE, Recorder(die=(Where.AFTER, number)))
        assert open_doors(shop), number
        shop.up(BASE)
        assert open_doors(shop) == {"own"}
    shop.live(BASE)


def test_one_that_somebody_opened_is_shut_at_once(shop: Shop) -> None:
    make_zone()
    shop.up(WITH_DOMAIN)
    patch: Any = [{"op": "replace", "path": "/disableExecuteApiEndpoint", "value": "false"}]
    new_aws().apigateway.update_rest_api(restApiId=only_api()["id"], patchOperations=patch)
    assert shop.up(WITH_DOMAIN).count(PUBLISHES) == 1
    assert open_doors(shop) == {"domain"}


def test_a_new_api_has_never_had_another_door(shop: Shop) -> None:
    make_zone()
    writes = shop.up(WITH_DOMAIN)
    assert SWITCH not in writes
    assert writes.count(PUBLISHES) == 1
    assert open_doors(shop) == {"domain"}
