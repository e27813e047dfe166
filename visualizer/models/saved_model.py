"""SavedModel folders: TensorFlow's own format, in which Keras 2 saved by default.

A SavedModel of Keras 2 has the description of the network beside TensorFlow's graph. Where it is
there, the network is built from it like any other, and TensorFlow's graph is never run. Where it is
not (`model.export`, or other programs), only the graph is left: it can do anything TensorFlow can,
so it needs `trust`, and nothing can be seen between picture and answer.
"""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from visualizer.engine.errors import UserError
from visualizer.engine.generators import waited_for
from visualizer.models import checkpoint, keras_metadata, model_parts, safety, weights
from visualizer.models.building import build

if TYPE_CHECKING:
    import keras

ENDPOINT = "serving_default"


class SavedModelError(UserError):
    """A SavedModel folder that cannot be opened."""


def reading(
    path: Path, *, trust: bool = False
) -> Generator[None, None, tuple[keras.Model, list[str]]]:
    """Build the model in a SavedModel folder; yields in between.

    Args:
        path: the folder with `saved_model.pb`.
        trust: run TensorFlow's graph where there is no description.

    Returns:
        The model as it was saved, and what was mended.

    Raises:
        UserError: one sentence on what is wrong and what to do.
    """
    description = path / keras_metadata.FILE
    if description.is_file():
        if description.stat().st_size > safety.MAX_CONFIG_BYTES:
            raise SavedModelError(f"{path.name} has a description larger than any network's.")
        described = keras_metadata.read(description.read_bytes(), path.name)
        yield
        graph, arrays = checkpoint.read(path / "variables" / "variables", path.name)
        yield
        numbers = sum(array.size for array in arrays.values())
        model, notes = build(described.config, path.name, numbers, trust=trust, beside=path)
        described.fill(model, graph, arrays, path.name)
        weights.check_finite(model, path.name)
        return model, [*notes, "Built from the description in the SavedModel; its graph is unused."]
    if not trust:
        raise safety.CodeRefusedError(
            f"{path.name} is a SavedModel without the description of its layers, only TensorFlow's "
            "graph, which could do anything on this computer",
            "save the model with model.save('name.keras') to see inside, or open it with --trust "
            "to see its answers.",
        )
    model = yield from _black_box(path)
    return model, ["Only the answers can be seen: the SavedModel has no layers."]


def _black_box(path: Path) -> Generator[None, None, keras.Model]:
    """A model of TensorFlow's graph alone.

    TensorFlow reads it in one go, in this process, as whoever trusts a graph lets it do anything:
    what can be promised is that its size is bounded, and that nobody waits for it after a cancel.
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        raise SavedModelError(
            f"{path.name} is a SavedModel, which only TensorFlow runs; start the program with "
            "--backend tensorflow."
        )
    size = sum(part.stat().st_size for part in model_parts.parts(path))
    if size > safety.MAX_WEIGHT_BYTES:
        raise SavedModelError(
            f"{path.name} has {size / 1e9:.0f} GB; SavedModels of up to "
            f"{safety.MAX_WEIGHT_BYTES / 1e9:.0f} GB are opened."
        )
    load = partial(keras.layers.TFSMLayer, str(path), call_endpoint=ENDPOINT, name="saved_model")
    try:
        layer = yield from waited_for(load)
    except (ValueError, OSError, AttributeError):
        raise SavedModelError(
            f"{path.name} is a SavedModel that cannot be called on pictures (it has no signature "
            f"{ENDPOINT!r}); save the model with model.save('name.keras')."
        ) from None
    _, named = layer.call_endpoint_fn.structured_input_signature
    if len(named) != 1:
        raise SavedModelError(
            f"{path.name} is a SavedModel with {len(named)} inputs; only one, the picture, can be "
            "given."
        )
    (spec,) = named.values()
    shape = [None if side is None else int(side) for side in spec.shape or ()]
    if len(shape) != 4 or shape[-1] not in (1, 3, 4):
        raise SavedModelError(
            f"{path.name} is a SavedModel that takes an input of {shape}, which is no picture of "
            "height x width x channels."
        )
    safety.check_input_shape(shape[1:], path.name)
    pixels = keras.Input((shape[1] or 224, shape[2] or 224, shape[3]), name="data")
    answers: Any = layer(pixels)
    answer = next(iter(answers.values())) if isinstance(answers, dict) else answers
    return keras.Model(pixels, answer, name=path.name.replace("/", "_"))
