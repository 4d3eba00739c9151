"""Commands in messages repeat how the program was called, so that they can be pasted."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from provision.commands.invocation import Invocation, called
from provision.errors import ProvisionError


def test_what_is_printed_works_as_pasted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tool = tmp_path / "bin" / "provision"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(tool)])
    monkeypatch.setenv("PATH", str(tmp_path))
    assert called() == str(tool)
    monkeypatch.setenv("PATH", str(tool.parent))
    assert called() == "provision"
    monkeypatch.setattr(sys, "argv", ["/x/provision/__main__.py"])
    monkeypatch.setattr(sys, "orig_argv", ["/a venv/bin/python", "-m", "provision"])
    assert called() == "'/a venv/bin/python' -m provision"


GIVEN = (("--config", "a wish.yaml"), ("--env", "prod"), ("--profile", "it's mine"))


def call(program: str = "./bin/provision", *, aws: str = "aws") -> Invocation:
    return Invocation(("up",), program=program, given=GIVEN, aws=aws)


@pytest.mark.parametrize("program", ["provision", "./bin/provision", "'my tools/provision'"])
def test_a_command_is_typed_as_the_program_was_called_once_with_what_was_given(
    program: str,
) -> None:
    told = call(program).expand_hint("`provision plan` shows it; then `provision up --adopt x.y`.")
    more = shlex.join(word for option in GIVEN for word in option)
    assert told == f"`{program} plan {more}` shows it; then `{program} up --adopt x.y {more}`."
    assert call(program).expand_hint(told) == told
    assert shlex.split(told.split("`")[1])[-1] == "it's mine"


def test_what_a_command_says_itself_is_not_said_twice() -> None:
    said = {
        "provision up --env dev": "--config 'a wish.yaml'",
        "provision up --local": "--config 'a wish.yaml'",
        "provision up --env=dev --config=b": "",
    }
    for command, more in said.items():
        rest = shlex.join(GIVEN[2])
        told = call().pasteable(command)
        assert told == " ".join(
            filter(None, ["./bin/provision", *shlex.split(command)[1:], more, rest])
        )


def test_that_an_environment_is_new_is_said_of_that_one_only() -> None:
    new = Invocation(program="provision", given=(("--env", "pr-7"), ("--new-env",)))
    assert new.pasteable("provision up p.json") == "provision up p.json --env pr-7 --new-env"
    assert new.pasteable("provision up --env dev") == "provision up --env dev"
    assert new.pasteable("provision up --new-env") == "provision up --new-env --env pr-7"


def test_the_emulator_is_led_to_by_what_it_knows() -> None:
    options = (("--config", "a.yaml"), ("--local",), ("--local-port", "4999"), ("--region", "r"))
    local = Invocation(program="provision", given=options)
    told = local.pasteable("provision local stop")
    assert told == "provision local stop --config a.yaml --local-port 4999"


def test_a_verb_alone_is_a_word_and_no_command() -> None:
    for words in ("what `up` does", "`--yes`", "`provision`", "provision up makes it"):
        assert call().expand_hint(words) == words


def test_a_name_that_cannot_be_quoted_inside_backticks_is_left_as_it_is() -> None:
    words = "`provision plan --out 'a`b'`"
    assert call().expand_hint(words) == words


def test_commands_of_aws_reach_the_same_account() -> None:
    queue = "aws sqs delete-queue --queue-url $(aws sqs get-queue-url --queue-name x)"
    told = call(aws="aws --profile work").expand_hint(f"`{queue}`")
    assert told == (
        "`aws --profile work sqs delete-queue"
        " --queue-url $(aws --profile work sqs get-queue-url --queue-name x)`"
    )
    assert call(aws="aws --profile work").expand_hint(told) == told
    assert call().pasteable(queue) == queue
    several = 'aws iam detach-role-policy && until [ "$(aws x)" = 0 ]; do sleep 5; done && aws y'
    assert call(aws="aws --profile work").pasteable(several) == several.replace(
        "aws ", "aws --profile work "
    )
    assert call().pasteable("") == "", "no command is known"
    listing = "aws configure list-profiles"  # with a missing profile, it fails
    assert call(aws="aws --profile nobody").pasteable(listing) == listing
    local = call(aws="AWS_ACCESS_KEY_ID=test aws --endpoint-url http://127.0.0.1:4566")
    assert local.pasteable(queue).count("AWS_ACCESS_KEY_ID=test aws --endpoint-url") == 2


def test_errors_are_put_into_words_whole(capsys: pytest.CaptureFixture[str]) -> None:
    error = ProvisionError("`provision up` failed", hint="`provision plan` shows why")
    assert call().fail(error) == 1
    told = capsys.readouterr().err
    assert told.count("./bin/provision") == 2
    assert told.count("--env prod") == 2
    assert error.hint == "`provision plan` shows why"  # as it was raised
    assert told.rstrip().endswith("""--env prod --profile 'it'"'"'s mine'` shows why""")
