"""The parts workspaces and the window are made of, one widget a file."""
