"""Convnet Visualizer: a desktop window onto a convolutional network."""

__version__ = "0.1.0"
