"""Presenting: only the stage, in large letters, led by a clicker; on a second screen if possible.

With one screen the window itself is reduced to its stage. With two the speaker keeps the window,
with a bar of what matters while speaking, and the audience's screen shows the stage.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPointF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCursor, QGuiApplication, QKeyEvent, QPainter, QPixmap, QPolygonF, QScreen
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
)

from visualizer.gui.shell.audience import AudienceWindow
from visualizer.gui.shell.waiting_dialogs import WaitingDialogs, open_dialogs

if TYPE_CHECKING:
    from visualizer.gui.core.store import Store
    from visualizer.gui.shell.main_window import MainWindow

REST_SECONDS = 3
"""Without the mouse moving, after which the pointer is hidden."""
POINTER_SHARE = 1 / 22
"""Height of the pointer, as a share of the screen's."""
POINTER = ((0, 0), (0, 0.72), (0.17, 0.57), (0.29, 0.85), (0.41, 0.79), (0.3, 0.52), (0.52, 0.52))
"""Corners of the pointer, in heights."""

KEYS = (
    ("PgDown / PgUp", "the next and the previous scene or step, as clickers send them"),
    ("B or .", "a black screen, and back"),
    ("W", "a white screen, and back"),
    ("F", "freeze what the audience sees on a second screen, and go on"),
    ("Ctrl (held)", "a spotlight under the pointer"),
    ("Z", "a magnifier under the pointer"),
    ("Esc", "stop all that runs, close what is open, show the stage; once more: stop presenting"),
)
"""What keys do while presenting, before they do anything else."""


class Presentation(QObject):
    """Leads one window's presentation.

    Attributes:
        active: whether it is presenting.
        audience: the window on the second screen; None with one screen.
    """

    changed = Signal()

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.active = False
        self.audience: AudienceWindow | None = None
        self._began = 0.0
        self._size = QSize()  # that the letters and panels on one screen are made for
        self._magnifier = self._spotlight = False
        self._handlers = {
            Qt.Key.Key_PageDown: lambda: self.step(1),
            Qt.Key.Key_PageUp: lambda: self.step(-1),
            Qt.Key.Key_B: lambda: self.shade("black"),
            Qt.Key.Key_Period: lambda: self.shade("black"),
            Qt.Key.Key_W: lambda: self.shade("white"),
            Qt.Key.Key_F: self.toggle_freeze,
            Qt.Key.Key_Z: self._toggle_magnifier,
            Qt.Key.Key_Escape: self.escape,
        }
        self._rest = QTimer(self, singleShot=True, interval=1000 * REST_SECONDS)
        self._rest.timeout.connect(self._hide_pointer)
        self._pointer_shape = ""
        self._dialogs = WaitingDialogs(self)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        self._application = application
        application.screenRemoved.connect(self._on_screens_changed)
        application.screenAdded.connect(self._on_screens_changed)

    # What the user asks for

    def toggle(self) -> None:
        """Begin to present, or stop."""
        self.stop() if self.active else self.start()

    def start(self) -> None:
        """Begin to present, on the second screen if there is one."""
        if self.active:
            return
        self.active, self._began = True, time.monotonic()
        self._application.installEventFilter(self)
        self._arrange()
        self._show_pointer()

    def start_show(self, *, first: bool) -> None:
        """Present the show, if there is one, from its first scene or from the present one.

        A talk that goes on is not begun again: clickers have their button for this beside others.
        """
        shows = self._window.shows
        if self.active and (shows.index >= 0 or not shows.count):
            return
        self.start()
        if shows.count:
            shows.go_to(0 if first else max(shows.index, 0))

    def stop(self) -> None:
        """Stop presenting; the window is as it was."""
        if not self.active:
            return
        self.active = False
        self._application.removeEventFilter(self)
        self._rest.stop()
        self._set_pointer("")
        self._magnifier = self._spotlight = False
        self._show_light()
        self._window.stage.shade.toggle("")
        self._arrange()
        self._dialogs.show_all()

    def step(self, by: int) -> None:
        """What a clicker does: a scene of the show, or a step in what is on the stage."""
        if not self._window.shows.step(by):
            self._window.workspace.step_on_stage(by)

    def shade(self, colour: str) -> None:
        """Make the audience's screen "black" or "white", or show the stage again."""
        surface = self._window.stage if self.audience is None else self.audience
        surface.shade.toggle(colour)
        self.changed.emit()

    @property
    def shaded(self) -> str:
        """The colour of the shade over what the audience sees, "" for none."""
        surface = self._window.stage if self.audience is None else self.audience
        return surface.shade.colour

    def toggle_freeze(self) -> None:
        """Keep what the audience sees, or go on; on one screen there is nothing to keep it from."""
        if self.audience is not None:
            self.audience.freeze(not self.audience.frozen)
            self.changed.emit()

    @property
    def frozen(self) -> bool:
        """Whether the audience's screen keeps what it shows."""
        return self.audience is not None and self.audience.frozen

    @property
    def store(self) -> Store:
        """What is remembered of presenting."""
        return self._window.session.store

    @property
    def seconds(self) -> float:
        """How long it has been presenting."""
        return time.monotonic() - self._began if self.active else 0.0

    def escape(self) -> None:
        """Stop all that runs, close what is open, show the stage; if there was nothing, stop."""
        if not self._make_safe():
            self.stop()

    def _make_safe(self) -> bool:
        window = self._window
        something = window.shows.hold_still()
        while (popup := QApplication.activePopupWidget()) is not None:
            popup.close()
            something = True
        for dialog in open_dialogs():
            dialog.reject()
            something = True
        something |= self._dialogs.drop_all()
        if self.shaded:
            self.shade("")
            something = True
        if self.frozen:
            self.toggle_freeze()
            something = True
        if self._magnifier:
            self._toggle_magnifier()
            something = True
        if any(job.title for job in window.session.compute.jobs()):
            window.workspace.stop()
            window.session.compute.cancel_all()
            something = True
        if window.session.live:  # last: it asks for the maps of the picture before
            window.session.stop_live()
            something = True
        return something

    def follow_size(self) -> None:
        """Keep the letters large enough where the presented window or its screen changes size."""
        size = self._window.size()
        if self.active and self.audience is None and size != self._size:
            self._size = size
            self._window.theme.present_at(size.height())
            self._window.fit_stage()
            QTimer.singleShot(0, self, self._window.fit_stage)  # once all know what they need

    # Screens

    def screens(self) -> list[QScreen]:
        """The screens there are, the one of the window first."""
        own = self._window.screen()
        return sorted(QGuiApplication.screens(), key=lambda screen: screen is not own)

    @property
    def wanted(self) -> str:
        """The name of the screen chosen to present on; "" for the second one, if there is one."""
        return self.store.text("present on")

    def choose_screen(self, name: str) -> None:
        """Choose the screen to present on, by its name; "" for the second one."""
        self.store.remember("present on", name)
        if self.active:
            self._arrange()

    def _audience_screen(self) -> QScreen | None:
        own, *others = self.screens()
        named = [screen for screen in (own, *others) if screen.name() == self.wanted]
        screen = named[0] if named else others[0] if others else own
        return None if screen is own else screen

    def _on_screens_changed(self, _screen: QScreen) -> None:
        if self.active:  # after Qt has moved its windows off a screen that is gone
            QTimer.singleShot(0, self, self._arrange)
        self.changed.emit()

    def _arrange(self) -> None:
        """Put the stage where the audience is."""
        window, colour = self._window, self.shaded if self.active else ""
        kept = self.audience.picture if self.audience is not None and self.frozen else None
        screen = self._audience_screen() if self.active else None
        if self.audience is not None:
            self.audience.close()
            self.audience.deleteLater()
            self.audience = None
        self._window.stage.shade.toggle("")
        alone = self.active and screen is None
        if self.active:
            # A window that is not yet as large as its screen is, will be.
            self._size = window.screen().geometry().size()
        # Beside a second screen, once the stage has the room that the speaker's controls leave.
        window.stage_room.keep_shape(None if screen is None else screen.size())
        # What is hidden does not hear of another font; and panels are as wide as before only
        # where their letters are.
        if not alone:
            window.theme.present_at(None)
        window.show_stage_alone(alone)
        if alone:
            window.theme.present_at(self._size.height())
        if screen is not None:
            self.audience = AudienceWindow(window.stage, screen, kept)
            window.activateWindow()
            QTimer.singleShot(0, self.audience, self._fit_letters)
        if colour:
            self.shade(colour)
        self.changed.emit()

    def _fit_letters(self) -> None:
        self._window.theme.present_at(self._window.stage.height())

    # The pointer

    def _toggle_magnifier(self) -> None:
        self._magnifier = not self._magnifier
        self._show_light()

    def _show_light(self) -> None:
        stage = self._window.stage
        stage.pointer.show_as(
            spotlight=self._spotlight,
            magnifier=self._magnifier,
            at=stage.mapFromGlobal(QCursor.pos()),
        )

    def _show_pointer(self) -> None:
        self._set_pointer("large")
        self._rest.start()

    def _hide_pointer(self) -> None:
        if not (self._magnifier or self._spotlight):
            self._set_pointer("none")

    def _set_pointer(self, shape: str) -> None:
        """Show a "large" pointer, "none", or "" for what each control has."""
        if shape == self._pointer_shape:
            return
        if self._pointer_shape:
            QGuiApplication.restoreOverrideCursor()
        self._pointer_shape = shape
        if shape == "none":
            QGuiApplication.setOverrideCursor(Qt.CursorShape.BlankCursor)
        elif shape == "large":
            height = round(self._window.screen().geometry().height() * POINTER_SHARE)
            QGuiApplication.setOverrideCursor(large_pointer(height))

    # Events of the whole application, while presenting

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the keys of a presentation before anything else does, and follow the mouse."""
        kind = event.type()
        if kind == QEvent.Type.Show and isinstance(watched, QDialog) and self.audience is None:
            self._dialogs.hold(watched)
        elif kind == QEvent.Type.MouseMove:
            self._show_pointer()
            if self._magnifier or self._spotlight:
                self._show_light()
        elif kind in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            assert isinstance(event, QKeyEvent)
            return self._take_key(event)
        return False

    def _take_key(self, event: QKeyEvent) -> bool:
        if event.key() == Qt.Key.Key_Control:
            spotlight = event.type() != QEvent.Type.KeyRelease
            if spotlight != self._spotlight:
                self._spotlight = spotlight
                self._show_light()
            return False
        panics = event.key() == Qt.Key.Key_Escape
        if QApplication.activePopupWidget() is not None and not panics:
            return False  # a menu, or the list of a box
        handler = self._handlers.get(Qt.Key(event.key()))
        if handler is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return False
        if _typing() and event.text().isprintable() and event.text():
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # it comes back as a key press, and not as a shortcut
        elif event.type() == QEvent.Type.KeyPress and not event.isAutoRepeat():
            handler()
        return True


def _typing() -> bool:
    focus = QApplication.focusWidget()
    if isinstance(focus, QComboBox):
        return focus.isEditable()
    return isinstance(focus, QLineEdit | QAbstractSpinBox | QPlainTextEdit | QTextEdit)


def large_pointer(height: int) -> QCursor:
    """An arrow that is seen from the last row, `height` pixels high."""
    pixmap = QPixmap(height, height)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    edge = height / 24
    arrow = QPolygonF([QPointF(edge + x * height, edge + y * height) for x, y in POINTER])
    pen = painter.pen()
    pen.setWidthF(edge)
    pen.setColor(Qt.GlobalColor.black)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.GlobalColor.white)
    painter.drawPolygon(arrow)
    painter.end()
    return QCursor(pixmap, round(edge), round(edge))
