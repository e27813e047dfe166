"""The networks that can be opened: what they are, how they are built, where weights come from."""
