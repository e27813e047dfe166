"""Choosing a network, and what is asked when a file of one's own is opened."""
