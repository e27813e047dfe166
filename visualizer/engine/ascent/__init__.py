"""Gradient ascent in pixels: optimal stimuli, deep dreams, style."""

from visualizer.engine.ascent import (  # noqa: F401
    deep_dream,
    feature_wall,
    optimal_stimulus,
    regularised,
    style,
    zoom,
)
