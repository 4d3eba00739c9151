"""Adds the layers that are built here, for the runtimes of the functions that use them."""

from __future__ import annotations

from provision.model.stack import Get, Node, Stack
from provision.stack.inputs import StackInputs
from provision.steps.lambda_.layer import Layer
from provision.unknown import sort_known


def add_layer(stack: Stack, inputs: StackInputs, key: str) -> Node[Layer]:
    users = [function for function in inputs.config.functions.values() if key in function.layers]

    def layer(_: Get) -> Layer:
        package = inputs.packages.layer(key)
        return Layer(
            name=inputs.aws_name("layer", key),
            sha256=package.sha256,
            runtimes=sort_known({function.runtime for function in users}),
            architectures=sort_known({function.architecture for function in users}),
            zip=package.zip,
        )

    return stack.add(f"layer.{key}", layer, key=f"layer.{key}")
