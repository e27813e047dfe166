"""The Explain workspace: attribution methods side by side, and their sanity check."""
