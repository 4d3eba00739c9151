"""Values that are secret by their name are masked in every output, and changes of them are seen."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from botocore.exceptions import ParamValidationError

from provision.plan.change import diff_fields
from provision.sanitizing.masking import MASKED, Masked, plain_secrets, says_secret
from provision.state.record import from_json, to_json
from provision.steps.lambda_.configuration import observed_digest
from provision.steps.lambda_.function import Function
from provision.views.formatting import format_value
from tests.integration.test_cli import CONFIG, Provision, home, provision  # noqa: F401  (fixtures)
from tests.unit.config.sample import SAMPLE, furnish, problems_of

VALUE = "horse-battery"
FUNCTION = Function(
    name="tap-dev-items",
    runtime="python3.13",
    handler="app.handler",
    role="arn:role",
    code_sha256="x",
    zip="y",
    log_group="z",
    environment={"API_KEY": VALUE, "LOG_LEVEL": "INFO"},
    tags={},
)


def with_key(value: str) -> Function:
    return replace(FUNCTION, environment={"API_KEY": value, "LOG_LEVEL": "INFO"})


@pytest.mark.parametrize(
    ("secret", "names"),
    [
        (True, "API_KEY api_key apiKey KEY APIKEY clientKey TOKEN accessToken GITHUBTOKEN"),
        (True, "SECRET CLIENT_SECRET clientSecret SECRETS DB_PASSWORD PASSWORD_HASH pgpasswd"),
        (True, "AWS_CREDENTIALS Credential DB_PWD PASSPHRASE JWT_SIGNING_KEY"),
        (
            True,
            "DB_PASS dbPass PASS SECRET_VALUE SECRET_1 TOKENS TOKEN_V2 PRIVATE_KEY PRIVATE_KEY_PEM",
        ),
        (
            True,
            "JWT_SECRET_1 CREDS AWS_CREDS GITHUB_PAT SENTRY_DSN SALT HASH_SALT WEBHOOK_URL KEY2",
        ),
        (True, "SLACK_WEBHOOK_URL API_KEY_V2 privateKey"),
        (False, "COMPASS BYPASS PATH SPAT SECRET_ARN SECRETARY TOKENIZER BASALT PASS_RATE"),
        (False, "LOG_LEVEL MONKEY KEYBOARD TABLE_ITEMS MAX_TOKENS TOKEN_TTL SECRET_NAME KEY_ID"),
    ],
)
def test_which_names_say_that_they_are_secret(secret: bool, names: str) -> None:
    assert {name: says_secret(name) for name in names.split()} == dict.fromkeys(
        names.split(), secret
    )


def test_where_a_secret_is_kept_is_none() -> None:
    kept = {"STRIPE_KEY": "ssm:/tap/stripe", "PASSWORD": "secretsmanager:tap/db"}
    assert replace(FUNCTION, environment=kept).environment == kept
    assert plain_secrets(kept | {"TOKEN": "x", "PLACE": "y"}) == ["TOKEN"]


@pytest.mark.parametrize("text", ["ssm:hunter2", "ssm:/a b", "secretsmanager:", "SSM:/tap/x"])
def test_what_only_begins_like_a_reference_is_a_secret(text: str) -> None:
    assert plain_secrets({"DB_PASSWORD": text}) == ["DB_PASSWORD"]


def test_an_address_with_a_password_is_a_secret_whatever_its_name() -> None:
    environment = {
        "DATABASE": "postgres://me:horse@db:5432/x",
        "CACHE": "redis://:horse@cache",
        "PLACE": "https://example.com:443/a",
        "USER_ONLY": "ssh://git@example.com",
    }
    function = replace(FUNCTION, environment=environment)
    assert "horse" not in repr(function) + json.dumps(to_json(function))
    assert plain_secrets(environment) == ["DATABASE", "CACHE"]


def test_a_masked_value_shows_itself_nowhere() -> None:
    value = FUNCTION.environment["API_KEY"]
    for text in (repr(value), str(value), f"{value}", repr(FUNCTION), format_value(value)):
        assert VALUE not in text
    assert format_value(FUNCTION.environment) == "{API_KEY: (masked), LOG_LEVEL: INFO}"
    assert VALUE not in json.dumps(to_json(FUNCTION))
    assert FUNCTION.environment["LOG_LEVEL"] == "INFO"
    with pytest.raises(TypeError):
        json.dumps(value)
    with pytest.raises(TypeError):
        pickle.dumps(value)
    with pytest.raises(TypeError):
        copy.deepcopy(value)


def test_a_record_of_it_is_equal_to_the_value_and_to_no_other() -> None:
    read = from_json(Function, json.loads(json.dumps(to_json(FUNCTION))))
    assert read == FUNCTION
    assert to_json(read) == to_json(FUNCTION)
    assert diff_fields(with_key("other"), read, None) != ()
    assert read != with_key("other")
    assert VALUE not in repr(vars(read))
    older = to_json(FUNCTION) | {"environment": {"API_KEY": VALUE, "LOG_LEVEL": "INFO"}}
    assert from_json(Function, older) == FUNCTION  # it was written before values were masked


def test_the_digest_is_of_this_function_and_variable_alone() -> None:
    environment = {"API_KEY": VALUE, "OTHER_KEY": VALUE}
    values = [
        replace(FUNCTION, name=name, environment=environment).environment[variable].digest
        for name in ("one", "two")
        for variable in environment
    ]
    assert len(set(values)) == 4
    assert Masked("a", "s").digest == "5f971b7ae69ca164cf1dbf9998973b14"


def test_what_was_only_recorded_is_never_sent() -> None:
    read = from_json(Function, to_json(FUNCTION))
    assert isinstance(read, Function)
    with pytest.raises(ValueError, match="not known"):
        read._request()
    assert FUNCTION._request()["Environment"] == {
        "Variables": {"API_KEY": VALUE, "LOG_LEVEL": "INFO"}
    }
    with pytest.raises(ParamValidationError):  # nor is the mask itself
        boto3.client("lambda", region_name="us-east-1").update_function_configuration(
            FunctionName="f", Environment={"Variables": FUNCTION.environment}
        )


def test_a_version_of_another_value_is_another() -> None:
    one, other = FUNCTION.configuration(), with_key("other").configuration()
    assert one != other
    assert from_json(Function, to_json(FUNCTION)) == FUNCTION
    read = from_json(Function, to_json(FUNCTION))
    assert isinstance(read, Function)
    assert read.configuration() == one, "push publishes by what is recorded"
    shown: Any = {
        "FunctionName": FUNCTION.name,
        "Role": FUNCTION.role,
        "Runtime": FUNCTION.runtime,
        "Handler": FUNCTION.handler,
        "TracingConfig": {"Mode": "Active"},
        "LoggingConfig": {"LogFormat": "JSON", "LogGroup": "z"},
        "Environment": {"Variables": {"API_KEY": VALUE, "LOG_LEVEL": "INFO"}},
    }
    assert observed_digest(shown) == one


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("1234567890", "found a number (masked)"),
        (f"[{VALUE}]", "found a list"),
        (f"{{secret: {VALUE}}}", "found text (masked)"),
    ],
)
def test_a_problem_with_it_does_not_tell_it(tmp_path: Path, written: str, says: str) -> None:
    text = SAMPLE.replace("{LOG_LEVEL: INFO}", "{API_KEY: " + written + "}", 1)
    (problem,) = problems_of(furnish(tmp_path), text)
    assert says in problem.message
    assert not {VALUE, "1234567890"} & {*f"{problem.message} {problem.suggestion}".split('"')}


@pytest.mark.parametrize(
    "written", [f"API_KEY={VALUE}", f'{{"API_KEY={VALUE}": x}}', f'{{"https://u:{VALUE}@h": x}}']
)
def test_a_secret_written_as_a_shell_has_it_is_not_told(tmp_path: Path, written: str) -> None:
    text = SAMPLE.replace("environment: {LOG_LEVEL: INFO}", f"environment: {written}", 1)
    (problem,) = problems_of(furnish(tmp_path), text)
    assert VALUE not in str(problem)
    assert "(masked)" in problem.message


def test_config_check_says_where_it_belongs(
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
) -> None:
    functions = {"items": CONFIG["functions"]["items"] | {"environment": {"API_KEY": VALUE}}}
    (home / "config.yaml").write_text(yaml.safe_dump(CONFIG | {"functions": functions}))
    checked = provision("-v", "config", "check")
    assert checked.code == 0
    assert (
        "functions.items.environment.API_KEY: it looks like a secret by its name or form"
        in checked.err
    )
    assert '`{secret: "ssm:/…"}`' in checked.err
    assert f"API_KEY: {MASKED}" in checked.out
    assert VALUE not in checked.out + checked.err
