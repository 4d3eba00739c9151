"""Shows how a run ended: what was done, kept and backed up, and after `up` a first request."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from rich.console import Console
from rich.text import Text

from provision.config import Config
from provision.config.schema.api import Api, RouteParts
from provision.config.schema.secrets import Secret
from provision.model.stored_data import Backup
from provision.plan.change import WRITES, Action, ResourceChange
from provision.plan.plan import Result
from provision.steps.lambda_.alias import Alias
from provision.steps.sns.subscription import Subscription
from provision.views.console import broken, columns
from provision.views.formatting import ACTION_STYLES
from provision.views.plan_summary import DOINGS
from provision.workflows.leftovers import LeftoverReport
from provision.workflows.removal_report import RemovalReport


def print_receipt(console: Console, result: Result, command: Callable[..., str]) -> None:
    """Print what was done, who does not receive alarms yet, what was kept and the backups made.

    `command` builds a command line that can be pasted.
    """
    _print_done(console, result)
    for step in result.resources.values():
        if isinstance(step, Subscription) and not step.confirmed:
            words = f"○ {step.endpoint} must follow the link in AWS's mail: until then"
            console.print(f"{words} no alarm is delivered", style="yellow", soft_wrap=True)
    kept = [f for f in result.changes.values() if f.action is Action.KEEP and f.have and f.reason]
    _print_kept(console, kept)
    _print_backups(console, result.backups, command)


def untried_words(result: Result) -> Iterator[str]:
    """Yield each version that went live although its import check gave no answer, and why."""
    for node, step in result.resources.items():
        moved = node in result.changes and result.changes[node].action in WRITES
        if moved and isinstance(step, Alias) and step.untried:
            function = node.removesuffix(".alias")
            key = shlex.quote(function.removeprefix("function."))
            log = f"its log: `provision logs {key} --since 15m`"
            yield f"{function}: version {step.version} went live untried: {step.untried}; {log}"


def secret_words(config: Config, result: Result) -> Iterator[str]:
    """Yield how to store each secret that a function was just given to read.

    Whether the secret exists is not checked: the deployer has no permission on secrets.
    """
    for key, function in config.functions.items():
        change = result.changes.get(f"function.{key}")
        if change is None or change.action not in WRITES or not _gets_variables(change):
            continue
        for secret in function.secrets:
            put = _putting(secret, config.region)
            yield f"{change.node} reads {secret.name}; unless it has a value: `{put}`"


def _gets_variables(change: ResourceChange) -> bool:
    return change.have is None or any(each.field == "environment" for each in change.diffs)


def _putting(secret: Secret, region: str) -> str:
    """Return the command that stores a secret.

    It reads the value from standard input, so that it is in no shell history.
    """
    name = shlex.quote(secret.name)
    option = "--key-id" if secret.store == "ssm" else "--kms-key-id"
    key = f" {option} {shlex.quote(secret.key)}" if secret.key else ""
    if secret.store == "ssm":
        return (
            f"aws ssm put-parameter --name {name} --type SecureString{key}"
            f' --value "$(cat)" --region {region}'
        )
    return (
        f"aws secretsmanager create-secret --name {name}{key}"
        f' --secret-string "$(cat)" --region {region}'
    )


def print_removal(
    console: Console,
    result: Result,
    receipt: RemovalReport | None,
    command: Callable[..., str],
    *,
    where: str,
    stop: str = "",
) -> None:
    """Print what `down` removed, what it kept and why, and what else of the stack was found.

    `stop` is the command that ends the emulator; empty except on local.
    """
    _print_done(console, result)
    if receipt is None:
        return
    _print_kept_by_down(console, receipt.kept, command)
    _print_backups(console, receipt.backups, command)
    for node, words in receipt.in_progress.items():
        console.print(f"  still finishing {node}: {words}", soft_wrap=True)
    _print_search(console, receipt.search, where)
    if stop:
        console.print(f"The emulator runs on in the background, until: {stop}", soft_wrap=True)


def _print_done(console: Console, result: Result) -> None:
    counts = Counter(f.verb for n, f in result.changes.items() if n not in result.failed)
    done = [f"{counts[doing]} {ACTION_STYLES[doing].done}" for doing in DOINGS if counts[doing]]
    if done or not result.failed:  # else the final error says it
        console.print(Text(", ".join(done) or "nothing to do", style="bold"), soft_wrap=True)


def _print_kept(console: Console, kept: Iterable[ResourceChange]) -> None:
    for change in kept:
        told = Text(f"  kept {change.node} ({change.label}): {change.reason}")
        for line in broken(told, columns(console), "    "):
            console.print(line, soft_wrap=True)


def _print_kept_by_down(
    console: Console, kept: Iterable[ResourceChange], command: Callable[..., str]
) -> None:
    """Print what was kept. Where several hold data, one command that deletes them all is last."""
    each = list(kept)
    held = [change.node for change in each if _DELETES.search(change.reason)]
    if len(held) < 2:  # noqa: PLR2004  (one has its command in its reason)
        _print_kept(console, each)
        return
    _print_kept(console, (replace(one, reason=_DELETES.sub("", one.reason)) for one in each))
    words = [word for node in held for word in ("--destroy", node)]
    console.print(f"    to delete them all: {command('down', *words)}", soft_wrap=True)


def _print_backups(
    console: Console, backups: Mapping[str, Backup], command: Callable[..., str]
) -> None:
    for node, backup in backups.items():
        console.print(f"  backed up {node} as of {backup.made}: {backup.arn}", soft_wrap=True)
        console.print(f"    to restore it: {backup.restore}", soft_wrap=True)
        console.print(f"    and then: {command('up', '--adopt', node)}", soft_wrap=True)
        for arn in backup.earlier:
            console.print(f"    an earlier one, with less or other data: {arn}", soft_wrap=True)


def _print_search(console: Console, search: LeftoverReport, where: str) -> None:
    for words in search.not_searched:
        console.print(f"  not searched: {words}", style="yellow", soft_wrap=True)
    if not search.found:
        most = " as far as could be searched" if search.not_searched else ""
        console.print(f"  nothing else of this stack was found in {where}{most}", soft_wrap=True)
    elif search.not_searched:
        console.print("  found, as far as could be searched:", soft_wrap=True)
    for one in search.found:
        seen = "left over" if one.confirmed else "still listed by AWS, perhaps already deleted"
        goes = f": {one.goes}" if one.goes else ""
        console.print(f"  {seen}: {one.node} {one.arn}{goes}", style="yellow", soft_wrap=True)
        if one.delete_command:
            console.print(f"    to remove it: {one.delete_command}", soft_wrap=True)


_DELETES: Final = re.compile(r"; `[^`]*` deletes it$")
"""The end of the reason why data is kept."""


@dataclass(frozen=True)
class NextSteps:
    """The commands to type after `up`, as the user called the program.

    `stop` is empty except on local.
    """

    ask_key: str
    logs: str
    stop: str


def print_welcome(
    console: Console, outputs: Mapping[str, str], api: Api, following: NextSteps
) -> None:
    """Print the outputs, how to get the API key, and a request.

    The request is answered 2xx as it is pasted. If no route allows that, it is one to complete.
    """
    for name, value in outputs.items():
        console.print(f"{name}: {value}", soft_wrap=True)
    lines = list(_following(outputs.get("api_endpoint", ""), api, following))
    if lines:
        console.print()
    for line in lines:
        console.print(line, soft_wrap=True)


def _following(endpoint: str, api: Api, following: NextSteps) -> Iterator[str]:
    if following.stop:
        yield f"The emulator runs on in the background, until: {following.stop}"
        yield "It checks no permissions (IAM): a grant that a function lacks fails on AWS only."
    if not endpoint:
        return
    yield f"Its logs: {following.logs}"
    yield f"The API key: {following.ask_key}"
    header = f' -H "x-api-key: $({following.ask_key})"'
    if (plain := plain_route(api)) is not None:
        yield "A request:"
        yield f"curl{header if plain.key else ''} {shlex.quote(endpoint + plain.path)}"
        return
    first = api.route_list[0]
    url = shlex.quote(endpoint + first.path)
    yield "No route is a GET without parameters. A request to complete with what this route needs:"
    yield f"curl -X {first.method}{header if first.key else ''} {url}"


def plain_route(api: Api) -> RouteParts | None:
    """Return the first route that a GET reads with nothing but the key, or None.

    One that takes a key is preferred to a public one.
    """
    plain = [
        route
        for route in api.route_list
        if route.method == "GET" and "{" not in route.path and not (route.query or route.auth)
    ]
    return next((route for route in plain if route.key), next(iter(plain), None))
