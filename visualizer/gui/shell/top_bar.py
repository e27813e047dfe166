"""The top bar: menus, the network, the device, and buttons for the most used actions."""

from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QFontMetrics, QKeyEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QMenu,
    QMenuBar,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from visualizer.gui.core.session import Change, Session
from visualizer.gui.core.theme import Theme, icon
from visualizer.gui.networks.picker import NetworkPicker
from visualizer.models import catalog


class TopBar(QFrame):
    """Follows the session. Buttons show the actions they are given; they lose their words in a
    narrow window.
    """

    file_wanted = Signal()
    """The user wants to open a model file."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "bar")
        self._session, self._theme = session, theme
        self._buttons: list[tuple[QToolButton, QAction, str, bool]] = []
        self.menus = QMenuBar()
        self.menus.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        help_text = "The network that looks (its card is under Help)"
        self.network = _picker(NetworkBox(), "Network", help_text)
        self.device = _picker(QComboBox(), "Device", "What the network runs on")
        self._layout = QHBoxLayout(self)
        for widget in (self.menus, self.network, self.device):
            self._layout.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
        self._layout.addStretch(1)
        self.network.asked.connect(self.choose_network)
        self.network.activated.connect(self._on_network_chosen)
        self.device.activated.connect(self._on_device_chosen)
        session.changed.connect(self._follow)
        session.devices.changed.connect(self.show_devices)
        theme.changed.connect(self._restyle)
        self.show_networks()
        self.show_devices()
        self._restyle()

    def add_button(
        self, action: QAction, icon_name: str, menu: QMenu | None = None, primary: bool = False
    ) -> QToolButton:
        """Put a button for an action at the right; with a menu it opens that instead."""
        button = QToolButton()
        action.setIconVisibleInMenu(False)
        button.setDefaultAction(action)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if primary:
            button.setProperty("role", "primary")
        if menu is not None:
            button.setMenu(menu)
            button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._layout.addWidget(button)
        self._buttons.append((button, action, icon_name, primary))
        self._restyle()
        return button

    def _follow(self, change: Change) -> None:
        if change & (Change.NETWORK | Change.BUSY):
            self.show_networks()

    def show_networks(self) -> None:
        """List the networks there are, with the open one chosen."""
        opened, name = self._session.network, self._session.network_open
        self.network.clear()
        for entry in catalog.entries():
            title = entry.title
            if not entry.available:
                title += f"  ·  download {entry.megabytes:.0f} MB"
            self.network.addItem(title, entry.name)
        wanted = self._session.network_wanted
        if opened is not None and self.network.findData(name) < 0:
            self.network.addItem(opened.title, name)
        if wanted and self.network.findData(wanted) < 0:
            self.network.addItem(Path(wanted).name, wanted)
        self.network.insertSeparator(self.network.count())
        self.network.addItem("Open a model file…", None)
        self.network.setCurrentIndex(self.network.findData(wanted))

    def choose_network(self) -> None:
        """Show the catalogue to choose a network from."""
        picker = NetworkPicker(self._session.network_open, parent=self)
        picker.chosen.connect(self._on_name_chosen)
        picker.file_wanted.connect(self.file_wanted)
        picker.open()

    def show_devices(self) -> None:
        """List the devices there are, with the one in use chosen."""
        self.device.clear()
        for device in self._session.devices.known:
            self.device.addItem(device.label, device.id)
        if not self._session.devices.known:
            self.device.addItem("CPU")
        self.device.setCurrentIndex(max(0, self.device.findData(self._session.devices.current)))

    def _on_network_chosen(self, index: int) -> None:
        name = self.network.itemData(index)
        if name is None:
            self.show_networks()
            self.file_wanted.emit()
        else:
            self._on_name_chosen(name)

    def _on_name_chosen(self, name: str) -> None:
        session = self._session
        if name == session.network_wanted:
            return
        if name == session.network_open:
            session.stay()
        else:
            session.open_network(name)

    def _on_device_chosen(self, index: int) -> None:
        chosen = self.device.itemData(index)
        if chosen is not None and chosen != self._session.devices.current:
            self._session.devices.use(chosen)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the bar into its width: texts are dropped before buttons are."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self._set_words(True)
        if self._layout.minimumSize().width() > self.width():
            self._set_words(False)

    def _set_words(self, words: bool) -> None:
        style = Qt.ToolButtonStyle
        for button, *_ in self._buttons:
            button.setToolButtonStyle(
                style.ToolButtonTextBesideIcon if words else style.ToolButtonIconOnly
            )

    def _restyle(self) -> None:
        em = QFontMetrics(QApplication.font()).height()  # its own follows once it is on show
        self._layout.setContentsMargins(em // 2, em // 3, em // 2, em // 3)
        self._layout.setSpacing(em // 2)
        colours = self._theme.colours
        for button, action, name, primary in self._buttons:
            # On the action: the button takes its icon from there whenever the action changes.
            action.setIcon(icon(name, colours.on_accent if primary else colours.text))
            button.setIconSize(QSize(em, em))
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """As narrow as without words."""
        hint = super().minimumSizeHint()
        return QSize(min(hint.width(), 30 * self.fontMetrics().height()), hint.height())


class NetworkBox(QComboBox):
    """Shows the network; a click or a key asks for the catalogue, which tells more than a list."""

    asked = Signal()

    def showPopup(self) -> None:
        """Ask for the catalogue."""
        self.asked.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Ignore the wheel: it must not start a download by accident."""
        event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ask on the keys that would choose the next one unseen."""
        keys = Qt.Key
        if event.key() in (keys.Key_Up, keys.Key_Down, keys.Key_Return, keys.Key_Enter):
            self.asked.emit()
        else:
            super().keyPressEvent(event)


Box = TypeVar("Box", bound=QComboBox)


def _picker(picker: Box, name: str, help_text: str) -> Box:
    picker.setToolTip(help_text)
    picker.setAccessibleName(name)
    picker.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    picker.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    picker.setMinimumContentsLength(22 if name == "Network" else 14)
    picker.view().setTextElideMode(Qt.TextElideMode.ElideNone)
    return picker
