"""Gradient ascent in pixels: optimal stimuli, deep dreams, style."""

from visualizer.engine.ascent import deep_dream, optimal_stimulus, regularised  # noqa: F401
