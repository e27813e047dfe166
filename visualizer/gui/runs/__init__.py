"""A steered run: start, pause, one step, undo, history, and a copy that survives a crash."""
