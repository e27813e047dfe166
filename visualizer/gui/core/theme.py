"""Light and dark, text size and icons: one palette, one stylesheet, both from a few colours.

Widgets that paint take their colours from `self.palette()`: Window, Base (a panel), AlternateBase
and Button (raised), Text, PlaceholderText (muted), Highlight and Accent, Mid (a line). Labels and
buttons take a look from a dynamic property: ``label.setProperty("role", "heading")``; the roles are
in resources/theme/window.qss and, as far as text sizes go, in `LETTERS`.

To apply a stylesheet again takes a second with a thousand widgets, so the sheet changes with the
colours only; a text size is a font alone.
"""

import re
import tempfile
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QCoreApplication, QEvent, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QFontMetricsF,
    QIcon,
    QImage,
    QPainter,
    QPalette,
    QPixmap,
)
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QProxyStyle

from visualizer.engine.policy import policy
from visualizer.engine.resources import resource
from visualizer.gui.core.store import Store

MODES = ("system", "dark", "light")
SMALLEST, LARGEST, STEP = 0.7, 2.5, 1.1
FONTS_PROPAGATE = Qt.ApplicationAttribute.AA_UseStyleSheetPropagationInWidgetStyles
SEEN_FROM_FAR = 1 / 40
"""The smallest letters while presenting, as a share of the height of what is presented."""
LETTERS = {
    "name": (1.15, True),
    "title": (1.3, True),
    "heading": (0.88, True),
    "small": (0.88, False),
}
"""How large the text of a label is by its role, as a share of the usual, and whether it is bold."""


@dataclass(frozen=True)
class Colours:
    """The colours of a theme, as #rrggbb. Text on its ground has a contrast of 4.5 : 1 or more."""

    window: str  # behind everything
    panel: str
    raised: str  # controls on a panel
    hover: str
    field: str  # where text is typed
    line: str
    text: str
    muted: str
    faint: str  # what cannot be used now
    accent: str  # fills and outlines
    accent_hover: str
    accent_text: str  # the accent as letters on a panel
    on_accent: str
    good: str
    warning: str
    error: str


DARK = Colours(
    window="#14161b",
    panel="#1d2027",
    raised="#2a2e37",
    hover="#363b46",
    field="#16181e",
    line="#3a404b",
    text="#e8eaee",
    muted="#a3a9b5",
    faint="#6d7480",
    accent="#f2a33a",
    accent_hover="#f7b45c",
    accent_text="#f2a33a",
    on_accent="#1a1206",
    good="#7ccf8a",
    warning="#f2c14e",
    error="#ff8a80",
)
LIGHT = Colours(
    window="#dde2e8",
    panel="#ffffff",
    raised="#eceff3",
    hover="#d5dbe3",
    field="#ffffff",
    line="#bfc6d0",
    text="#1b1f26",
    muted="#565e6b",
    faint="#8a919c",
    accent="#d97a0b",
    accent_hover="#e88d22",
    accent_text="#965000",
    on_accent="#1a1206",
    good="#19662f",
    warning="#8a5a00",
    error="#b3261e",
)

# Bright on dark and deep on light: told apart by people who are colour-blind too (after Okabe-Ito).
ON_DARK = ("#7ccf8a", "#ff8a80", "#7cc4f5", "#d9a8f0", "#f2c14e")
ON_LIGHT = ("#19662f", "#b3261e", "#0b5fa5", "#7b3fa0", "#8a5a00")


class Theme(QObject):
    """Applies a mode and a text size to the application, and follows the system where asked to."""

    changed = Signal()

    def __init__(self, application: QApplication, store: Store) -> None:
        super().__init__(application)
        self._application = application
        self._store = store
        mode = store.text("theme", "system")
        self.mode = mode if mode in MODES else "system"
        usual = policy().text_size or 1.0
        self.scale = store.number("text scale", usual, SMALLEST, LARGEST)
        self._presented_height: int | None = None
        self._style = role_style()
        # Or no widget would follow the application's font under a stylesheet.
        QCoreApplication.setAttribute(FONTS_PROPAGATE)
        self._family = load_fonts()
        self._applied: Colours | None = None
        system = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
        self._points = max(system.pointSizeF(), 9.0)
        application.styleHints().colorSchemeChanged.connect(self._on_system_change)
        self.apply()

    @property
    def presenting(self) -> bool:
        """Whether text is as large as an audience needs it."""
        return self._presented_height is not None

    @property
    def dark(self) -> bool:
        """Whether the window is dark now."""
        if self.mode == "system":
            scheme = self._application.styleHints().colorScheme()
            return scheme is not Qt.ColorScheme.Light  # dark where the system does not say
        return self.mode == "dark"

    @property
    def colours(self) -> Colours:
        """The colours in use."""
        return DARK if self.dark else LIGHT

    def set_mode(self, mode: str) -> None:
        """Choose "system", "dark" or "light"."""
        if mode not in MODES:
            raise ValueError(f"The theme is one of {', '.join(MODES)}, not {mode!r}.")
        if mode != self.mode:
            self.mode = mode
            self._store.remember("theme", mode)
            self.apply()

    def set_scale(self, scale: float) -> None:
        """Choose the text size, 1 being the system's."""
        scale = max(SMALLEST, min(round(scale, 3), LARGEST))
        if scale != self.scale:
            self.scale = scale
            self._store.remember("text scale", scale)
            self.apply()

    def larger(self) -> None:
        """One step larger text."""
        self.set_scale(self.scale * STEP)

    def smaller(self) -> None:
        """One step smaller text."""
        self.set_scale(self.scale / STEP)

    def present_at(self, height: int | None) -> None:
        """Make all text large enough for an audience.

        Args:
            height: of what is presented, in pixels; None goes back to the usual text.
        """
        if height != self._presented_height:
            self._presented_height = height
            self.apply()

    def apply(self) -> None:
        """Apply the present font, and the palette and stylesheet if they have changed."""
        application = self._application
        points = self._points * self.scale
        if self._presented_height is not None:
            pixels = self._presented_height * SEEN_FROM_FAR / LETTERS["small"][0]
            dots = application.primaryScreen().logicalDotsPerInchY()
            points = max(points, pixels * 72 / dots * max(self.scale, 1.0))
        font = QFont(self._family)
        font.setPointSizeF(points)
        application.setFont(font)
        heading = sized(font, *LETTERS["heading"])
        application.setFont(heading, "QHeaderView")  # type: ignore[arg-type]  # it takes text
        # Now, and not soon: what is laid out next measures its letters.
        QCoreApplication.sendPostedEvents(None, QEvent.Type.ApplicationFontChange.value)
        for widget in application.allWidgets():
            if isinstance(widget, QLabel):
                self._style.size(widget)
            elif isinstance(widget, QComboBox):  # keeps its least size of before; not at this
                application.sendEvent(widget, QEvent(QEvent.Type.StyleChange))
        if self.colours != self._applied:
            self._applied = self.colours
            # To take the old sheet away first would be four times as quick, but it frees the style
            # that Python may still hold: it ended in crashes.
            application.setPalette(palette(self.colours))
            usual = QFont(font)  # the sheet stays when presenting ends
            usual.setPointSizeF(self._points * self.scale)
            application.setStyleSheet(stylesheet(self.colours, usual))
        self.changed.emit()

    def _on_system_change(self) -> None:
        if self.mode == "system":
            self.apply()


class RoleStyle(QProxyStyle):
    """Fusion, with labels whose text has the size of their role before they are first seen."""

    def __init__(self) -> None:
        super().__init__("Fusion")

    def polish(self, it: Any) -> None:
        super().polish(it)
        if isinstance(it, QLabel):
            self.size(it)

    def size(self, label: QLabel) -> None:
        """Give a label with a role its size; all else has the application's."""
        if letters := LETTERS.get(label.property("role")):
            label.setFont(sized(QApplication.font(), *letters))


@cache
def role_style() -> RoleStyle:
    """The style of the application, set when it is first asked for."""
    style = RoleStyle()
    QApplication.setStyle(style)
    return style


def sized(font: QFont, share: float, bold: bool) -> QFont:
    """A font of a relative size, and bold or not; all other properties stay inherited."""
    made = QFont()
    made.setPointSizeF(font.pointSizeF() * share)
    if bold:
        made.setWeight(QFont.Weight.DemiBold)
    return made


@cache
def load_fonts() -> str:
    """Add the program's own font, so that letters are letters on any machine; its family."""
    family = QFont().family()
    for file in ("Inter-Regular.otf", "Inter-Italic.otf", "Inter-SemiBold.otf"):
        data = QByteArray(resource(f"fonts/{file}").read_bytes())
        families = QFontDatabase.applicationFontFamilies(
            QFontDatabase.addApplicationFontFromData(data)
        )
        family = families[0] if families else family
    return family


def palette(colours: Colours) -> QPalette:
    """The colours as a Qt palette."""
    role, made = QPalette.ColorRole, QPalette()
    for where, colour in (
        (role.Window, colours.window),
        (role.WindowText, colours.text),
        (role.Base, colours.panel),
        (role.AlternateBase, colours.raised),
        (role.Button, colours.raised),
        (role.ButtonText, colours.text),
        (role.Text, colours.text),
        (role.PlaceholderText, colours.muted),
        (role.ToolTipBase, colours.raised),
        (role.ToolTipText, colours.text),
        (role.Highlight, colours.accent),
        (role.HighlightedText, colours.on_accent),
        (role.Accent, colours.accent),
        (role.Link, colours.accent_text),
        (role.LinkVisited, colours.accent_text),
        (role.Light, colours.hover),
        (role.Midlight, colours.hover),
        (role.Mid, colours.line),
        (role.Dark, colours.line),
        (role.BrightText, colours.error),
    ):
        made.setColor(where, QColor(colour))
    for where in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, where, QColor(colours.faint))
    return made


def stylesheet(colours: Colours, font: QFont) -> str:
    """The stylesheet with the theme's colours and sizes in units of the font's height."""
    em = QFontMetricsF(font).height()
    pixels = {"space_s": 0.22, "space": 0.55, "space2": 1.2, "radius": 0.32, "bar": 0.55}
    pixels |= {"bar_radius": 0.26, "arrow": 0.6, "arrow_room": 1.3, "box": 0.85}
    pixels |= {"groove": 0.2}
    values = asdict(colours) | {name: f"{max(1, round(em * k))}px" for name, k in pixels.items()}
    values["lift"] = f"-{max(1, round(em * 0.33))}px"  # a handle stands out of its groove
    values |= {"tick": _drawing_file("check", colours.on_accent)}
    values |= {f"{way}_arrow": _drawing_file(way, colours.muted) for way in ("down", "up")}
    text = resource("theme/window.qss").read_text(encoding="utf-8")
    names = "|".join(sorted(values, key=len, reverse=True))
    return re.sub(rf"@({names})(?=\W)", lambda word: values[word[1]], text)


@cache
def icon(name: str, colour: str) -> QIcon:
    """An icon of resources/icons in one colour (#rrggbb), rendered for any size."""
    made = QIcon()
    for side in (16, 20, 24, 32, 48, 64):
        made.addPixmap(QPixmap.fromImage(_drawn(name, colour, side)))
    return made


def app_icon(drawing: Path) -> QIcon:
    """The program's own icon, in its own colours."""
    made = QIcon()
    for side in (16, 32, 48, 128, 256):
        made.addPixmap(QPixmap.fromImage(_render(drawing.read_bytes(), side)))
    return made


def _drawn(name: str, colour: str, side: int) -> QImage:
    drawing = resource(f"icons/{name}.svg").read_bytes().replace(b"#888", colour.encode())
    return _render(drawing, side)


def _render(drawing: bytes, side: int) -> QImage:
    image = QImage(QSize(side, side), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    QSvgRenderer(QByteArray(drawing)).render(painter, QRectF(0, 0, side, side))
    painter.end()
    return image


@cache
def _drawing_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="visualizer-")


@cache
def _drawing_file(name: str, colour: str) -> str:
    """A picture of an arrow or a tick: a stylesheet can only take one from a file."""
    file = Path(_drawing_folder().name) / f"{name}-{colour[1:]}.png"
    _drawn(name, colour, 48).save(str(file))
    return file.as_posix()
