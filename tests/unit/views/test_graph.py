"""The formats of a graph: every node and edge is in them, and no name is markup."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
from xml.etree import ElementTree as ET

import pytest

from provision.config import load
from provision.config.checks import check_values
from provision.stack import AREAS
from provision.views.graph.dot import as_dot
from provision.views.graph.layout import WIDTH, AreaLayout, Box, Layout, lay_out
from provision.views.graph.mermaid import as_mermaid, excess_of
from provision.views.graph.svg import as_svg
from provision.workflows.stack_graph import GraphNode, StackGraph, drawn_needs, graph_of
from provision.workflows.troubles import State
from tests.conformance.permissions.lifecycle import FULL
from tests.support.sample_stack import ROOT, configured

HOSTILE = 'api.x"]\n</text><script>alert(1)</script>\x1b[2J\u202e\\N#quot;<br/>'


@pytest.fixture(scope="module")
def shipped() -> StackGraph:
    return graph_of(load(ROOT / "config.yaml", environment="prod", check=check_values))


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> StackGraph:
    return graph_of(configured(tmp_path_factory.mktemp("full"), FULL))


def hostile() -> StackGraph:
    nodes = {
        HOSTILE: GraphNode(HOSTILE, "k<i>", "API Gateway", (), State.DRIFTED),
        "table.a": GraphNode("table.a", "dynamodb.table", "DynamoDB", (HOSTILE,)),
        "gone": GraphNode("gone", "sns.topic", "Other", (), State.ORPHAN),
    }
    return StackGraph(HOSTILE, nodes)


def layout_of(graph: StackGraph) -> Layout:
    return lay_out(graph, lambda name: 6.0 * len(name))


def boxes_of(layout: Layout) -> dict[str, Box]:
    return {name: box for area in layout.areas for name, box in area.nodes.items()}


def apart(one: Box, other: Box) -> bool:
    return (
        one.x + one.width <= other.x
        or other.x + other.width <= one.x
        or one.y + one.height <= other.y
        or other.y + other.height <= one.y
    )


def within(inner: Box, outer: Box) -> bool:
    return (
        outer.x <= inner.x
        and outer.y <= inner.y
        and inner.x + inner.width <= outer.x + outer.width + 0.01
        and inner.y + inner.height <= outer.y + outer.height + 0.01
    )


@pytest.mark.parametrize("name", ["shipped", "full"])
def test_nothing_overlaps_and_all_is_within_800_pixels(
    name: str, request: pytest.FixtureRequest
) -> None:
    graph: StackGraph = request.getfixturevalue(name)
    layout = layout_of(graph)
    assert boxes_of(layout).keys() == graph.nodes.keys()
    picture = Box(0, 0, WIDTH, layout.height)
    for area in layout.areas:
        assert within(area.box, picture), area.heading
        assert all(within(box, area.box) for box in area.nodes.values()), area.heading
        for one, other in itertools.combinations(area.nodes, 2):
            assert apart(area.nodes[one], area.nodes[other]), (one, other)
    for one_area, other_area in itertools.combinations(layout.areas, 2):
        assert apart(one_area.box, other_area.box)


def test_a_node_is_below_all_that_it_needs_in_its_area(full: StackGraph) -> None:
    layout = layout_of(full)
    for area in layout.areas:
        for name, box in area.nodes.items():
            for need in full.nodes[name].needs:
                if need in area.nodes:
                    assert area.nodes[need].y < box.y, (need, name)


def test_an_area_is_below_those_it_needs(shipped: StackGraph) -> None:
    layout = lay_out(shipped, lambda _: 110)
    tops = {area.heading: area.box.y for area in layout.areas}
    assert tops["Network"] < tops["Lambda"] < tops["API Gateway"]
    others = {top for heading, top in tops.items() if heading != "DynamoDB"}
    assert tops["DynamoDB"] in others, "it needs no other area, and there is room beside one"


def test_a_picture_is_as_wide_as_its_areas_say() -> None:
    lone = StackGraph("x", {"api": GraphNode("api", "k", "API Gateway", ())})
    (area,) = lay_out(lone, lambda _: 50).areas
    assert isinstance(area, AreaLayout)
    assert area.box.x + area.box.width == WIDTH - 10


def test_every_area_has_a_colour(full: StackGraph) -> None:
    headings = {area.heading for area in layout_of(full).areas}
    assert headings == set(AREAS.values())
    strokes = re.findall(r'fill-opacity="0.06" stroke="(#\w+)"', as_svg(full))
    assert len(set(strokes)) == len(headings)


def test_an_svg_has_every_node_and_edge(full: StackGraph) -> None:
    root = ET.fromstring(as_svg(full))  # noqa: S314  (our own)
    titles = [each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}title")]
    assert [title.partition(" (")[0] for title in titles[1:]] == [
        name for area in layout_of(full).areas for name in area.nodes
    ]
    edges = root.findall("{http://www.w3.org/2000/svg}path")
    assert len(edges) == sum(len(needs) for needs in drawn_needs(full).values())


def test_names_are_text_in_an_svg() -> None:
    text = as_svg(hostile())
    root = ET.fromstring(text)  # noqa: S314  (our own)
    assert {each.tag.partition("}")[2] for each in root.iter()} == {
        *("svg", "title", "style", "defs", "marker", "path", "rect", "text", "g")
    }
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", text)
    assert "≠" in text
    assert "dynamodb.table" in text


def test_names_are_text_in_mermaid() -> None:
    lines = as_mermaid(hostile()).splitlines()
    node = next(line for line in lines if "n1[" in line)
    assert re.fullmatch(r'    n1\["[^"\[\]<>\\]*(<br/>[^"\[\]<>\\]*){2}"\]', node), node
    assert "drifted" in node
    assert "  n1 --> n2" in lines
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", "".join(lines))


def test_mermaid_has_every_node_once_and_every_edge(full: StackGraph) -> None:
    lines = as_mermaid(full).splitlines()
    assert lines[0] == "flowchart TD"
    labels = [line.partition('["')[2].partition("<br/>")[0] for line in lines if "<br/>" in line]
    assert sorted(labels) == sorted(full.nodes)
    assert sum(" --> " in line for line in lines) == sum(map(len, drawn_needs(full).values()))
    assert lines.count("  end") == len(AREAS)


def test_names_are_text_in_dot() -> None:
    lines = as_dot(hostile()).splitlines()
    for line in lines:
        assert line.replace(r"\\", "").replace(r"\"", "").count('"') % 2 == 0, line
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", "".join(lines))


@pytest.mark.skipif(not shutil.which("dot"), reason="Graphviz is not installed")
def test_graphviz_reads_the_same_nodes(full: StackGraph) -> None:
    for graph in (full, hostile()):
        done = subprocess.run(
            ["dot", "-Tplain"], input=as_dot(graph), capture_output=True, text=True, check=True
        )
        kinds = [line.split()[0] for line in done.stdout.splitlines()]
        assert kinds.count("node") == len(graph.nodes)
        assert kinds.count("edge") == sum(map(len, drawn_needs(graph).values()))


@pytest.mark.parametrize(
    ("edges", "characters", "said"),
    [
        (500, 50_000, ""),
        (501, 50_000, "501 edges (at most 500)"),
        (500, 50_001, "50,001 characters (at most 50,000)"),
        (1_162, 63_996, "1,162 edges (at most 500) and 63,996 characters (at most 50,000)"),
    ],
)
def test_limits_of_mermaid(edges: int, characters: int, said: str) -> None:
    text = "n1 --> n2\n" * edges
    assert excess_of(text + "x" * (characters - len(text))) == said
