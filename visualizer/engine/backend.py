"""The only module that imports TensorFlow, JAX or PyTorch: compiled calls, gradients, devices.

Everything else is written in `keras.ops`. Importing this module imports neither Keras nor a
backend; Keras reads its backend once, when it is first imported, so `choose` comes before that.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from visualizer.engine.errors import UserError

BACKENDS = ("tensorflow", "jax", "torch")

# Read by the backends when they first use a GPU: allocate memory as needed.
os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

_device: str | None = None


class BackendError(UserError):
    """A backend or device that is not there."""


@dataclass(frozen=True)
class Device:
    """Something that computes: `id` as in "GPU:0" or "CPU:0", `label` for people."""

    id: str
    label: str


def choose(name: str | None = None) -> str:
    """Settle which backend Keras will use, and return its name.

    Args:
        name: "tensorflow", "jax" or "torch"; None takes `KERAS_BACKEND`, else "tensorflow".

    Raises:
        BackendError: an unknown name, a backend that is not installed, or Keras already runs
            on another one.
    """
    wanted = name or os.environ.get("KERAS_BACKEND") or BACKENDS[0]
    if wanted not in BACKENDS:
        raise BackendError(f"There is no backend {wanted!r}; choose one of {', '.join(BACKENDS)}.")
    if "keras" in sys.modules:
        if _current() != wanted:
            raise BackendError(
                f"Keras already runs on {_current()}, so it cannot change to {wanted}; "
                "start the program again with the other backend."
            )
    elif importlib.util.find_spec(wanted) is None:
        extra = "" if wanted == "tensorflow" else f"; pip install 'convnet-visualizer[{wanted}]'"
        raise BackendError(f"The backend {wanted} is not installed{extra}.")
    os.environ["KERAS_BACKEND"] = wanted
    return wanted


def name() -> str:
    """Return the backend in use, or the one that will be used: "tensorflow", "jax" or "torch"."""
    if "keras" in sys.modules:
        return _current()
    return os.environ.get("KERAS_BACKEND") or BACKENDS[0]


def _current() -> str:
    import keras

    return keras.backend.backend()


def devices() -> list[Device]:
    """Return what can compute here, GPUs first, the CPU last. Imports the backend."""
    found = _DEVICES[name()]()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return [*found, Device("CPU:0", f"CPU, {cores} core{'s' if cores != 1 else ''}")]


def _tensorflow_gpus() -> list[Device]:
    import tensorflow as tf

    found = []
    for index, gpu in enumerate(tf.config.list_physical_devices("GPU")):
        details = tf.config.experimental.get_device_details(gpu)
        found.append(Device(f"GPU:{index}", details.get("device_name", f"GPU {index}")))
    return found


def _jax_gpus() -> list[Device]:
    import jax

    return [
        Device(f"{device.platform.upper()}:{device.id}", device.device_kind)
        for device in jax.devices()
        if device.platform != "cpu"
    ]


def _torch_gpus() -> list[Device]:
    import torch

    found = [
        Device(f"GPU:{index}", torch.cuda.get_device_name(index))
        for index in range(torch.cuda.device_count())
    ]
    if torch.backends.mps.is_available():  # Apple's own
        found.append(Device("MPS:0", "Apple GPU"))
    return found


_DEVICES = {"tensorflow": _tensorflow_gpus, "jax": _jax_gpus, "torch": _torch_gpus}


def use_device(id: str) -> None:
    """Run later compiled calls of this process on the device `id`, one of `devices()`.

    Raises:
        BackendError: there is no such device here.
    """
    global _device  # noqa: PLW0603  # one device a process
    known = [device.id for device in devices()]
    if id not in known:
        raise BackendError(f"There is no device {id!r} here; choose one of {', '.join(known)}.")
    _device = id


def compiled(function: Callable[..., Any], *, variables: Iterable[Any] = ()) -> Callable[..., Any]:
    """Compile `function` of tensors to a call that takes NumPy and returns NumPy.

    The function may return any nest (tuple, list, dict) of tensors. It is traced once for each
    set of shapes; on TensorFlow the batch size of pictures (4-d arrays) may change freely. Python
    control flow is settled while tracing (AutoGraph is off: a frozen program has no sources).
    Arrays in the result stay as they are, whatever is called next; they may be read-only.

    Args:
        function: written in `keras.ops`; float arrays reach it as float32.
        variables: Keras variables the function reads. JAX takes their values at each call, so that
            a network being trained shows its present weights; the others need no telling.
    """
    return _COMPILED[name()](function, tuple(variables))


def value_and_gradient(
    function: Callable[..., Any], *, variables: Iterable[Any] = (), any_size: bool = False
) -> Callable[..., Any]:
    """Compile `function(x, *rest)` to a call that returns its value and d value / d x.

    Args:
        function: returns a scalar tensor, or (scalar, nest of further tensors).
        variables: as for `compiled`.
        any_size: pictures may come in many heights and widths, too, without being traced again.

    Returns:
        A call: NumPy in; (what the function returned, gradient of the scalar, shaped as x) out.
    """
    gradient = _GRADIENTS[name()](function)
    if name() == "torch":  # its gradient needs the tape that `compiled` switches off
        return _call_torch(gradient, enable_gradients=True)
    if any_size and name() == "tensorflow":
        return _compile_tensorflow(gradient, tuple(variables), any_size=True)
    return _COMPILED[name()](gradient, tuple(variables))


def training_step(
    loss: Callable[..., tuple[Any, Any]],
    trainable: Sequence[Any],
    others: Sequence[Any],
    optimizer: Any,
    *,
    variables: Iterable[Any] = (),
) -> Callable[..., Any]:
    """Compile one step of training: the gradient of `loss` goes through `optimizer`.

    It is traced once for each set of shapes; on TensorFlow the first axis of every array may change
    freely.

    Args:
        loss: of tensors; gives (scalar, nest of further tensors).
        trainable: the Keras variables that the optimizer was built for.
        others: what `loss` changes besides: moving averages, states of random generators.
        optimizer: its learning rate and whatever of it is a variable may change between calls.
        variables: what `loss` only reads: data, settings. As for `compiled`.

    Returns:
        A call: NumPy in; the nest, as NumPy, out.
    """
    return _STEPS[name()](loss, list(trainable), list(others), optimizer, list(variables))


def weight_gradients(
    function: Callable[..., Any], trainable: Sequence[Any], *, variables: Iterable[Any] = ()
) -> Callable[..., Any]:
    """Compile the gradients of a scalar `function` of tensors in Keras variables.

    Args:
        function: must not change variables.
        trainable: the variables to differentiate in.
        variables: others that it reads, as for `compiled`.

    Returns:
        A call: NumPy in; (scalar, [a gradient for each variable, shaped as it]) out.
    """
    return _WEIGHT_GRADIENTS[name()](function, list(trainable), list(variables))


def gradient_within(function: Callable[[Any], Any], x: Any) -> Any:
    """The gradient of a scalar `function` at a tensor, as a tensor, inside a compiled function.

    `function` must not change variables. Nothing is differentiated through the result.
    """
    from keras import ops

    return ops.stop_gradient(_GRADIENTS_WITHIN[name()](function, x))


def _on_device() -> AbstractContextManager[Any]:
    import keras

    return nullcontext() if _device is None else keras.device(_device.lower())


def _as_float32(value: Any) -> Any:
    array = np.asarray(value)
    return array.astype(np.float32, copy=False) if array.dtype.kind == "f" else array


def _map(function: Callable[..., Any], nest: Any) -> Any:
    import keras

    return keras.tree.map_structure(function, nest)


# --- TensorFlow


def _compile_tensorflow(
    function: Callable[..., Any],
    _variables: tuple[Any, ...],
    any_size: bool = False,
    rows: bool = False,
) -> Callable[..., Any]:
    """Compile; `rows`: the first axis of every array is free, not only of pictures."""
    import tensorflow as tf

    lock = threading.Lock()
    traced: dict[tuple[Any, ...], Callable[..., Any]] = {}

    def free_shape(shape: tuple[int, ...]) -> tuple[int | None, ...]:
        if len(shape) == 4:
            return (None, None, None, shape[3]) if any_size else (None, *shape[1:])
        return (None, *shape[1:]) if rows and shape else shape

    def concrete(arrays: list[np.ndarray]) -> Callable[..., Any]:
        shapes = [free_shape(array.shape) for array in arrays]
        key = (_device, *((s, a.dtype.str) for s, a in zip(shapes, arrays, strict=True)))
        with lock:
            if key not in traced:
                specs = [tf.TensorSpec(s, a.dtype) for s, a in zip(shapes, arrays, strict=True)]

                def on_device(*tensors: Any) -> Any:
                    with _on_device():
                        return function(*tensors)

                graph = tf.function(on_device, autograph=False)
                traced[key] = graph.get_concrete_function(*specs)
            return traced[key]

    def call(*arguments: Any) -> Any:
        arrays = [_as_float32(a) for a in arguments]
        run = concrete(arrays)
        with _on_device():
            results = run(*(tf.convert_to_tensor(a) for a in arrays))
        return _map(_view, results)

    return call


def _view(tensor: Any) -> Any:
    """The numbers of a tensor where they lie: copying those of all stages takes as long as they."""
    return np.asarray(tensor) if tensor.ndim else tensor.numpy()


def _tensorflow_gradient(function: Callable[..., Any]) -> Callable[..., Any]:
    import tensorflow as tf

    from visualizer.engine import tensorflow_gradients

    def gradient(x: Any, *rest: Any) -> Any:
        with tensorflow_gradients.quick():
            value = function(x, *rest)
        scalar = value[0] if isinstance(value, tuple) else value
        zero = tf.UnconnectedGradients.ZERO
        (slope,) = tf.gradients(scalar, x, unconnected_gradients=zero)
        return value, tf.convert_to_tensor(slope)

    return gradient


def _tensorflow_step(
    loss: Callable[..., tuple[Any, Any]],
    trainable: list[Any],
    _others: list[Any],
    optimizer: Any,
    _variables: list[Any],
) -> Callable[..., Any]:
    import tensorflow as tf

    def step(*arguments: Any) -> Any:
        with tf.GradientTape() as tape:
            value, further = loss(*arguments)
        gradients = tape.gradient(value, [variable.value for variable in trainable])
        optimizer.apply(gradients, trainable)
        return further

    return _compile_tensorflow(step, (), rows=True)


def _tensorflow_weight_gradients(
    function: Callable[..., Any], trainable: list[Any], _variables: list[Any]
) -> Callable[..., Any]:
    import tensorflow as tf

    def run(*arguments: Any) -> Any:
        with tf.GradientTape() as tape:
            value = function(*arguments)
        zero = tf.UnconnectedGradients.ZERO
        weights = [variable.value for variable in trainable]
        return value, tape.gradient(value, weights, unconnected_gradients=zero)

    return _compile_tensorflow(run, (), rows=True)


def _tensorflow_gradient_within(function: Callable[[Any], Any], x: Any) -> Any:
    import tensorflow as tf

    x = tf.identity(x)
    return tf.gradients(function(x), x, unconnected_gradients=tf.UnconnectedGradients.ZERO)[0]


# --- JAX


def _compile_jax(function: Callable[..., Any], variables: tuple[Any, ...]) -> Callable[..., Any]:
    import jax
    import keras

    def with_values(values: list[Any], *arguments: Any) -> Any:
        with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
            return function(*arguments)

    jitted = jax.jit(with_values)

    def call(*arguments: Any) -> Any:
        with _on_device():
            values = [variable.value for variable in variables]
            results = jitted(values, *(_as_float32(a) for a in arguments))
        return _map(np.array, results)

    return call


def _jax_gradient(function: Callable[..., Any]) -> Callable[..., Any]:
    import jax

    def gradient(x: Any, *rest: Any) -> Any:
        def scalar_first(x: Any) -> Any:
            value = function(x, *rest)
            return (value[0] if isinstance(value, tuple) else value), value

        (_, value), slope = jax.value_and_grad(scalar_first, has_aux=True)(x)
        return value, slope

    return gradient


def _jax_step(
    loss: Callable[..., tuple[Any, Any]],
    trainable: list[Any],
    others: list[Any],
    optimizer: Any,
    variables: list[Any],
) -> Callable[..., Any]:
    import jax
    import keras

    def step(
        weights: list[Any], states: list[Any], read: list[Any], slots: list[Any], *arguments: Any
    ) -> Any:
        def scalar(weights: list[Any]) -> Any:
            known = [*zip(trainable, weights, strict=True), *zip(others, states, strict=True)]
            known += zip(variables, read, strict=True)
            with keras.StatelessScope(state_mapping=known) as scope:
                value, further = loss(*arguments)
            return value, (further, [scope.get_current_value(each) for each in others])

        (_, (further, changed)), gradients = jax.value_and_grad(scalar, has_aux=True)(weights)
        weights, slots = optimizer.stateless_apply(slots, gradients, weights)
        return further, weights, changed, slots

    jitted = jax.jit(step)
    groups = (trainable, others, optimizer.variables)

    def call(*arguments: Any) -> Any:
        values = [[variable.value for variable in group] for group in groups]
        read = [variable.value for variable in variables]
        with _on_device():
            further, *changed = jitted(
                values[0], values[1], read, values[2], *(_as_float32(a) for a in arguments)
            )
        for group, new in zip(groups, changed, strict=True):
            for variable, value in zip(group, new, strict=True):
                variable.assign(value)
        return _map(np.array, further)

    return call


def _jax_weight_gradients(
    function: Callable[..., Any], trainable: list[Any], variables: list[Any]
) -> Callable[..., Any]:
    import jax
    import keras

    def run(weights: list[Any], read: list[Any], *arguments: Any) -> Any:
        def scalar(weights: list[Any]) -> Any:
            known = [*zip(trainable, weights, strict=True), *zip(variables, read, strict=True)]
            with keras.StatelessScope(state_mapping=known):
                return function(*arguments)

        return jax.value_and_grad(scalar)(weights)

    jitted = jax.jit(run)

    def call(*arguments: Any) -> Any:
        values = [[variable.value for variable in group] for group in (trainable, variables)]
        with _on_device():
            return _map(np.array, jitted(*values, *(_as_float32(a) for a in arguments)))

    return call


def _jax_gradient_within(function: Callable[[Any], Any], x: Any) -> Any:
    import jax

    return jax.grad(function)(x)


# --- PyTorch


def _compile_torch(function: Callable[..., Any], _variables: tuple[Any, ...]) -> Callable[..., Any]:
    return _call_torch(function, enable_gradients=False)


def _call_torch(function: Callable[..., Any], *, enable_gradients: bool) -> Callable[..., Any]:
    import keras
    import torch

    def owned(tensor: Any) -> Any:
        # ascontiguousarray makes arrays of scalars: keep 0-d as it is.
        return np.array(keras.ops.convert_to_numpy(tensor), order="C")

    def call(*arguments: Any) -> Any:
        with _on_device(), torch.set_grad_enabled(enable_gradients):
            tensors = [keras.ops.convert_to_tensor(_as_float32(a)) for a in arguments]
            return _map(owned, function(*tensors))

    return call


def _torch_gradient(function: Callable[..., Any]) -> Callable[..., Any]:
    import torch

    def gradient(x: Any, *rest: Any) -> Any:
        x = x.detach().requires_grad_(True)
        value = function(x, *rest)
        scalar = value[0] if isinstance(value, tuple) else value
        if not scalar.requires_grad:  # nothing in it came from x
            return value, torch.zeros_like(x)
        (slope,) = torch.autograd.grad(scalar, x, allow_unused=True)
        return value, torch.zeros_like(x) if slope is None else slope

    return gradient


def _torch_step(
    loss: Callable[..., tuple[Any, Any]],
    trainable: list[Any],
    _others: list[Any],
    optimizer: Any,
    _variables: list[Any],
) -> Callable[..., Any]:
    import torch

    def step(*arguments: Any) -> Any:
        value, further = loss(*arguments)
        weights = [variable.value for variable in trainable]
        gradients = torch.autograd.grad(value, weights, allow_unused=True)
        with torch.no_grad():
            optimizer.apply(list(gradients), trainable)
        return further

    return _call_torch(step, enable_gradients=True)


def _torch_weight_gradients(
    function: Callable[..., Any], trainable: list[Any], _variables: list[Any]
) -> Callable[..., Any]:
    import torch

    def run(*arguments: Any) -> Any:
        value = function(*arguments)
        weights = [variable.value for variable in trainable]
        found = torch.autograd.grad(value, weights, allow_unused=True)
        return value, [
            torch.zeros_like(weight) if gradient is None else gradient
            for weight, gradient in zip(weights, found, strict=True)
        ]

    return _call_torch(run, enable_gradients=True)


def _torch_gradient_within(function: Callable[[Any], Any], x: Any) -> Any:
    import torch

    with torch.enable_grad():
        x = x.detach().requires_grad_(True)
        return torch.autograd.grad(function(x), x)[0]


_COMPILED: dict[str, Callable[..., Callable[..., Any]]] = {
    "tensorflow": _compile_tensorflow,
    "jax": _compile_jax,
    "torch": _compile_torch,
}
_GRADIENTS = {"tensorflow": _tensorflow_gradient, "jax": _jax_gradient, "torch": _torch_gradient}
_STEPS: dict[str, Callable[..., Callable[..., Any]]] = {
    "tensorflow": _tensorflow_step,
    "jax": _jax_step,
    "torch": _torch_step,
}
_GRADIENTS_WITHIN: dict[str, Callable[..., Any]] = {
    "tensorflow": _tensorflow_gradient_within,
    "jax": _jax_gradient_within,
    "torch": _torch_gradient_within,
}
_WEIGHT_GRADIENTS: dict[str, Callable[..., Callable[..., Any]]] = {
    "tensorflow": _tensorflow_weight_gradients,
    "jax": _jax_weight_gradients,
    "torch": _torch_weight_gradients,
}
