"""Stages: the operations of a network gathered into the steps a person would name.

A convolution, its batch normalisation and its ReLU are one stage; what only moves, scales or drops
numbers (padding, flattening, dropout, pixel scaling) is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from visualizer.engine import operations
from visualizer.engine.graph import FlatGraph, Step
from visualizer.engine.operations import HIDDEN
from visualizer.engine.receptive_field import ReceptiveField, receptive_fields

FIRST, LAST = "data", "output"
_TAKES_FOLLOWERS = {"convolution", "depthwise", "dense", "add", "normalisation"}


@dataclass(frozen=True)
class Stage:
    """One stage of a network.

    Attributes:
        name: unique in the network; the first is "data", the last "output".
        kind: see `operations.Kind`.
        index: place in `Network.stages`.
        shape: of one picture's activations, (H, W, C) or (C,).
        inputs: names of the stages that feed it.
        kernel_size: (height, width) of the sliding window, or None.
        strides: (y, x) of that window, or None.
        padding: "same", "valid" or "explicit" (zeros put around before it), or None.
        parameters: numbers its layers hold.
        multiply_adds: of its layers for one picture.
        receptive_field: the pixels its units see.
        activation: "relu", "softmax", ..., or None.
        layer: the Keras name of the layer it is named after.
        layers: the Keras names of all its layers, in order.
    """

    name: str
    kind: str
    index: int
    shape: tuple[int, ...]
    inputs: tuple[str, ...]
    kernel_size: tuple[int, int] | None
    strides: tuple[int, int] | None
    padding: str | None
    parameters: int
    multiply_adds: int
    receptive_field: ReceptiveField
    activation: str | None
    layer: str
    layers: tuple[str, ...]
    _operation: Any = field(repr=False, compare=False)

    @property
    def units(self) -> int:
        """The number of channels, or of units of a dense stage."""
        return self.shape[-1]

    @property
    def spatial(self) -> bool:
        """Whether its units have a place in the picture: H x W x C."""
        return len(self.shape) == 3

    @property
    def layer_class(self) -> str:
        """The class of the layer it is named after, such as "MaxPooling2D"; "" for the input."""
        return "" if self._operation is None else type(self._operation).__name__

    def weights(self) -> np.ndarray | None:
        """Return a copy of the kernel as Keras keeps it (`operations.kernel`), or None."""
        kernel = operations.kernel(self._operation)
        if kernel is not None and kernel.ndim == 2 and self.kind == "convolution":
            return kernel[None, None]
        return kernel


@dataclass(frozen=True)
class Chain:
    """The operations of one stage, and where its tensors are in the graph.

    Attributes:
        steps: its operations in order; none for the input.
        value: number of the tensor that is the stage's.
        before: number of the tensor that goes into its last activation; None if it has none.
        fused: whether that activation is inside the layer that makes the tensor `before`.
    """

    steps: tuple[Step, ...]
    value: int
    before: int | None = None
    fused: bool = False

    @property
    def head(self) -> Step:
        """The operation it is named after."""
        return self.steps[0]


def stages(
    graph: FlatGraph, output: int, size: tuple[int, int], channels: int
) -> tuple[tuple[Stage, ...], dict[str, Chain]]:
    """Gather the operations that lead to a value into stages.

    Args:
        graph: a network with one picture as its input.
        output: number of the value that is the network's answer.
        size: (height, width) of the picture.
        channels: how many the input has.

    Returns:
        The stages in topological order, branch after branch, and the chain of each by name.
    """
    shapes = graph.shapes([(None, *size, channels)])
    fields = receptive_fields(graph, shapes, size)
    source = graph.inputs[0]
    chains = [Chain((), source), *_chains(graph, output, shapes)]
    names = _names(chains)
    by_value = {chain.value: name for chain, name in zip(chains, names, strict=True)}
    maker = graph.maker()
    found = []
    for index, (name, chain) in enumerate(zip(names, chains, strict=True)):
        shape = tuple(shapes[chain.value][1:])
        if not chain.steps:
            seen = (*size, min(channels, 3))  # an alpha channel is not seen
            nothing = (None, None, None, 0, 0, fields[source], None, FIRST, ())
            found.append(Stage(name, "input", index, seen, (), *nothing, _operation=None))
            continue
        head = chain.head
        in_shape = tuple(shapes[head.inputs[0]][1:]) if head.inputs else ()
        kernel_size, strides, padding = operations.geometry(
            head.operation, in_shape, _zero_padded(head, maker)
        )
        found.append(
            Stage(
                name=name,
                kind=_kind(head),
                index=index,
                shape=shape,
                inputs=_feeding(head.inputs, by_value, maker),
                kernel_size=kernel_size,
                strides=strides,
                padding=padding,
                parameters=sum(_parameters(step.operation) for step in chain.steps),
                multiply_adds=operations.multiply_adds(
                    head.operation, in_shape, tuple(shapes[head.outputs[0]][1:])
                ),
                receptive_field=fields[chain.value],
                activation=_activation(chain),
                layer=head.operation.name,
                layers=tuple(step.operation.name for step in chain.steps),
                _operation=head.operation,
            )
        )
    return tuple(found), dict(zip(names, chains, strict=True))


def _chains(graph: FlatGraph, output: int, shapes: dict[int, tuple[Any, ...]]) -> list[Chain]:
    steps = graph.before([output])
    consumers = {value: [] for value in shapes}  # type: dict[int, list[Step]]
    for step in steps:
        for value in dict.fromkeys(step.inputs):
            consumers[value].append(step)
    taken: set[int] = set()
    chains = []
    for step in steps:
        if step.outputs[0] in taken:
            continue
        kind = operations.kind(step)
        shown = kind != HIDDEN and len(step.outputs) == 1
        if shown and _drawable(shapes[step.outputs[0]]):
            chain = _chain(step, output, consumers)
            taken.update(made for s in chain.steps for made in s.outputs)
            chains.append(chain)
    return _ending_at(output, chains, graph, consumers)


def _drawable(shape: tuple[Any, ...]) -> bool:
    return len(shape) in (2, 4) and None not in shape[1:]


def _chain(head: Step, output: int, consumers: dict[int, list[Step]]) -> Chain:
    """Follow a step through the normalisation, activation and dropout that only it feeds."""
    chain = [head]
    value = head.outputs[0]
    before: int | None = None
    fused = operations.has_own_activation(head.operation)
    if fused:
        before = value
    elif operations.kind(head) == "activation":
        before = head.inputs[0]
    follows = operations.kind(head) in _TAKES_FOLLOWERS
    while follows and value != output and len(consumers[value]) == 1:
        (step,) = consumers[value]
        kind = operations.kind(step)
        quiet = kind == "normalisation" or operations.passes_on(step.operation)
        acts = kind == "activation" and before is None
        if step.inputs != (value,) or not (quiet or acts):
            break
        if acts:
            before = value
        chain.append(step)
        value = step.outputs[0]
    return Chain(tuple(chain), value, before, fused)


def _ending_at(
    output: int, chains: list[Chain], graph: FlatGraph, consumers: dict[int, list[Step]]
) -> list[Chain]:
    """Make the last chain end at the network's answer, through reshapes that are no stage."""
    if chains and chains[-1].value == output:
        return chains
    maker = graph.maker()
    tail: list[Step] = []
    value = output
    ends = {chain.value: chain for chain in chains}
    while value in maker and value not in ends and len(maker[value].inputs) == 1:
        tail.append(maker[value])
        value = maker[value].inputs[0]
        if len(consumers[value]) != 1:
            break
    tail.reverse()
    last = ends.get(value)
    if last is None:  # nothing that could be shown leads there directly
        steps = (maker[output],) if not tail else tuple(tail)
        return [*chains, Chain(steps, output)]
    chains = [chain for chain in chains if chain is not last]
    return [*chains, Chain((*last.steps, *tail), output, last.before, last.fused)]


def _names(chains: Sequence[Chain]) -> list[str]:
    names = [FIRST]
    used = {FIRST, LAST}
    for chain in chains[1:-1]:
        plain = name = chain.head.operation.name
        number = 1
        while name in used:
            number += 1
            name = f"{plain}_{number}"
        used.add(name)
        names.append(name)
    return [*names, LAST]


def _kind(step: Step) -> str:
    kind = operations.kind(step)
    return "other" if kind == HIDDEN else kind


def _feeding(
    values: Sequence[int], by_value: dict[int, str], maker: dict[int, Step]
) -> tuple[str, ...]:
    """Return the names of the stages whose tensors reach `values` through what is no stage."""
    found: dict[str, None] = {}
    seen: set[int] = set()
    stack = list(reversed(values))
    while stack:
        value = stack.pop()
        if value in seen:
            continue
        seen.add(value)
        if value in by_value:
            found[by_value[value]] = None
        elif value in maker:
            stack.extend(reversed(maker[value].inputs))
    return tuple(found)


def _zero_padded(head: Step, maker: dict[int, Step]) -> bool:
    made_by = maker.get(head.inputs[0]) if head.inputs else None
    return made_by is not None and type(made_by.operation).__name__ in ("ZeroPadding2D", "Pad")


def _parameters(operation: Any) -> int:
    return operation.count_params() if hasattr(operation, "count_params") else 0


def _activation(chain: Chain) -> str | None:
    names = [operations.activation(step.operation) for step in chain.steps]
    return next((name for name in reversed(names) if name), None)
