"""Data and loops for training networks."""
