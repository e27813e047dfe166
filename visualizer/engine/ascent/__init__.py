"""Gradient ascent in pixels: optimal stimuli, deep dreams, style."""

from visualizer.engine.ascent import (
    deep_dream,
    feature_wall,
    optimal_stimulus,
    regularised,
    style,
    zoom,
)

__all__ = ["deep_dream", "feature_wall", "optimal_stimulus", "regularised", "style", "zoom"]
