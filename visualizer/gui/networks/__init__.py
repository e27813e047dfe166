"""Choosing a network, and the questions when a model file is opened."""
