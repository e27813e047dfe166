"""Checks over everything there is, too long for every day; each prints what it found."""
