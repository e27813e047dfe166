"""How many weights a description may ask for: no more than its file holds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from visualizer.models.safety import MAX_WEIGHT_BYTES, SPARE_WEIGHTS, UnsafeFileError

if TYPE_CHECKING:
    import keras


class Allowance:
    """How many weights a model may make; handed to its layers as initializer.

    Every variable of a layer is first made of zeros by this object, which counts: so the bound
    holds whatever the settings of the layers multiply to, and before memory is asked for.

    Args:
        file: its name, for the sentence.
        numbers: how many numbers the file holds. A network with more weights than that cannot be
            filled from it, so a small file cannot ask for much memory.
    """

    def __init__(self, file: str, numbers: int) -> None:
        self.file, self.numbers = file, numbers
        self._left = min(numbers, MAX_WEIGHT_BYTES // 4) + SPARE_WEIGHTS
        self._initializer: keras.initializers.Initializer | None = None

    def initializer(self) -> keras.initializers.Initializer:
        """Return the initializer that counts."""
        import keras

        if self._initializer is not None:
            return self._initializer
        allowance = self

        class Counted(keras.initializers.Zeros):
            """Zeros, as long as they are within the allowance."""

            def __call__(self, shape: Any, dtype: Any = None) -> Any:
                allowance.take(shape)
                return super().__call__(shape, dtype=dtype)

        self._initializer = Counted()
        return self._initializer

    def release(self, model: keras.Model) -> None:
        """Leave plain zeros in the layers of a built model in place of the counting ones."""
        import keras

        zeros = keras.initializers.Zeros
        for layer in model._flatten_layers():
            for name, value in list(vars(layer).items()):
                if isinstance(value, zeros) and type(value) is not zeros:
                    setattr(layer, name, zeros())

    def take(self, shape: Any) -> None:
        """Count one variable.

        Raises:
            UnsafeFileError: the allowance is used up.
        """
        self._left -= math.prod(int(side) for side in shape)
        if self._left < 0:
            raise UnsafeFileError(
                f"{self.file} describes a network with far more weights than the {self.numbers:,} "
                "that are in it; use the description and the weights of one and the same model."
            )
