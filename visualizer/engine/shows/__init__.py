"""Shows: a talk as an ordered list of scenes, in one file."""
