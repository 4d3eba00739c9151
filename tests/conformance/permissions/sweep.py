"""docs/permissions.md: the life cycle without each action, by `make permissions-sweep`.

It is between two marks, above the tables that `make permissions` writes.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from importlib.metadata import version
from pathlib import Path

from tests.conformance.permissions.denial import Taking, enforcing_account, taking
from tests.conformance.permissions.full_page import PAGE
from tests.conformance.permissions.lifecycle import live
from tests.faults.crashes.report import commit

BEGIN = "<!-- from here: make permissions-sweep -->"
END = "<!-- to here: make permissions-sweep -->"
_LEFT_TO_AWS = "without permission to read the rest of a network, AWS itself refuses to delete it"
STAYED = {
    "dynamodb:ListTables": "without it, a second table with an owner tag is not found",
    **dict.fromkeys(
        (
            "ec2:DescribeEgressOnlyInternetGateways",
            "ec2:DescribeInternetGateways",
            "ec2:DescribeNetworkAcls",
            "ec2:DescribeVpcPeeringConnections",
            "ec2:DescribeVpnGateways",
        ),
        _LEFT_TO_AWS,
    ),
    "iam:ListAccountAliases": "the account's name is only shown, and left out without it",
    "iam:ListInstanceProfilesForRole": "without it, AWS itself refuses to delete a role in use",
    "lambda:InvokeFunction": "moto would run the code in a container; the test answers instead",
}
"""Actions of calls that did not fail, and why."""


def swept(directory: Path, wanted: Callable[[str], bool]) -> Taking:
    """Return the whole life cycle, with every wanted action once not allowed."""
    with enforcing_account():
        liver = taking(directory, wanted)
        live(liver)
        return liver


WORDS = """\
`make permissions-sweep`, on {day} at {commit} with moto {moto}: of the {granted} actions
in the policies of `test_deployer.py`'s life cycle, moto checks the {called} that a call is named
after. Each was removed for the first command that makes such a call: {failed} times the command
failed, {named} times naming the action. The others are not refused by moto, but by the project's
own rules, line by line:

| action | why moto allows the call |
|---|---|
"""


def section(liver: Taking) -> str:
    """Return the section, as text and a table, from the run."""
    granted = {line.action for guard in liver.life.guards.values() for line in guard.index.found}
    failed = {action for action, words in liver.said.items() if words}
    named = {action for action in failed if action.lower() in liver.said[action].lower()}
    stayed = set(liver.said) - failed
    if unexplained := sorted(stayed - STAYED.keys()):
        sys.exit(f"nothing failed without {', '.join(unexplained)}: why? (STAYED)")
    passed = {action: STAYED[action] for action in stayed}
    for action in granted - set(liver.said):
        passed[action] = f"AWS also requires it for {', '.join(asked_beside(liver, action))}"
    today = datetime.now(UTC)
    words = WORDS.format(
        day=f"{today.day} {today:%B %Y}",
        commit=commit(),
        moto=version("moto"),
        granted=len(granted),
        called=len(liver.said),
        failed=len(failed),
        named=len(named),
    )
    return words + "\n".join(f"| `{action}` | {why} |" for action, why in sorted(passed.items()))


def asked_beside(liver: Taking, action: str) -> list[str]:
    """Return the calls for which AWS requires it."""
    return sorted(
        {
            judged.sent.operation
            for guard in liver.life.guards.values()
            for judged in guard.judged
            for ask in judged.asks
            if fnmatchcase(ask.action, action)
        }
    )


def main() -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        os.environ[name] = "testing"
    os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
    with tempfile.TemporaryDirectory() as folder:
        liver = swept(Path(folder), lambda _: True)
    for action, words in liver.said.items():
        print(action, words.partition("\n")[0][:150], sep="\t")  # noqa: T201
    page = PAGE.read_text("utf-8")
    above, below = page.partition(BEGIN)[0], page.partition(END)[2]
    PAGE.write_text(f"{above}{BEGIN}\n\n{section(liver)}\n\n{END}{below}", "utf-8")


if __name__ == "__main__":
    main()
