"""A window with everything behind it, and how a visitor looks at it."""

from __future__ import annotations

import shiboken6
from PySide6.QtWidgets import QLabel

from visualizer.gui.app import make_window
from visualizer.gui.shell.help_dialogs import PageDialog


class Desk:
    """A window with everything behind it, on show."""

    closed = False

    def __init__(self, qapp):
        self.window = make_window(qapp)
        self.theme, self.session = self.window.theme, self.window.session
        self.compute, self.store = self.session.compute, self.session.store
        self.window.show()

    def close(self):
        self.window.close()
        assert self.compute.stop(timeout=30)
        # Now, or the next test would find this window among those of the application.
        shiboken6.delete(self.window)
        shiboken6.delete(self.theme)
        self.closed = True


def page_of(window):
    (dialog,) = [d for d in window.findChildren(PageDialog) if d.isVisible()]
    return dialog


def visible_texts(widget):
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisible()]


def leave(window):
    """Give the focus to the workspace, as a click into it does."""
    window.workspace.setFocus()


def changes(session, *wanted):
    """A list that grows by each of these changes as the session tells of it."""
    told = []
    session.changed.connect(lambda change: told.extend(each for each in wanted if each in change))
    return told
