"""Environments: what is merged, what null means, and problems inside overlays."""

from __future__ import annotations

from pathlib import Path

import pytest

from provision.config import ConfigInvalid, Secret, load
from tests.unit.config.sample import SAMPLE, changed, line_of, load_text, problems_of


def with_prod(overlay: str) -> str:
    """Return the sample with another overlay for prod, given as lines without indentation."""
    lines = "".join(f"    {line}\n" for line in overlay.splitlines())
    return changed("    functions: {items: {memory: 1024}}\n", lines)


def test_the_file_says_which_environment(path: Path) -> None:
    assert load_text(path, SAMPLE).prefix == "tap-dev"
    assert load_text(path, SAMPLE).functions["items"].memory == 512


def test_the_argument_says_it_louder(path: Path) -> None:
    config = load_text(path, SAMPLE, "prod")
    assert config.environment == "prod"
    assert config.prefix == "tap-prod"
    assert config.functions["items"].memory == 1024


@pytest.mark.parametrize("environment", ["dev", "local", "test"])
def test_an_environment_needs_no_overlay(path: Path, environment: str) -> None:
    without = SAMPLE[: SAMPLE.index("environments:")]
    assert load_text(path, without, environment).environment == environment


def test_an_environment_only_on_the_command_line(path: Path) -> None:
    text = changed("environment: dev\n", "")
    assert load_text(path, text, "dev").environment == "dev"
    assert [each.key for each in problems_of(path, text)] == ["environment"]


def test_a_bad_name_on_the_command_line_is_blamed_on_it(path: Path) -> None:
    problems = problems_of(path, SAMPLE, "Prod")
    assert [problem.file for problem in problems] == ["--env (or PROVISION_ENV)"]
    assert 'found text "Prod"; for example "prod"' in str(problems[0])


def test_mappings_merge_and_all_else_replaces(path: Path) -> None:
    overlay = (
        "tags: {Owner: us}\nfunctions: {items: {layers: [], timeout: 5}}\n"
        "api: {keys: [a, b], routes: {GET /items: {function: items, query: [x]}}}"
    )
    config = load_text(path, with_prod(overlay), "prod")
    assert config.tags == {"Environment": "production", "Owner": "us"}
    function = config.functions["items"]
    assert (function.layers, function.timeout, function.memory) == ((), 5, 512)
    assert config.api.keys == ("a", "b")
    assert config.api.routes["GET /items"].query == ("x",)
    assert len(config.api.routes) == 3


def test_what_is_text_here_may_be_a_secret_there(path: Path) -> None:
    text = changed(
        "LOG_LEVEL: INFO", "A1: plain, B1: {secret: ssm:b, key: alias/ours}, C1: {secret: ssm:c}"
    )
    old = "    functions: {items: {memory: 1024}}\n"
    values = "{A1: {secret: ssm:a}, B1: plain, C1: {key: alias/c}}"
    new = f"    functions: {{items: {{environment: {values}}}}}\n"
    prod = load_text(path, changed(old, new, text), "prod").functions["items"].environment
    assert prod["A1"] == Secret(secret="ssm:a")
    assert prod["B1"] == "plain"
    assert prod["C1"] == Secret(secret="ssm:c", key="alias/c")


def test_null_removes_what_has_a_name(path: Path) -> None:
    overlay = "tags: {Environment: null}\napi: {routes: {GET /items: null}}"
    config = load_text(path, with_prod(overlay), "prod")
    assert config.tags == {}
    assert "GET /items" not in config.api.routes
    assert load_text(path, with_prod(overlay)).tags == {"Environment": "production"}


def test_null_is_null_where_it_may_be(path: Path) -> None:
    overlay = (
        "account: null\ntables: {items: {expire: null}}\napi: {cors: null, domain: null}\n"
        "monitoring: {alarms: {function_errors: null}}"
    )
    config = load_text(path, with_prod(overlay), "prod")
    assert config.account is None
    assert config.tables["items"].expire is None
    assert config.api.cors is None
    assert config.monitoring.alarms.function_errors is None


def test_null_gives_any_other_its_default(path: Path) -> None:
    overlay = "network: {zones: null}\nfunctions: {items: {memory: null, environment: null}}"
    text = changed("zones: 2", "zones: 3", with_prod(overlay))
    config = load_text(path, text, "prod")
    assert config.network.zones == 2
    assert config.functions["items"].memory == 512
    assert config.functions["items"].environment == {}


def test_null_for_what_has_no_default_is_missing(path: Path) -> None:
    problems = problems_of(path, with_prod("region: null"))
    assert [problem.key for problem in problems] == ["region"]
    assert "(in environment prod)" in problems[0].message


def test_an_overlay_of_nothing(path: Path) -> None:
    assert load_text(path, changed("  local: {}", "  local:"), "local").environment == "local"


def test_other_overlays_are_checked_too(path: Path) -> None:
    text = with_prod("tables:\n  items:\n    reed: {min: 5}\nfunctions: {items: {timeout: 30}}")
    found = {problem.key: problem.line for problem in problems_of(path, text, "local")}
    assert found == {
        "environments.prod.tables.items.reed": line_of(text, "reed"),
        "environments.prod.functions.items.timeout": line_of(text, "timeout: 30"),
    }


def test_a_problem_of_the_base_is_said_once(path: Path) -> None:
    assert len(problems_of(path, changed("memory: 512", "memory: 1"))) == 1


def test_a_key_of_the_base_is_blamed_where_it_is_first_written(path: Path) -> None:
    text = with_prod('api: {routes: {"POST /items/": {query: [x]}}}')
    text = changed("    POST /items: {", "    POST /items/: {", text)
    problems = problems_of(path, text)
    assert [problem.line for problem in problems] == [line_of(text, "    POST /items/")]


def test_a_problem_only_an_overlay_brings_names_it(path: Path) -> None:
    text = with_prod("layers: {dependencies: null}")
    problems = problems_of(path, text)
    assert [problem.line for problem in problems] == [line_of(text, "    layers: [dep")]
    assert 'there is no layer "dependencies" (in environment prod)' in str(problems[0])
    own = problems_of(path, text, "prod")
    assert "(in environment" not in str(own[0])


def test_region_on_the_command_line(path: Path) -> None:
    path.write_text(SAMPLE)
    assert load(path, environment=None, region="eu-west-1").region == "eu-west-1"
    with pytest.raises(ConfigInvalid) as caught:
        load(path, environment=None, region="eu-wset-1")
    (problem,) = caught.value.problems
    assert problem.file.startswith("--region")
    assert 'did you mean "eu-west-1"?' in str(problem)


def test_region_only_on_the_command_line(path: Path) -> None:
    path.write_text(changed("region: us-east-1\n", ""))
    assert load(path, environment=None, region="cn-north-1").region == "cn-north-1"


def test_a_region_in_an_overlay(path: Path) -> None:
    assert load_text(path, with_prod("region: eu-west-1"), "prod").region == "eu-west-1"
    assert load_text(path, with_prod("region: eu-west-1")).region == "us-east-1"
    problems = problems_of(path, with_prod("region: eu-west-9"))
    assert [problem.key for problem in problems] == ["environments.prod.region"]


def test_more_environments_than_are_worth_checking(path: Path) -> None:
    """The first environment beyond the limit is reported, and none of them is checked."""
    without = SAMPLE[: SAMPLE.index("environments:")]
    some = [f"  e{number}: {{memry: 1}}\n" for number in range(51)]
    text = f"{without}environments:\n{''.join(some)}"
    (problem,) = problems_of(path, text)
    assert problem.key == "environments.e50"
    assert problem.line == line_of(text, "e50")
    assert problem.message == "51 environments, and a file has at most 50"
    assert len(problems_of(path, text.replace(some[-1], ""))) == 50


@pytest.mark.parametrize(
    ("overlay", "meant"),
    [
        ("tables: {itms: {read: {min: 7}}}", "items"),
        ("functions: {itmes: {memory: 256}}", "items"),
        ("layers: {dependancies: {}}", "dependencies"),
        ("api: {routes: {GET /itemss: {query: [kind]}}}", "GET /items"),
        ("tables: {orders: {read: {min: 7}}}", ""),
    ],
)
def test_a_misspelt_name_is_told_which_it_may_be(path: Path, overlay: str, meant: str) -> None:
    """To complete the misspelt entry, as once suggested, would create a second table."""
    problems = problems_of(path, with_prod(overlay), "prod")
    assert problems
    for problem in problems:
        assert problem.message.startswith("missing: ")
        asked = f'did you mean "{meant}"? If not, add "' if meant else 'add "'
        assert problem.suggestion.startswith(asked)


def test_of_two_new_tables_none_is_told_to_be_the_other(path: Path) -> None:
    problems = problems_of(path, with_prod("tables: {orders: {}, order: {}}"), "prod")
    assert [problem.suggestion[:4] for problem in problems] == ["add "] * 2


def test_an_entry_that_the_file_itself_has_no_more_is_to_be_removed(path: Path) -> None:
    (problem,) = problems_of(path, with_prod("layers: {old: {}}"))
    assert problem.key == "environments.prod.layers.old"
    assert problem.suggestion.startswith('add "source: ')
    assert problem.suggestion.endswith(
        ", or remove environments.prod.layers.old if it was removed from layers itself"
    )
