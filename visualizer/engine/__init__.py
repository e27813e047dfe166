"""Everything that computes. Nothing here knows of a window or a command line."""
