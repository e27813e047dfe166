"""Evolved fooling images: MAP-Elites with a cell a class, over pixels or CPPNs."""

from visualizer.engine.evolution import fooling

__all__ = ["fooling"]
