"""The Layers workspace: the activation maps of every stage."""
