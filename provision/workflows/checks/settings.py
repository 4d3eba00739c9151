"""Checks limits, dead letters and live versions by what AWS shows: no flood and no failure."""

from __future__ import annotations

from typing import Final

from provision.stack.functions import LIVE
from provision.steps.apigateway.method_settings import EVERY_METHOD, methods_in
from provision.steps.lambda_.event_invoke import EventInvoke
from provision.workflows.checks.check import EndpointCheck
from provision.workflows.checks.round import Round
from provision.workflows.checks.target import CheckTarget
from provision.workflows.checks.verdict import Verdict, failed, passed

PLAN_SUBJECT: Final = "usage plan"
STAGE_SUBJECT: Final = "stage"


def functions(target: CheckTarget) -> list[str]:
    return [f"function.{name}" for name in target.inputs.config.functions]


def function_named(subject: str) -> str:
    """Return the function of a subject of `functions`."""
    return subject.removeprefix("function.")


def _limited(target: CheckTarget) -> list[str]:
    """Return the usage plan, the stage, and the routes with a limit of their own."""
    routes = [f"{p.method} {p.path}" for p in target.inputs.config.api.route_list if p.throttle]
    return [PLAN_SUBJECT, STAGE_SUBJECT, *routes]


def _throttle(this: Round, subject: str) -> Verdict:
    if subject not in {PLAN_SUBJECT, STAGE_SUBJECT}:
        return _throttle_of_route(this, subject)
    wanted = this.target.inputs.config.api.throttle
    want = _limits(wanted.rate, wanted.burst)
    if subject == STAGE_SUBJECT:
        stage = this.deployed.stage
        every = stage.get("methodSettings", {}).get(EVERY_METHOD, {}) if stage else {}
        have = _limits(every.get("throttlingRateLimit"), every.get("throttlingBurstLimit"))
        return passed(have) if have == want else failed(want, have)
    plan = this.plan
    if plan is None:
        return failed(want, "there is no usage plan")
    throttle, quota = plan.get("throttle", {}), plan.get("quota") or {}
    have = _limits(throttle.get("rateLimit"), throttle.get("burstLimit"))
    limit = this.target.inputs.config.api.quota
    want = f"{want}, {_quota(limit.limit, limit.period) if limit else 'no quota'}"
    have = f"{have}, {_quota(quota.get('limit'), quota.get('period')) if quota else 'no quota'}"
    return passed(have) if have == want else failed(want, have)


def _throttle_of_route(this: Round, subject: str) -> Verdict:
    wanted = this.target.inputs.config.api.routes[subject].throttle
    assert wanted is not None
    want = _limits(wanted.rate, wanted.burst)
    stage = this.deployed.stage
    methods = methods_in(stage.get("methodSettings", {})) if stage else ()
    own = next((one for one in methods if one.label == subject), None)
    if own is None:
        return failed(want, "the stage has no limit for it")
    have = _limits(own.rate, own.burst)
    return passed(have) if have == want else failed(want, have)


def _limits(rate: float | None, burst: int | None) -> str:
    return f"rate {rate:g}, burst {burst}" if rate is not None else "no limit"


def _quota(limit: int | None, period: str | None) -> str:
    return f"{limit} a {(period or '?').lower()}"


def _dead_letters(this: Round, subject: str) -> Verdict:
    function, target = function_named(subject), this.target
    wanted = target.inputs.config.functions[function].retries
    queue = target.inputs.location.arn(
        "sqs", target.inputs.aws_name("function", function, "dead-letters")
    )
    want = f"queue {queue}, {_retries(wanted.attempts, wanted.max_age)}, no destination"
    live = this.configuration(function)
    if live is None:
        return failed(want, "there is no live version")
    have_queue = live.get("DeadLetterConfig", {}).get("TargetArn")
    if have_queue != queue:
        return failed(f"queue {queue}", f"queue {have_queue or 'none'}")
    asked = EventInvoke(
        function=target.aws_function(function),
        qualifier=LIVE,
        retries=wanted.attempts,
        max_age=wanted.max_age,
    )
    have = asked.observe(this.aws)
    if have is None:
        return failed(want, "AWS's defaults")
    if have.destinations:
        return failed("no destination", ", ".join(have.destinations))
    shown = _retries(have.retries, have.max_age)
    return (
        passed(shown) if have == asked else failed(_retries(wanted.attempts, wanted.max_age), shown)
    )


def _retries(attempts: int, max_age: int) -> str:
    return f"{attempts} retries, {max_age} s"


def _live_active(this: Round, subject: str) -> Verdict:
    want = "State Active, LastUpdateStatus Successful"
    live = this.configuration(function_named(subject))
    if live is None:
        return failed(want, f"there is no version behind {LIVE}")
    state, update = live.get("State"), live.get("LastUpdateStatus")
    have = f"State {state}, LastUpdateStatus {update}"
    reason = live.get("StateReason") or live.get("LastUpdateStatusReason") or ""
    return passed(f"version {live.get('Version')}") if have == want else failed(want, have, reason)


SETTINGS_CHECKS: Final = (
    EndpointCheck(
        id="throttle",
        subjects=_limited,
        ask=_throttle,
    ),
    EndpointCheck(
        id="dead-letters",
        noun="function",
        subjects=functions,
        ask=_dead_letters,
    ),
    EndpointCheck(
        id="live-active",
        noun="function",
        subjects=functions,
        ask=_live_active,
    ),
)
