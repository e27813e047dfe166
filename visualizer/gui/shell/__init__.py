"""The main window around the workspaces: actions, bars, notices, export, help and the tour."""
