"""Fourier parameterisation of pictures with decorrelated colours, and the optimiser Adam.

Olah, Mordvintsev & Schubert 2017, "Feature Visualization", section "Preconditioning and
Parameterization": neighbouring pixels and the three colours are correlated in photos; in a basis
where they are not, the same steps give smooth, natural pictures instead of fine noise.

Everything here is linear algebra in NumPy with its exact adjoint, so it serves every backend.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

# Square root of the covariance of the colours of photos, as published with the article (lucid,
# optvis/param/color.py), divided by its largest column norm so that no colour is amplified.
_COLOUR = np.array([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]])
_COLOUR = (_COLOUR / np.linalg.norm(_COLOUR, axis=0).max()).astype(np.float32)
_GREY = np.full((3, 1), 1 / np.sqrt(3), np.float32)


def _fft() -> Any:
    """SciPy's transforms, which keep float32; imported when first needed, to start fast."""
    from scipy import fft

    return fft


@dataclass(frozen=True)
class FourierBasis:
    """Pictures of one size by the amplitudes of their frequencies.

    `decode` takes float32 parameters 2 x N x H x (W // 2 + 1) x 3 (real and imaginary part) to
    pictures N x H x W x 3 in (0, 1). With `grey` there is one number where there were three, and
    the three channels of a picture are alike.
    """

    height: int
    width: int
    grey: bool = False
    decay: float = 1.0

    def shape(self, count: int) -> tuple[int, ...]:
        """Shape of the parameters of `count` pictures."""
        return (2, count, self.height, self.width // 2 + 1, self._colour.shape[1])

    def random(self, count: int, rng: np.random.Generator, scale: float = 0.01) -> np.ndarray:
        """Parameters of nearly grey noise."""
        return rng.normal(0, scale, self.shape(count)).astype(np.float32)

    @property
    def _colour(self) -> np.ndarray:
        """RGB from decorrelated colour components."""
        return _GREY if self.grey else _COLOUR

    @cached_property
    def _scale(self) -> np.ndarray:
        """1 / frequency, the amplitude spectrum of photos."""
        rows = np.fft.fftfreq(self.height)[:, None]
        columns = np.fft.rfftfreq(self.width)[None]
        frequency = np.maximum(np.hypot(rows, columns), 1 / max(self.height, self.width))
        scale = frequency**-self.decay * np.sqrt(self.height * self.width)
        return scale[None, :, :, None].astype(np.float32)

    def _linear(self, parameters: np.ndarray) -> np.ndarray:
        spectrum = (parameters[0] + np.complex64(1j) * parameters[1]) * self._scale
        pixels = _fft().irfft2(spectrum, (self.height, self.width), axes=(1, 2)) / np.float32(4)
        return pixels @ self._colour.T

    def decode(self, parameters: np.ndarray) -> np.ndarray:
        """The pictures of these parameters, N x H x W x 3 in (0, 1)."""
        return 1 / (1 + np.exp(-self._linear(parameters)))

    def encode(self, pictures: np.ndarray) -> np.ndarray:
        """Parameters whose `decode` gives these pictures; black and white a little off."""
        inside = np.clip(pictures, 0.01, 0.99)
        linear = np.log(inside / (1 - inside)) @ np.linalg.pinv(self._colour).T
        spectrum = _fft().rfft2(linear * np.float32(4), axes=(1, 2)) / self._scale
        return np.stack([spectrum.real, spectrum.imag]).astype(np.float32)

    def pull_back(self, pictures: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        """The gradient with respect to the parameters, from that with respect to pixels.

        Args:
            pictures: what `decode` gave.
            gradient: of the objective by these pictures.
        """
        by_linear = (gradient * pictures * (1 - pictures)) @ self._colour
        # The adjoint of irfft2: rfft2 with every frequency that stands for two counted twice.
        spectrum = _fft().rfft2(by_linear, axes=(1, 2))
        twice = np.full(self.width // 2 + 1, 2.0 / (self.height * self.width), np.float32)
        twice[0] /= 2
        if self.width % 2 == 0:
            twice[-1] /= 2
        spectrum *= twice[None, None, :, None] * self._scale / 4
        return np.stack([spectrum.real, spectrum.imag])


class Adam:
    """Adam (Kingma & Ba 2014, algorithm 1), ascending."""

    def __init__(self, rate: float, beta1: float = 0.9, beta2: float = 0.999) -> None:
        self.rate, self.beta1, self.beta2 = rate, beta1, beta2
        self._steps = 0
        self._mean: np.ndarray | float = 0.0
        self._square: np.ndarray | float = 0.0

    def step(self, parameters: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        """The parameters after one step along the gradient."""
        self._steps += 1
        self._mean = self.beta1 * self._mean + (1 - self.beta1) * gradient
        self._square = self.beta2 * self._square + (1 - self.beta2) * gradient**2
        mean = self._mean / (1 - self.beta1**self._steps)
        square = self._square / (1 - self.beta2**self._steps)
        return parameters + self.rate * mean / (np.sqrt(square) + 1e-8)
