"""Explains the errors that end a command before it works on the stack, by their codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from provision.workflows.explanations.entries import ErrorEntry

SETUP_ERRORS: Final[Mapping[str, ErrorEntry]] = {
    "usage-error": ErrorEntry(
        "The command line cannot be parsed, or its words contradict each other. No call was made.",
        (
            "a misspelt option or command, or a value of the wrong form",
            "two options that exclude each other, such as --watch and --json",
            "a name of a node, function or environment that config.yaml does not have",
            "no terminal to ask on, and no --yes",
        ),
        ("`provision --help` lists the commands, and `provision up --help` the options of one",),
        exit_code=2,
    ),
    "unlisted-environment": ErrorEntry(
        "--env names an environment that config.yaml does not list below `environments`. It is"
        " refused, because a misspelt name would otherwise create a second stack.",
        ("a misspelt name", "an environment that is meant and not written down yet"),
        (
            "give the name that the message suggests",
            "`provision up --env NAME --new-env` if it is meant",
        ),
        exit_code=2,
    ),
    "config-invalid": ErrorEntry(
        "config.yaml cannot be used. Every problem is listed with its line and key, and nothing"
        " was called.",
        (
            "a misspelt key, a wrong type or a value out of range",
            "a reference to a table, function or layer that does not exist",
            "a request that AWS would refuse, such as a name that is too long",
        ),
        (
            "`provision config check` lists the problems of all environments",
            "`provision config schema --write` lets an editor mark them while you type",
        ),
        exit_code=3,
    ),
    "wrong-account": ErrorEntry(
        "The credentials or the region lead elsewhere than the stack: its state, its saved plan or"
        " `account:` in config.yaml names another account or region. Nothing was changed.",
        (
            "another profile than usual, or AWS_PROFILE set by another project",
            "--region without the --state of the stack in that region",
        ),
        (
            "`aws sts get-caller-identity` shows the account of the credentials",
            "`provision plan --profile NAME` uses others",
        ),
        exit_code=7,
    ),
    "no-credentials": ErrorEntry(
        "The AWS SDK found no credentials, or AWS no longer accepts those it found.",
        (
            "an expired session of single sign-on or of a role",
            "no profile, or a misspelt one",
            "a clock of this machine that is minutes off: AWS then refuses every signature",
        ),
        (
            "`aws sso login` or `aws configure`",
            "`provision plan --profile NAME`",
            "`provision up --local` needs no account",
        ),
    ),
    "region-disabled": ErrorEntry(
        "The account has not enabled the region, so that its credentials do not work there.",
        (
            "a region that accounts must enable first, such as eu-south-1",
            "a session token from the global endpoint of STS, which such regions refuse",
        ),
        ("`aws account enable-region --region-name REGION`", "`provision plan --region R`"),
    ),
    "unreachable": ErrorEntry(
        "An endpoint gives no answer, so it is not known what AWS would say.",
        (
            "no network, or a proxy or firewall in the way",
            "AWS_ENDPOINT_URL that leads to an emulator which does not run",
        ),
        ("`env | grep -i -e proxy -e endpoint`", "`provision local start` starts the emulator"),
    ),
    "untrusted-endpoint": ErrorEntry(
        "An endpoint that is neither AWS nor this machine would receive real credentials. Nothing"
        " was sent.",
        ("AWS_ENDPOINT_URL from another project, or from a file of the AWS configuration",),
        (
            "`unset AWS_ENDPOINT_URL`",
            "`provision plan --allow-endpoint` if that host may have them",
        ),
    ),
    "address-unusable": ErrorEntry(
        "A setting that names an endpoint is not a valid URL.",
        ("AWS_ENDPOINT_URL without http:// or https://",),
        ("`unset AWS_ENDPOINT_URL`, or write it like http://localhost:4566",),
    ),
    "emulator-missing": ErrorEntry(
        "The embedded emulator behind --local is not installed.",
        ("an installation without the extra `local`",),
        ("type the command that the error prints: it fits this installation",),
    ),
    "emulator-failed": ErrorEntry(
        "The emulator did not start, or its folder cannot be used.",
        ("another command is starting or stopping it", "a folder that this user cannot write to"),
        ("wait and run the command again", "`provision local stop`, then `provision local start`"),
    ),
    "port-taken": ErrorEntry(
        "Another program listens on the port where the emulator should.",
        ("the emulator of another folder", "a port that was named for another program"),
        ("`provision up --local --local-port N`", "leave --local-port out: a free one is found"),
    ),
    "files-in-the-way": ErrorEntry(
        "`provision init` would overwrite files, so it wrote nothing. All of them are listed.",
        ("a folder that already has a project",),
        ("`provision init DIR` in another folder", "`provision init --force` overwrites them"),
    ),
    "wrong-target": ErrorEntry(
        "A layer cannot be built for the function's runtime and architecture.",
        ("a runtime that Lambda no longer has", "a package whose wheel is for another processor"),
        ("name a runtime such as python3.13, and arm64 or x86_64, in config.yaml",),
    ),
    "wheel-install-failed": ErrorEntry(
        "The packages of a layer could not be installed.",
        (
            "no connection to the package index",
            "a hash or a version that the index does not have",
            "a package without a wheel for Lambda",
        ),
        ("correct requirements.txt as the message says, then `provision plan`",),
    ),
    "packaging-failed": ErrorEntry(
        "The code of a function or the content of a layer cannot be packed.",
        (
            "a source that is missing, too large or outside of the configuration's folder",
            "a line of requirements.txt that names no pinned version with its hash",
        ),
        ("correct the file that the message names, then `provision config check`",),
    ),
    "cache-failed": ErrorEntry(
        "The folder where built packages are kept cannot be written to.",
        ("a full disk", "a folder of another user"),
        ("free space, or `export XDG_CACHE_HOME=DIR` with another folder",),
    ),
    "zip-unusable": ErrorEntry(
        "The zip of a function or layer cannot be sent to Lambda.",
        (
            "more than the 50 MiB that Lambda takes in a direct upload",
            "files that changed or disappeared since the plan was made",
        ),
        ("remove what the code does not import, or run the command again",),
    ),
}
