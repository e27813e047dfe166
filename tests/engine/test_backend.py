"""Compiled calls and gradients agree with NumPy, whatever the backend."""

import os
import subprocess
import sys
import threading

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from keras import ops

from visualizer.engine import backend
from visualizer.engine.errors import UserError

numbers = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=1, max_dims=4, max_side=4),
    elements=st.floats(-3, 3, width=32, allow_subnormal=False),  # backends flush those to zero
)


def python(code: str, **environment: str) -> subprocess.CompletedProcess:
    kept = {k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"}
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**kept, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@settings(max_examples=15, deadline=None)
@given(numbers)
def test_a_compiled_call_takes_and_gives_numpy(x):
    call = backend.compiled(lambda x, y: {"sum": ops.sum(x), "both": (x * y, ops.abs(x))})
    result = call(x, 2.0)
    np.testing.assert_allclose(result["sum"], x.sum(), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(result["both"][0], x * 2)
    np.testing.assert_allclose(result["both"][1], np.abs(x))
    assert result["both"][0].dtype == np.float32


@settings(max_examples=15, deadline=None)
@given(numbers)
def test_the_gradient_is_the_one_of_calculus(x):
    value, slope = backend.value_and_gradient(lambda x, a: ops.sum(a * x**3))(x, 0.5)
    np.testing.assert_allclose(value, (0.5 * x.astype(np.float64) ** 3).sum(), atol=1e-3)
    np.testing.assert_allclose(slope, 1.5 * x**2, rtol=1e-4, atol=1e-5)


def test_a_gradient_may_bring_further_tensors():
    call = backend.value_and_gradient(lambda x: (ops.sum(x**2), {"doubled": x * 2}))
    (value, more), slope = call(np.array([1, 2], "float32"))
    assert value == 5
    np.testing.assert_array_equal(more["doubled"], [2, 4])
    np.testing.assert_array_equal(slope, [2, 4])


@settings(max_examples=16, deadline=None)
@given(
    kernel=st.tuples(st.integers(1, 11), st.integers(1, 11)),
    stride=st.integers(1, 4),
    more=st.tuples(st.integers(0, 9), st.integers(0, 9)),
    channels=st.integers(1, 5),
    any_size=st.booleans(),
)
def test_the_gradient_of_a_strided_convolution_is_its_transpose(
    kernel, stride, more, channels, any_size
):
    rng = np.random.default_rng(0)
    sides = [side + extra for side, extra in zip(kernel, more, strict=True)]
    x = rng.standard_normal((2, *sides, channels)).astype(np.float32)
    w = rng.standard_normal((*kernel, channels, 3)).astype(np.float32)
    out = [extra // stride + 1 for extra in more]
    wanted = rng.standard_normal((2, *out, 3)).astype(np.float32)
    expected = np.zeros_like(x)
    for row in range(out[0]):
        for column in range(out[1]):
            top, left = row * stride, column * stride
            patch = np.einsum("hwcf,nf->nhwc", w, wanted[:, row, column])
            expected[:, top : top + kernel[0], left : left + kernel[1]] += patch
    call = backend.value_and_gradient(
        lambda x, wanted: ops.sum(ops.conv(x, w, stride, padding="valid") * wanted),
        any_size=any_size,
    )
    np.testing.assert_allclose(call(x, wanted)[1], expected, atol=1e-4)


@pytest.mark.parametrize("turned", [(False, False), (True, False), (False, True), (True, True)])
def test_the_gradient_of_a_product_is_right_in_both_factors(turned):
    tf = pytest.importorskip("tensorflow")
    a, b = (
        np.random.default_rng(seed).standard_normal((3, 3)).astype("float32") for seed in (0, 1)
    )
    weights = np.arange(9, dtype="float32").reshape(3, 3)

    def total(x):
        def product(a, b):
            return tf.matmul(a, b, transpose_a=turned[0], transpose_b=turned[1])

        return ops.sum(product(x, b) * weights) + ops.sum(product(a, x) * weights)

    _, slope = backend.value_and_gradient(total)(a)
    left = weights @ (b if turned[1] else b.T)
    right = (a if turned[0] else a.T) @ weights
    expected = (left.T if turned[0] else left) + (right.T if turned[1] else right)
    np.testing.assert_allclose(slope, expected, rtol=1e-4, atol=1e-5)


def test_what_does_not_depend_on_the_picture_has_gradient_zero():
    x = np.ones((1, 2, 2, 3), "float32")
    value, slope = backend.value_and_gradient(lambda x, y: ops.sum(y))(x, np.ones(3))
    assert value == 3
    np.testing.assert_array_equal(slope, np.zeros_like(x))


def test_custom_gradients_are_obeyed():
    @ops.custom_gradient
    def passed_on(x):
        y = ops.relu(x)

        def grad(*args, upstream=None):
            (upstream,) = args if upstream is None else (upstream,)
            return upstream

        return y, grad

    _, slope = backend.value_and_gradient(lambda x: ops.sum(passed_on(x)))(np.array([-1.0, 2.0]))
    np.testing.assert_array_equal(slope, [1, 1])


def test_results_stay_as_they_are():
    call = backend.compiled(lambda x: (x, x + 1))
    x = np.zeros((64, 64), "float32")
    same, more = call(x)
    x += 5
    np.testing.assert_array_equal(same, 0)
    np.testing.assert_array_equal(call(x)[1], 6)
    np.testing.assert_array_equal(more, 1)


def test_one_trace_serves_every_batch_size():
    traces = []

    def function(x):
        traces.append(x.shape)
        return ops.mean(x, axis=(1, 2))

    call = backend.compiled(function)
    for batch in (1, 3, 2, 7):
        assert call(np.ones((batch, 4, 4, 3))).shape == (batch, 3)
    if backend.name() == "tensorflow":
        assert len(traces) == 1
    call(np.ones((1, 5, 5, 3)))
    call(np.ones((1, 5, 5, 3)))
    if backend.name() != "torch":
        assert len(traces) == (2 if backend.name() == "tensorflow" else 5)


def test_doubles_reach_the_function_as_float32_and_integers_stay():
    kinds = []

    def function(x, index):
        kinds.append((keras.backend.standardize_dtype(x.dtype), "int" in str(index.dtype)))
        return ops.take(x, index)

    assert backend.compiled(function)(np.array([1.0, 2.0]), np.int32(1)) == 2
    assert kinds[-1] == ("float32", True)


def test_many_threads_may_make_the_first_call():
    call = backend.compiled(lambda x: ops.sum(x, axis=(1, 2, 3)))
    results = []
    threads = [
        threading.Thread(target=lambda n=n: results.append((n, call(np.ones((n, 2, 2, 3))))))
        for n in range(1, 7)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(sums, np.full(n, 12)) for n, sums in results)
    assert len(results) == 6


def test_variables_are_read_at_each_call():
    factor = keras.Variable(2.0)
    call = backend.compiled(lambda x: x * factor, variables=[factor])
    slope = backend.value_and_gradient(lambda x: ops.sum(x * factor), variables=[factor])
    assert call(np.float32(3)) == 6
    assert slope(np.float32(3)) == (6, 2)
    factor.assign(5.0)
    assert call(np.float32(3)) == 15
    assert slope(np.float32(3)) == (15, 5)


# --- devices and choice


def test_the_cpu_is_a_device_and_can_be_used():
    found = backend.devices()
    assert found[-1].id == "CPU:0"
    assert "core" in found[-1].label
    before = backend._device
    try:
        backend.use_device("CPU:0")
        call = backend.compiled(lambda x: x + 1)
        assert call(np.float32(1)) == 2
        assert backend.value_and_gradient(lambda x: x * x)(np.float32(3)) == (9, 6)
    finally:
        backend._device = before


def test_a_device_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(UserError, match=r"'GPU:77' here; choose one of .*CPU:0"):
        backend.use_device("GPU:77")


def test_unknown_and_late_choices_get_a_clear_sentence():
    with pytest.raises(UserError, match="no backend 'theano'; choose one of tensorflow, jax"):
        backend.choose("theano")
    other = "jax" if backend.name() != "jax" else "torch"
    with pytest.raises(UserError, match=f"cannot change to {other}; start the program again"):
        backend.choose(other)
    assert backend.choose(backend.name()) == backend.name()


def test_importing_the_door_imports_nothing_behind_it():
    ended = python(
        "import sys; from visualizer.engine import backend; "
        "print(backend.name(), [m for m in ('keras', 'tensorflow', 'jax', 'torch') "
        "if m in sys.modules])"
    )
    assert ended.stdout.split(maxsplit=1) == ["tensorflow", "[]\n"], ended.stderr


def test_a_backend_that_is_not_installed_says_how_to_install_it():
    ended = python(
        "import importlib.util as u; u.find_spec = lambda name: None\n"
        "from visualizer.engine import backend\n"
        "try: backend.choose()\n"
        "except ValueError as error: print(error)",
        KERAS_BACKEND="jax",
    )
    assert "jax is not installed; pip install 'convnet-visualizer[jax]'" in ended.stdout


def test_the_environment_chooses_unless_an_argument_does():
    code = "from visualizer.engine import backend; print(backend.choose({}), backend.name())"
    chosen = python(code.format("'tensorflow'"), KERAS_BACKEND="jax").stdout.split()
    assert chosen == ["tensorflow", "tensorflow"]


@pytest.mark.parametrize(
    ("cuda", "mps", "ids"),
    [([], True, ["MPS:0"]), (["RTX"], False, ["GPU:0"]), ([], False, [])],
)
def test_pytorch_has_nvidias_and_apples_devices(monkeypatch, cuda, mps, ids):
    class Torch:
        class cuda:  # noqa: N801
            get_device_name = staticmethod(cuda.__getitem__)
            device_count = staticmethod(cuda.__len__)

        class backends:  # noqa: N801
            class mps:  # noqa: N801
                is_available = staticmethod(lambda: mps)

    monkeypatch.setitem(sys.modules, "torch", Torch)
    monkeypatch.setattr(backend, "name", lambda: "torch")
    assert [device.id for device in backend.devices()] == [*ids, "CPU:0"]
