"""An independent scanner checks the whole stack in an account: `make scan`.

checkov reads a template that is written from the emulated account's own answers. It has its own
environment, because it pins another boto3; so the test suite runs without it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

from tests.conformance.security.export import export
from tests.conformance.security.world import emulated, up


class Listed(NamedTuple):
    """Accepted violations, with their reasons."""

    where: str
    demand: str
    why: str


LISTED: Final = {
    "CKV_AWS_23": Listed(
        "AWS::EC2::SecurityGroup",
        "Every rule of a security group has a description",
        "the functions' group has one rule, which the group's own description explains",
    ),
    "CKV_AWS_115": Listed(
        "AWS::Lambda::Function",
        "A function has reserved concurrency",
        "it would permanently reduce every other function's concurrency; the requests that reach "
        "the function are limited at the stage and by the usage plan",
    ),
    "CKV_AWS_120": Listed(
        "AWS::ApiGateway::Stage",
        "The stage has a cache",
        "answers must be the table's present content",
    ),
}


def main(scanner: str) -> int:
    """Scan; return 0 if exactly the listed violations are found."""
    with tempfile.TemporaryDirectory() as folder, emulated(Path(folder) / "state") as workshop:
        template = Path(folder) / "account.json"
        template.write_text(export(up(workshop)), "utf-8")
        command = [scanner, "--file", str(template), "--framework", "cloudformation"]
        command += ["--output", "json", "--quiet", "--skip-download"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    report = json.loads(done.stdout)
    found = {check["check_id"]: check for check in report["results"]["failed_checks"]}
    summary = report["summary"]
    lines = [
        f"{'listed' if name in LISTED else 'NEW'} {name} {check['resource']}: {check['check_name']}"
        for name, check in sorted(found.items())
    ]
    lines += [f"GONE {name}: take it off the list" for name in LISTED.keys() - found.keys()]
    lines.append(f"checkov {summary['checkov_version']}: {summary['passed']} checks passed")
    sys.stdout.write("\n".join(lines) + "\n")
    return int(found.keys() != LISTED.keys() or not summary["passed"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
