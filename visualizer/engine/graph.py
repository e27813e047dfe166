"""A Keras model, however nested, as one flat list of operations that share the model's layers."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from visualizer.engine.errors import UserError


@dataclass(frozen=True)
class Value:
    """A tensor of the graph, by number: the place where a computed tensor goes."""

    number: int


@dataclass(frozen=True)
class Step:
    """One call of one operation.

    Attributes:
        operation: the layer or `keras.ops` operation itself, shared with the model.
        args: what it is called with; a `Value` wherever a tensor of the graph goes.
        kwargs: likewise.
        inputs: the numbers of the values it reads, in order.
        outputs: the numbers of the values it makes.
        specs: shape and dtype of each output, as the model declares them.
    """

    operation: Any
    args: tuple[Any, ...]
    kwargs: dict[Any, Any]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    specs: tuple[Any, ...]


@dataclass(frozen=True)
class FlatGraph:
    """The steps of a model in an order in which each comes after those it reads.

    Attributes:
        steps: the steps, topologically ordered.
        inputs: the numbers of the values the model is given.
        outputs: the numbers of the values the model returns.
        input_specs: shape and dtype of each input.
    """

    steps: tuple[Step, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    input_specs: tuple[Any, ...]

    def maker(self) -> dict[int, Step]:
        """Return which step makes a value."""
        return {value: step for step in self.steps for value in step.outputs}

    def consumers(self) -> dict[int, list[Step]]:
        """Return which steps read a value."""
        readers: dict[int, list[Step]] = {value: [] for value in self.inputs}
        for step in self.steps:
            for value in step.outputs:
                readers[value] = []
        for step in self.steps:
            for value in dict.fromkeys(step.inputs):
                readers[value].append(step)
        return readers

    def before(self, values: Iterable[int]) -> list[Step]:
        """Return the steps that `values` depend on, branch after branch, in the order they run."""
        maker = self.maker()
        seen: set[int] = set()
        order: list[Step] = []
        stack: list[tuple[Step, bool]] = []
        for value in reversed(list(values)):
            if value in maker:
                stack.append((maker[value], False))
        while stack:  # depth first without recursion: networks are deeper than Python's stack
            step, ready = stack.pop()
            if ready:
                order.append(step)
            elif step.outputs[0] not in seen:
                seen.add(step.outputs[0])
                stack.append((step, True))
                for value in reversed(step.inputs):
                    if value in maker and maker[value].outputs[0] not in seen:
                        stack.append((maker[value], False))
        return order

    def sequence(self) -> list[Step]:
        """Return the steps that follow the input one by one, as long as each feeds only the next.

        Every path from the input goes through all of them.
        """
        readers, value = self.consumers(), self.inputs[0]
        found: list[Step] = []
        while len(readers[value]) == 1 and value not in self.outputs:
            (step,) = readers[value]
            if step.inputs != (value,) or len(step.outputs) != 1:
                break
            found.append(step)
            value = step.outputs[0]
        return found

    def run(
        self,
        given: Mapping[int, Any],
        wanted: Sequence[int],
        replace: Mapping[int, Callable[..., Any]] | None = None,
    ) -> dict[int, Any]:
        """Compute values, running only the steps they need, with layers in inference mode.

        Args:
            given: tensors by number: the inputs, or any values to start from.
            wanted: numbers of the values to compute.
            replace: callables used in place of an operation, by the number of its first output.

        Returns:
            The wanted tensors by number.
        """
        tensors = dict(given)
        for step in self._needed(tensors, wanted):
            args, kwargs = _fill(step, tensors)
            operation = (replace or {}).get(step.outputs[0], step.operation)
            results = keras.tree.flatten(_infer(operation, args, kwargs))
            tensors.update(zip(step.outputs, results, strict=True))
        return {value: tensors[value] for value in wanted}

    def _needed(self, given: Mapping[int, Any], wanted: Sequence[int]) -> list[Step]:
        needed = {value for value in wanted if value not in given}
        steps = []
        for step in reversed(self.steps):
            if not needed.isdisjoint(step.outputs):
                needed.update(value for value in step.inputs if value not in given)
                steps.append(step)
        return steps[::-1]

    def shapes(self, input_shapes: Sequence[tuple[Any, ...]]) -> dict[int, tuple[Any, ...]]:
        """Return the shape of every value, batch axis first, for inputs of these shapes."""
        known = {
            number: keras.KerasTensor(shape, spec.dtype)
            for number, shape, spec in zip(self.inputs, input_shapes, self.input_specs, strict=True)
        }
        for step in self.steps:
            specs: Sequence[Any] = step.specs
            if any(None in spec.shape[1:] for spec in specs):
                args, kwargs = _fill(step, known)
                specs = keras.tree.flatten(step.operation.compute_output_spec(*args, **kwargs))
            known.update(zip(step.outputs, specs, strict=True))
        return {number: tuple(spec.shape) for number, spec in known.items()}

    def shape(self, value: int, input_shape: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the shape that one value would have if the one input had this shape.

        Raises:
            Exception: whatever an operation says that cannot take its input then.
        """
        known = {self.inputs[0]: keras.KerasTensor(input_shape, self.input_specs[0].dtype)}
        for step in self.before([value]):
            args, kwargs = _fill(step, known)
            specs = keras.tree.flatten(step.operation.compute_output_spec(*args, **kwargs))
            known.update(zip(step.outputs, specs, strict=True))
        return tuple(known[value].shape)


def flatten(model: keras.Model) -> FlatGraph:
    """Return the model as a flat graph, with models inside it replaced by what they hold.

    Raises:
        UserError: the model was written as a class, so that it cannot be looked into, or it does
            not know its input yet.
    """
    inner = _functional(model)
    if inner is None:
        raise UserError(
            f"The network {model.name!r} is a class of its own that cannot be looked into; "
            "build it with the functional API or as Sequential to see its layers."
        )
    builder = _Builder()
    inputs = [builder.new() for _ in inner.inputs]
    outputs = builder.inline(inner, inputs)
    return FlatGraph(tuple(builder.steps), tuple(inputs), tuple(outputs), tuple(inner.inputs))


class _Builder:
    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._count = 0

    def new(self) -> int:
        self._count += 1
        return self._count - 1

    def inline(self, model: Any, inputs: Sequence[int]) -> list[int]:
        """Append the steps of `model` called on the values `inputs`; return its outputs."""
        number = {id(t): value for t, value in zip(model.inputs, inputs, strict=True)}

        def to_value(leaf: Any) -> Any:
            return Value(number[id(leaf)]) if isinstance(leaf, keras.KerasTensor) else leaf

        for depth in sorted(model._nodes_by_depth, reverse=True):
            for node in model._nodes_by_depth[depth]:
                if all(id(t) in number for t in node.outputs):
                    continue  # an input
                args, kwargs = node.arguments.convert(to_value)
                nested = _functional(node.operation)
                if nested is not None:
                    made = self.inline(nested, _tensors_for(nested, args, kwargs))
                else:
                    made = self._append(node, args, kwargs)
                number.update((id(t), v) for t, v in zip(node.outputs, made, strict=True))
        return [number[id(tensor)] for tensor in model.outputs]

    def _append(self, node: Any, args: tuple[Any, ...], kwargs: dict[Any, Any]) -> list[int]:
        made = [self.new() for _ in node.outputs]
        leaves = keras.tree.flatten((args, kwargs))
        read = tuple(leaf.number for leaf in leaves if isinstance(leaf, Value))
        specs = tuple(node.outputs)
        self.steps.append(Step(node.operation, args, kwargs, read, tuple(made), specs))
        return made


def _functional(operation: Any) -> Any:
    """Return the functional graph inside an operation, or None if it has none or overrides it."""
    if isinstance(operation, keras.Sequential):
        inner = getattr(operation, "_functional", None)
        return inner if type(operation).call is keras.Sequential.call else None
    if not isinstance(operation, keras.Model) or not hasattr(operation, "_nodes_by_depth"):
        return None
    # A subclass may compute something else in `call`: then its graph is not the truth.
    return operation if type(operation).call is _functional_class().call else None


@functools.cache
def _functional_class() -> Any:
    """Return the class of functional models, which Keras does not export by name."""
    pixel = keras.Input((1,))
    return type(keras.Model(pixel, keras.layers.Identity()(pixel)))


def _tensors_for(model: Any, args: tuple[Any, ...], kwargs: dict[Any, Any]) -> list[int]:
    given = args[0] if args else kwargs["inputs"]
    if isinstance(given, dict) and not isinstance(model.input, dict):
        given = [given[tensor.name] for tensor in model.inputs]
    elif isinstance(given, dict):
        given = {key: given[key] for key in model.input}
    return [value.number for value in keras.tree.flatten(given)]


def _fill(step: Step, tensors: Mapping[int, Any]) -> tuple[tuple[Any, ...], dict[Any, Any]]:
    def fill(leaf: Any) -> Any:
        return tensors[leaf.number] if isinstance(leaf, Value) else leaf

    args = keras.tree.map_structure(fill, step.args)
    return args, keras.tree.map_structure(fill, step.kwargs)


def _infer(operation: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[Any, Any]) -> Any:
    if getattr(operation, "_call_has_training_arg", False):
        kwargs = {**kwargs, "training": False}
    return operation(*args, **kwargs)
