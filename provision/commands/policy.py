"""Runs `provision policy`: prints the deployer's policies and the boundary of the stack's roles."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

import botocore.session
from botocore.exceptions import NoCredentialsError

from provision import LOCAL_ENVIRONMENT
from provision.aws.access import Access, Location, location_of
from provision.aws.client import Aws
from provision.commands.offline_config import offline_config
from provision.commands.session import Session
from provision.config import Config
from provision.errors import ApiError, NoCredentials, UsageError
from provision.files import HOME, replace_private
from provision.permissions.policies import MOST_CHARACTERS, Policy
from provision.sanitizing.text import put_document
from provision.stack import StackInputs, build_stack
from provision.stack.packages import NoPackages
from provision.state.journal import Journal
from provision.steps import KINDS
from provision.views.json_documents import policies_document
from provision.workflows.boundary_policy import boundary_policy, is_exact
from provision.workflows.deployer_policy import ONCE, Purpose, deployer_policies
from provision.workspace import Options


def deployer(session: Session, purpose: str, out: Path | None) -> int:
    """Print the policies of the deployer, with --json as one document.

    With `out`, write each into a file there instead, and print how to create it in IAM.
    """
    inputs = _offline_inputs(session)
    found = _policies(inputs, session.options, Purpose(purpose))
    if session.call.as_json:
        bound = {"for": purpose, "boundary": inputs.config.boundary}
        session.call.answer(policies_document(inputs, found, bound))
        return 0
    _show(session, inputs, found, out)
    if not out:
        session.say(
            f"`provision policy deployer --for {purpose} --out DIR` writes each to a file, and"
            " prints how to create it."
        )
    session.say(
        "Attach all of them to the user or role that runs provision. `provision explain KIND` says"
        " what the actions for a kind of resource are."
    )
    if purpose in {Purpose.PLAN, Purpose.STATUS}:
        session.say(
            "It permits no writes, and no reading of a table's items. It does permit reading the"
            " values of all API keys of the account and region, because API Gateway has no separate"
            " action for that; the code and plain variables of the stack's functions; and the trust"
            " policy of any role whose name is known. Give it only to those who may see these."
        )
    if once := [policy.name for policy in found if policy.name.endswith(ONCE)]:
        session.say(
            f"{once[0]} is for the `up` that creates the key: detach it afterwards. Its holder can"
            " make any key of the account that has neither an alias nor an owner the stack's."
        )
    if not inputs.config.boundary and _give_rights(found):
        session.say(
            "Without `boundary:` in config.yaml they are equivalent to administrator access: their"
            " holder can give the stack's roles any permission, and run code as these roles."
            " `provision policy boundary` prints a boundary that the stack works under."
        )
    return 0


def boundary(session: Session, out: Path | None) -> int:
    """Print or write one policy, which bounds the stack's roles once config.yaml names it."""
    inputs = _offline_inputs(session)
    found = boundary_policy(inputs)
    if found.characters > MOST_CHARACTERS:
        raise ApiError(
            f"a boundary for {inputs.config.prefix} has {found.characters} characters, and IAM"
            f" allows {MOST_CHARACTERS}",
            hint="keep secrets under fewer names, or write a boundary of your own",
        )
    arn = _arn(inputs, found)
    if session.call.as_json:
        session.call.answer(policies_document(inputs, (found,), {"arn": arn}))
        return 0
    _show(session, inputs, (found,), out)
    if not out:
        session.say(
            "`provision policy boundary --out DIR` writes it to a file, and prints how to create"
            " it."
        )
    if not is_exact(inputs, found):
        session.say(
            "There are too many names for one policy: it covers all that begin with"
            f" {inputs.config.prefix}-, other stacks' too."
        )
    session.say(
        "These lines in config.yaml put it on every role of this environment. In another"
        " environment it would deny the functions everything:"
    )
    for line in overlay(inputs.config.environment, arn):
        session.say(line)
    session.say(
        "Create it before `up`, and update it before you add tables, functions, secrets or a key."
        " The policies of `provision policy deployer` do not permit changing it; no other policy of"
        " their holder should."
    )
    return 0


def overlay(environment: str, arn: str) -> tuple[str, ...]:
    """Return the lines for config.yaml. At its top level they would bound every environment."""
    return ("environments:", f"  {environment}:", f"    boundary: {arn}")


def _give_rights(found: Iterable[Policy]) -> bool:
    return any("iam:PutRolePolicy" in json.dumps(policy.document) for policy in found)


def _offline_inputs(session: Session) -> StackInputs:
    """Return the stack's inputs without its sources. Zones and a given key are patterns."""
    config = offline_config(session)
    if config.environment == LOCAL_ENVIRONMENT:
        raise UsageError(
            "the emulator needs no permissions",
            hint="name an environment that runs in AWS, such as --env prod",
        )
    where = _where(config, session.options)
    return StackInputs(
        config,
        where,
        tuple(f"{where.region}-{number}" for number in range(config.network.zones)),
        NoPackages(),
        lambda api, stage: f"{api}/{stage}",
        where.arn("kms", "key/*") if config.encryption.key.startswith("alias/") else "",
    )


def _show(session: Session, inputs: StackInputs, found: Sequence[Policy], out: Path | None) -> None:
    """Print the policies, or write each into a file and print how to create and renew it in IAM."""
    for policy in found:
        session.say(f"{policy.name}: {policy.characters} of {MOST_CHARACTERS} characters")
        text = json.dumps(policy.document, indent=2)
        if out:
            path = _written(out, policy, text)
            session.say(f"create it: `{_making(policy, path)}`")
            session.say(f"or, if it exists: `{_renewing(inputs, policy, path)}`")
        else:
            put_document(text)
    if out:
        session.say(
            "IAM keeps five versions of a policy: before a sixth, delete one that"
            " `aws iam list-policy-versions --policy-arn"
            f" {_arn(inputs, found[0])}` shows, with `aws iam delete-policy-version --policy-arn"
            f" {_arn(inputs, found[0])} --version-id v1`."
        )


def _written(folder: Path, policy: Policy, text: str) -> Path:
    """Write the policy into a file and return its path."""
    path = folder / f"{policy.name}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        replace_private(path, f"{text}\n".encode())
    except OSError as error:
        raise UsageError(
            f"--out {folder}: {path} cannot be written: {error.strerror or error}",
            hint="name a directory that can be written to",
        ) from error
    return path


def _making(policy: Policy, path: Path) -> str:
    document = shlex.quote(f"file://{path}")
    return f"aws iam create-policy --policy-name {policy.name} --policy-document {document}"


def _renewing(inputs: StackInputs, policy: Policy, path: Path) -> str:
    document = shlex.quote(f"file://{path}")
    return (
        f"aws iam create-policy-version --policy-arn {_arn(inputs, policy)} --policy-document"
        f" {document} --set-as-default"
    )


def _arn(inputs: StackInputs, policy: Policy) -> str:
    return inputs.location.arn("iam", f"policy/{policy.name}", region=False)


def _policies(inputs: StackInputs, options: Options, purpose: Purpose) -> tuple[Policy, ...]:
    config, stack = inputs.config, build_stack(inputs)
    home = options.config.resolve().parent / HOME
    known = Journal.read(options.state or home / config.environment, config.prefix, KINDS)
    orphans = {
        name: record.step for name, record in known.records.items() if name not in stack.nodes
    }
    return deployer_policies(stack, orphans, inputs.location, purpose)


def _where(config: Config, options: Options) -> Location:
    """Return the location, from config.yaml if that names the account, otherwise from AWS."""
    if not config.account:
        try:
            return Aws(Access(config.region, options.profile)).location
        except NoCredentialsError as error:
            raise NoCredentials(
                "config.yaml names no account, and no AWS credentials were found to look it up",
                hint='account: "012345678901" in config.yaml, or `aws configure`',
            ) from error
    core = botocore.session.Session(profile=options.profile)
    return location_of(core, config.account, config.region)
