"""`provision policy deployer`: the policies of whoever runs the commands, printed for IAM."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import botocore.session
from botocore.exceptions import NoCredentialsError

from provision.access import Access, Where, where_of
from provision.aws import Aws
from provision.commands.session import Session
from provision.commands.unlisted import refuse
from provision.config import Config, load
from provision.config.check import check_values
from provision.config.read import refuse_linked
from provision.errors import NoCredentials, Usage
from provision.journal import Journal
from provision.opening import LOCAL, Options
from provision.permissions.deployer import Purpose, deployer_policies
from provision.permissions.policy import MOST_CHARACTERS, Policy
from provision.printable import put_document
from provision.private import replace_private
from provision.sources import NoSources
from provision.stack import Site, build_stack
from provision.steps import KINDS


def deployer(session: Session, purpose: str, out: Path | None) -> int:
    """Prints the documents, one after the other, or with --json in one of their own; or writes each
    into a file in `out`, and says how to make it.
    """
    options = session.options
    if not options.allow_outside:
        refuse_linked(options.config)
    config = load(
        options.config,
        environment=options.environment,
        region=options.region,
        check=check_values,
        unlisted=session.judge_unlisted(refuse(session.call)),
    )
    if config.environment == LOCAL:
        raise Usage(
            "the emulator asks for no permissions",
            hint="name an environment that runs in AWS, such as --env prod",
        )
    found = _policies(config, options, Purpose(purpose))
    if session.call.as_json:
        session.call.answer(json.dumps(_document(config, purpose, found), indent=2))
        return 0
    for policy in found:
        session.say(f"{policy.name}: {policy.characters} of {MOST_CHARACTERS} characters")
        text = json.dumps(policy.document, indent=2)
        if out:
            session.say(f"make it: `{_making(policy, _written(out, policy, text))}`")
        else:
            put_document(text)
    if not out:
        session.say(
            f"`provision policy deployer --for {purpose} --out DIR` writes each into a file, and"
            " says how to make it."
        )
    session.say(
        "Attach all of them to whoever runs provision. docs/permissions.md says what each action is"
        " for."
    )
    return 0


def _written(folder: Path, policy: Policy, text: str) -> Path:
    """The file that the policy is in now."""
    path = folder / f"{policy.name}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        replace_private(path, f"{text}\n".encode())
    except OSError as error:
        raise Usage(
            f"--out {folder}: {path} cannot be written: {error.strerror or error}",
            hint="name a directory that can be written to",
        ) from error
    return path


def _making(policy: Policy, path: Path) -> str:
    document = shlex.quote(f"file://{path}")
    return f"aws iam create-policy --policy-name {policy.name} --policy-document {document}"


def _policies(config: Config, options: Options, purpose: Purpose) -> tuple[Policy, ...]:
    where = _where(config, options)
    stack = build_stack(
        Site(
            config,
            where,
            tuple(f"{where.region}-{number}" for number in range(config.network.zones)),
            NoSources(),
            lambda api, stage: f"{api}/{stage}",
            where.arn("kms", "key/*") if config.encryption.key.startswith("alias/") else "",
        )
    )
    home = options.config.resolve().parent / ".provision"
    known = Journal.read(options.state or home / config.environment, config.prefix, KINDS)
    forgotten = {
        name: record.step for name, record in known.records.items() if name not in stack.nodes
    }
    return deployer_policies(stack, forgotten, where, purpose)


def _where(config: Config, options: Options) -> Where:
    """From config.yaml where it names the account, else asked of AWS."""
    if not config.account:
        try:
            return Aws(Access(config.region, options.profile)).where
        except NoCredentialsError as error:
            raise NoCredentials(
                "config.yaml names no account, and no AWS credentials were found to ask which",
                hint='account: "012345678901" in config.yaml, or `aws configure`',
            ) from error
    core = botocore.session.Session(profile=options.profile)
    return where_of(core, config.account, config.region)


def _document(config: Config, purpose: str, found: tuple[Policy, ...]) -> dict[str, object]:
    return {
        "schema": 1,
        "stack": config.prefix,
        "environment": config.environment,
        "region": config.region,
        "for": purpose,
        "policies": [
            {"name": each.name, "characters": each.characters, "document": each.document}
            for each in found
        ],
    }
