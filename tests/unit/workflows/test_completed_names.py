"""The words that Tab offers are those that the commands take."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from provision.config.schema.json_schema import SchemaNode, config_shape
from provision.stack.outputs import output_names
from provision.workflows import completed_names
from provision.workflows.completed_names import config_keys_of, output_names_of
from provision.workflows.names_on_disk import Outline, outline_of
from tests.support.sample_stack import ROOT

OUTLINE = Outline(functions=("a", "b"), tables=("t",), layers=("l",))


def paths(shape: SchemaNode, way: tuple[str, ...] = ()) -> Iterator[str]:
    for key, inner in shape.fields.items():
        yield ".".join((*way, key))
        yield from paths(inner, (*way, key))
    if shape.named and not shape.fields:
        yield from paths(shape.named, (*way, completed_names.ANY_NAME))


def test_the_keys_are_those_of_the_schema() -> None:
    named = f".{completed_names.ANY_NAME}."
    wanted = [
        path
        for path in dict.fromkeys(paths(config_shape()))
        if not path.startswith(("api.routes.", "api.models.")) and path.count(named) < 2
    ]
    assert list(completed_names.KEY_PATHS) == wanted


def test_keys_have_the_names_of_the_file() -> None:
    keys = list(config_keys_of(OUTLINE))
    assert {"functions.a.memory", "functions.b.memory"} <= {*keys}
    assert {"tables.t.key", "layers.l.source"} <= {*keys}
    assert not any("<" in key for key in keys)


def test_outputs_are_named_as_the_stack_names_them() -> None:
    found = set(output_names_of(OUTLINE))
    assert {*output_names("table_name", "t", ("t",))} <= found
    for short in completed_names.OF_FUNCTIONS:
        assert {*output_names(short, "a", ("a", "b"))} <= found
        assert short not in found
    assert {"api_endpoint", "api_key", "api_key_id", "api_keys.default"} <= found


def test_routes_keys_and_tables_of_all_environments(tmp_path: Path) -> None:
    whole = outline_of(ROOT / "config.yaml")
    assert "PUT /items/{id}" in whole.routes
    assert (whole.keys, whole.tables, whole.layers) == (
        ("default",),
        ("items",),
        ("dependencies",),
    )
    path = tmp_path / "config.yaml"
    path.write_text(
        "api: {keys: [web, 'a b'], routes: {GET /a: f}}\n"
        "environments: {prod: {api: {keys: [partner], routes: {GET /b: f}}}}\n"
    )
    found = outline_of(path)
    assert (found.keys, found.routes) == (("web", "partner"), ("GET /a", "GET /b"))
