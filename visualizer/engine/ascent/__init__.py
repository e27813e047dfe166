"""Gradient ascent in pixels: optimal stimuli, deep dreams, style."""
