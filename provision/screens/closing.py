"""How a run ends: what was done, in how long, and for `up` the first request to send."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from rich.console import Console
from rich.text import Text

from provision.access import Calls
from provision.finding import Action
from provision.run import Outcome
from provision.screens.words import SIGNS, counted, program, seconds
from provision.stack.site import Site


def print_receipt(console: Console, outcome: Outcome, calls: Calls, spent: float) -> None:
    """One line: what was done, in how many seconds and calls."""
    counts: Counter[Action] = Counter(
        f.action for n, f in outcome.findings.items() if n not in outcome.failed
    )
    done = [
        f"{counts[action]} {SIGNS[action].done}"
        for action in (Action.CREATE, Action.UPDATE, Action.REPLACE, Action.DELETE)
        if counts[action]
    ]
    kept = [f for f in outcome.findings.values() if f.action is Action.KEEP and f.have and f.reason]
    text = Text(", ".join(done) or "nothing to do", style="bold")
    text.append(f" in {seconds(spent)}", style="default")
    reads, writes = counted(calls.read, "read"), counted(calls.write, "write")
    text.append(f"  ({reads}, {writes})", style="dim")
    console.print(text)
    for finding in kept:
        console.print(f"  kept {finding.node} ({finding.label}): {finding.reason}", soft_wrap=True)


def print_welcome(console: Console, outputs: Mapping[str, str], site: Site, *, local: bool) -> None:
    """The outputs, how to get the key, and a request that works as pasted."""
    for name, value in outputs.items():
        console.print(f"{name}: {value}", soft_wrap=True)
    endpoint = outputs.get("api_endpoint")
    if not endpoint:
        return
    route = next((r.path for r in site.config.api.route_list if r.method == "GET"), "/")
    ask = (
        f"{program()} outputs api_key --local"
        if local
        else f"{program()} --env {site.config.environment} outputs api_key"
    )
    console.print()
    console.print(f"The key:   {ask}", soft_wrap=True)
    console.print(f'A request: curl -H "x-api-key: $({ask})" {endpoint}{route}', soft_wrap=True)
