"""Any picture in the window can be saved, copied and put into the tray: by its context menu."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from visualizer.engine.rendering import from_bytes
from visualizer.engine.specimen import Provenance, Specimen
from visualizer.gui.core.compute import Job, Listener, once
from visualizer.gui.widgets.shown_picture import ShownPicture, picture_of, pixels_of

if TYPE_CHECKING:
    from visualizer.gui.core.session import Session
    from visualizer.gui.shell.export import Exporter


class PictureMenu(QObject):
    """Asks the widget under the mouse, or with the focus, for its `picture_at`."""

    def __init__(self, session: Session, exporter: Exporter, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._exporter, self._window = session, exporter, window

    def open(self, event: QContextMenuEvent) -> QMenu | None:
        """Open the menu of the picture that a context menu was asked for, if it was one."""
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        widget = QApplication.focusWidget() if by_key else self._window.childAt(event.pos())
        shown = picture_of(widget, None if by_key else event.globalPos())
        if widget is None or shown is None:
            return None
        menu = self.menu_of(shown)
        menu.popup(widget.mapToGlobal(widget.rect().center()) if by_key else event.globalPos())
        return menu

    def menu_of(self, shown: ShownPicture) -> QMenu:
        """What can be done with a picture; the menu deletes itself when it closes."""
        menu = QMenu(self._window)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Save picture…", lambda: self._save(shown))
        menu.addAction("Put into the tray", lambda: self._keep(shown))
        menu.addAction("Copy", lambda: self._copy(shown))
        return menu

    def _save(self, shown: ShownPicture) -> None:
        make = self._maker_of(shown)
        self._exporter.save_made(shown.title, make)

    def _keep(self, shown: ShownPicture) -> None:
        listener = Listener(on_done=self._on_made)
        make = once(self._maker_of(shown))
        self._session.compute.submit(Job(make, listener, cancellable=False))

    def _copy(self, shown: ShownPicture) -> None:
        QGuiApplication.clipboard().setImage(shown.image)
        self._session.say(f"“{shown.title}” is copied.")

    def _maker_of(self, shown: ShownPicture) -> Callable[[], Specimen]:
        """What makes a specimen of a picture, on the compute thread, as the session stands now."""
        network, origin = self._session.network, self._session.specimen
        provenance = Provenance(
            source=f"shown: {shown.title}",
            network=network.name if network is not None else None,
            network_sha256=network.sha256 if network is not None else None,
            parents=(origin.id,) if origin is not None else (),
        )
        title = f"{origin.title} · {shown.title}" if origin is not None else shown.title

        def make() -> Specimen:
            specimen = Specimen(from_bytes(pixels_of(shown.image)), title, provenance)
            assert specimen.id  # worked out here, not on the window thread
            return specimen

        return make

    def _on_made(self, specimen: Specimen) -> None:
        self._session.add(specimen, select=False)
        self._session.say(f"“{specimen.title}” is in the tray.")
