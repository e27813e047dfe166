"""Wraps any model into one with a single picture as input and a single vector of scores.

What does not fit is wrapped in layers of Keras: a vector of 784 becomes a picture of 28 x 28 that
is flattened, further inputs are filled, and one of several outputs is chosen.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from visualizer.engine.errors import UserError
from visualizer.models import safety

if TYPE_CHECKING:
    import keras


class ShapeError(UserError):
    """The model takes no picture, or gives no scores."""


def shape(
    model: keras.Model, file: str, output: str | int | None = None
) -> tuple[keras.Model, list[str]]:
    """Return a model with one input (H, W, C) and one output, and what was done for it.

    Args:
        model: with any inputs and outputs.
        file: its name, for the sentence.
        output: which of several outputs, by name or number from 0, otherwise the widest; with
            several inputs, `INPUT>OUTPUT` shows the picture to that one only (`views`).

    Raises:
        ShapeError: no input is a picture, or `output` is not one of its outputs.
    """
    notes: list[str] = []
    _check_pictures_go_in(model, file)
    input_name, output = split_view(output)
    model = _one_output(model, file, output)
    model = _one_picture(model, file, notes, input_name)
    _check_scores(model, file)
    return model, notes


def _check_pictures_go_in(model: keras.Model, file: str) -> None:
    """Refuse a model that maps vectors to pictures, as a GAN's generator does."""
    import keras

    taken = [tuple(tensor.shape[1:]) for tensor in keras.tree.flatten(model.inputs)]
    made = [tuple(tensor.shape[1:]) for tensor in _outputs(model)]
    if all(len(sides) == 1 for sides in taken) and all(is_picture(sides) for sides in made):
        listed = " and ".join(str(sides[0]) for sides in taken)
        raise ShapeError(
            f"{file} makes pictures of {listed} numbers, as a generator does; this program shows "
            "networks that look at pictures, so open its discriminator or a classifier."
        )


def _outputs(model: keras.Model) -> list[Any]:
    import keras

    return keras.tree.flatten(model.outputs)


def output_names(model: keras.Model) -> list[str]:
    """What the outputs of a model can be called: by key, by the layer that makes it, or number."""
    names = list(getattr(model, "output_names", None) or [])
    tensors = _outputs(model)
    keys = getattr(model, "_outputs_struct", None)
    if isinstance(keys, dict) and len(keys) == len(tensors):
        return [next((str(k) for k, t in keys.items() if t is tensor), "") for tensor in tensors]
    return [str(names[i]) if i < len(names) else str(i) for i in range(len(tensors))]


def views(model: keras.Model) -> list[str]:
    """The ways to look at a model: its outputs, and of several inputs each with each output."""
    outputs, inputs = output_names(model), _picture_inputs(model)
    if len(inputs) < 2:
        return outputs
    return [*outputs, *(f"{each}>{output}" for each in inputs for output in outputs)]


def split_view(view: str | int | None) -> tuple[str | None, str | int | None]:
    """Return (input or None for all, output or None for the widest) of one of `views`."""
    if isinstance(view, str) and ">" in view:
        input_name, _, output = view.partition(">")
        return input_name.strip(), output.strip() or None
    return None, view


def _picture_inputs(model: keras.Model) -> list[str]:
    """The names of the inputs that can take a picture."""
    import keras

    inputs = keras.tree.flatten(model.inputs)
    shapes = [tuple(tensor.shape[1:]) for tensor in inputs]
    return [
        str(tensor.name)
        for tensor, sides in zip(inputs, shapes, strict=True)
        if is_picture(sides) or picture_of(sides)
    ]


def chosen_output(model: keras.Model, file: str, output: str | int | None = None) -> int:
    """Return which of the outputs of a model is shown: the one asked for, or else the widest.

    Raises:
        ShapeError: it has no such output; the sentence names those it has.
    """
    tensors, names = _outputs(model), output_names(model)
    if output is not None:
        wanted = str(output)
        layers = [tensor._keras_history.operation.name for tensor in tensors]
        for candidates in (names, layers, [str(i) for i in range(len(tensors))]):
            if wanted in candidates:
                return candidates.index(wanted)
        raise ShapeError(f"{file} has no output called {output!r}; it has {', '.join(names)}.")
    return max(range(len(tensors)), key=lambda i: (_width(tensors[i]), -i))


def _one_output(model: keras.Model, file: str, output: str | int | None) -> keras.Model:
    import keras

    tensors, chosen = _outputs(model), chosen_output(model, file, output)
    if len(tensors) == 1:
        return model
    inputs = model.inputs if len(model.inputs) > 1 else model.inputs[0]
    return keras.Model(inputs, tensors[chosen], name=model.name)


def _width(tensor: Any) -> int:
    """Classes of an output, -1 if it is not a list of scores."""
    return int(tensor.shape[-1] or 0) if len(tensor.shape) == 2 else -1


def is_picture(sides: tuple[int | None, ...]) -> bool:
    """Whether a shape without the batch is H x W x C with 1, 3 or 4 channels."""
    return len(sides) == 3 and sides[-1] in (1, 3, 4)


def picture_of(sides: tuple[int | None, ...]) -> tuple[int, int, int] | None:
    """The picture that a vector or a map without channels stands for, if there is one.

    A vector does if its length is that of a square picture whose side is a multiple of 4, such as
    28 x 28; 100 numbers are no picture.
    """
    if len(sides) == 2 and all(side is not None and side >= 8 for side in sides):
        return sides[0] or 0, sides[1] or 0, 1
    if len(sides) == 1 and sides[0]:
        for channels in (1, 3):
            side = math.isqrt(sides[0] // channels)
            if side >= 8 and side % 4 == 0 and side * side * channels == sides[0]:
                return side, side, channels
    return None


def _one_picture(
    model: keras.Model, file: str, notes: list[str], input_name: str | None = None
) -> keras.Model:
    import keras

    inputs = keras.tree.flatten(model.inputs)
    shapes = [tuple(tensor.shape[1:]) for tensor in inputs]
    if len(shapes) == 1 and is_picture(shapes[0]):
        return model
    chosen = _named_input(model, file, input_name)
    if chosen is None:
        chosen = next((i for i, sides in enumerate(shapes) if is_picture(sides)), None)
    if chosen is None:
        chosen = next((i for i, sides in enumerate(shapes) if picture_of(sides)), None)
    if chosen is None:
        raise ShapeError(safety.no_picture(file, " and ".join(map(safety.sides, shapes))))
    sides = shapes[chosen]
    picture = sides if is_picture(sides) else picture_of(sides)
    pixels = keras.Input(picture, name=inputs[chosen].name)
    feeds: list[Any] = []
    for index, other in enumerate(shapes):
        alike = input_name is None and is_picture(other) and other == picture
        if index == chosen or alike:
            feeds.append(pixels if other == picture else keras.layers.Reshape(other)(pixels))
        else:
            feeds.append(_zeros(pixels, other, file))
    if input_name is not None:
        notes.append(f"Shows the picture to its input {inputs[chosen].name}; the others are zero.")
    elif len(shapes) > 1:
        notes.append(
            f"Has {len(shapes)} inputs; the picture goes into those of its shape, and the others "
            "are zero."
        )
    else:
        notes.append(f"Takes {' x '.join(str(side) for side in sides)} numbers; read as a picture.")
    scores = model(feeds if len(feeds) > 1 else feeds[0])
    return keras.Model(pixels, scores, name=model.name)


def _named_input(model: keras.Model, file: str, name: str | None) -> int | None:
    """The place of the input of a name (or number); None where none is named.

    Raises:
        ShapeError: no input that takes a picture goes by that name; the sentence names them.
    """
    import keras

    if name is None:
        return None
    names = [str(tensor.name) for tensor in keras.tree.flatten(model.inputs)]
    takes = _picture_inputs(model)
    if name.isdecimal() and int(name) < len(names):
        name = names[int(name)]
    if name not in takes:
        raise ShapeError(f"{file} has no picture input called {name!r}; it has {', '.join(takes)}.")
    return names.index(name)


def _zeros(pixels: Any, sides: tuple[int | None, ...], file: str) -> Any:
    """A tensor of zeros N x sides, whose gradient is zero, made of layers alone."""
    import keras

    if None in sides or not sides:
        raise ShapeError(
            f"{file} has a second input of no fixed size; save a model that takes the picture only."
        )
    count = math.prod(int(side) for side in sides if side)
    flat = keras.layers.GlobalAveragePooling2D()(pixels)
    nothing = keras.layers.Rescaling(0.0)(flat)
    many = keras.layers.RepeatVector(count)(nothing)
    one = keras.layers.Reshape((count * int(pixels.shape[-1]),))(many)
    cut = keras.layers.Reshape((count, int(pixels.shape[-1])))(one)
    single = keras.layers.GlobalAveragePooling1D(data_format="channels_first")(cut)
    return keras.layers.Reshape(sides)(single)


def _check_scores(model: keras.Model, file: str) -> None:
    sides = tuple(_outputs(model)[0].shape[1:])
    if len(sides) not in (1, 3) or not sides[-1]:
        listed = " x ".join(str(side) for side in sides) or "one number"
        raise ShapeError(
            f"{file} gives {listed} for a picture; this program shows networks that give one score "
            "for each class."
        )
