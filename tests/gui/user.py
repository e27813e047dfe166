"""Someone in front of one workspace: waits until it rests, and presses keys."""

from __future__ import annotations

from PySide6.QtCore import QTimer

from tests.gui.waiting import wait_until

SOON = 500
"""Milliseconds of a timer that is work yet to come: a rest before something is asked anew."""


class User:
    """A workspace and its side panel on the screen, and who works with them."""

    sizes = (1000, 700), (340, 900)
    """Of the workspace and of its side panel, in pixels."""
    pictures = ()
    """What `open` adds to the tray, and shows the last of."""

    def __init__(self, qtbot, session, workspace):
        self.qtbot, self.session, self.workspace = qtbot, session, workspace
        self.side = workspace.side_panel()
        for widget, size in zip((workspace, self.side), self.sizes, strict=True):
            qtbot.addWidget(widget)
            widget.resize(*size)
            widget.show()
        workspace.activateWindow()

    def open(self, name="plain"):
        """Open a network of the catalogue, add the pictures, and wait until all is shown."""
        self.session.open_network(name)
        for picture in self.pictures:
            self.session.add(picture)
        self.settle()
        return self

    def settle(self):
        """Wait until everything asked for, also after a rest, is on the screen."""
        wait_until(lambda: not self._busy())
        self.qtbot.wait(1)  # what the last delivery set off
        wait_until(lambda: not self._busy())

    def until(self, condition):
        """Wait until something is so."""
        wait_until(condition)

    def press(self, *keys):
        """Press one key after the other, and wait for what comes of them."""
        for key in keys:
            self.qtbot.keyClick(self.keyboard, key)
        self.settle()

    @property
    def keyboard(self):
        """The widget that has the keys."""
        return self.workspace

    def _busy(self):
        timers = self.workspace.findChildren(QTimer)
        return not self.session.compute.is_idle() or any(
            timer.isActive() and timer.isSingleShot() and timer.interval() <= SOON
            for timer in timers
        )
