"""The workspaces, in the order of the rail and of Ctrl+1...6; a new one is a file and a line."""

from visualizer.gui.workspaces.base import Workspace


def workspaces() -> tuple[type[Workspace], ...]:
    """Return the workspaces of the window, in order."""
    from visualizer.gui.workspaces.attack import AttackWorkspace
    from visualizer.gui.workspaces.dream import DreamWorkspace
    from visualizer.gui.workspaces.explain import ExplainWorkspace
    from visualizer.gui.workspaces.layers import LayersWorkspace

    return (LayersWorkspace, DreamWorkspace, ExplainWorkspace, AttackWorkspace)
