"""A network of the playground as Keras code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from visualizer.engine.lessons.playground_data import FEATURES

if TYPE_CHECKING:
    from visualizer.engine.lessons.playground import PlaygroundSettings, PlaygroundState


def keras_code(state: PlaygroundState, settings: PlaygroundSettings) -> str:
    """Return a Python program whose `model` maps points (N x 2, float32) to the outputs (N x 1)."""
    shape = settings.shape
    lines = [
        "import keras",
        "import numpy as np",
        "",
        "points = keras.Input((2,))",
        "x, y = points[:, 0:1], points[:, 1:2]",
    ]
    features = [FEATURES[each][1] for each in settings.features]
    if len(features) > 1:
        lines.append(f"values = keras.ops.concatenate([{', '.join(features)}], axis=1)")
    else:
        lines.append(f"values = {features[0] if features else '0 * x'}")
    matrices = shape.matrices(state.weights)
    for function, matrix in zip(shape.functions(), matrices, strict=True):
        lines.append(f"values = keras.layers.Dense({len(matrix)}, {function.keras})(values)")
    lines += ["model = keras.Model(points, values)", "model.set_weights(["]
    for matrix in matrices:
        kernel = matrix[:, :-1].T.tolist() or [[0.0] * len(matrix)]
        lines.append(f"    np.array({kernel}),")
        lines.append(f"    np.array({matrix[:, -1].tolist()}),")
    lines += [
        "])",
        f"optimizer = keras.optimizers.SGD({settings.learning_rate!r})",
        'model.compile(optimizer, loss="mean_squared_error")',
        "",
    ]
    return "\n".join(lines)
