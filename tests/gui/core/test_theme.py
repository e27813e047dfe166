"""The colours can be told apart, the letters are letters, and the system's wish is followed."""

import re
from dataclasses import asdict

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QTreeView, QVBoxLayout, QWidget

from visualizer.engine.resources import resource
from visualizer.gui.core import theme
from visualizer.gui.core.store import Store
from visualizer.gui.core.theme import DARK, LIGHT, Theme, icon, load_fonts, stylesheet


def luminance(colour):
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one, other):
    """WCAG 2.1, 1.4.3."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colours", [DARK, LIGHT], ids=["dark", "light"])
def test_text_has_the_contrast_that_wcag_asks_for(colours):
    for ground in (colours.window, colours.panel, colours.raised, colours.hover, colours.field):
        assert contrast(colours.text, ground) >= 7
        assert contrast(colours.muted, ground) >= 4.5
    for ground in (colours.window, colours.panel):
        for sign in (colours.good, colours.warning, colours.error):
            assert contrast(sign, ground) >= 4.5
    assert contrast(colours.accent_text, colours.panel) >= 4.5
    for fill in (colours.accent, colours.accent_hover):
        assert contrast(colours.on_accent, fill) >= 4.5
    assert contrast(colours.accent, colours.panel) >= 3  # outlines: 1.4.11


@pytest.mark.parametrize("colours", [DARK, LIGHT], ids=["dark", "light"])
def test_the_stylesheet_has_no_word_left_unfilled(colours, qapp):
    sheet = stylesheet(colours, QFont("Inter", 10))
    assert not re.findall(r"@\w+", sheet.partition("*/")[2])
    assert "font-size" not in sheet  # letters follow the font, for which no sheet is applied


def test_every_letter_the_window_uses_is_in_its_own_font(qapp):
    assert load_fonts() == "Inter"
    assert "Inter" in QFontDatabase.families()
    from PySide6.QtGui import QRawFont

    for file in ("Inter-Regular.otf", "Inter-Italic.otf", "Inter-SemiBold.otf"):
        font = QRawFont(str(resource(f"fonts/{file}")), 12.0)
        for letter in "aZ019é×·…→←↑↓“”≤≥−%●":
            assert font.supportsCharacter(ord(letter)), letter


def test_the_licence_of_the_font_is_beside_it():
    text = resource("fonts/LICENSE.txt").read_text()
    assert "SIL Open Font License, Version 1.1" in text
    assert "The Inter Project Authors" in text


def test_every_icon_draws_something_in_its_colour(qapp):
    for file in resource("icons").glob("*.svg"):
        if file.stem == "app":
            continue
        image = icon(file.stem, "#ff0000").pixmap(32, 32).toImage()
        inked = [
            image.pixelColor(x, y)
            for x in range(32)
            for y in range(32)
            if image.pixelColor(x, y).alpha() > 200
        ]
        assert len(inked) > 10, file.stem
        assert {colour.name() for colour in inked} == {"#ff0000"}


@pytest.fixture
def themed(qapp, tmp_path, monkeypatch):
    monkeypatch.setenv("VISUALIZER_HOME", str(tmp_path))
    before = qapp.styleSheet(), qapp.palette(), qapp.font()
    made = Theme(qapp, Store())
    yield made
    made.deleteLater()
    qapp.setStyleSheet(before[0])
    qapp.setPalette(before[1])
    qapp.setFont(before[2])


def test_the_system_is_followed_while_asked_to(themed, monkeypatch):
    schemes = {"now": Qt.ColorScheme.Light}

    class Hints:
        def colorScheme(self):
            return schemes["now"]

    class Application:
        def __getattr__(self, name):
            return getattr(QApplication.instance(), name)

        def styleHints(self):
            return Hints()

    themed._application = Application()
    base = QPalette.ColorRole.Base
    for scheme, colours in ((Qt.ColorScheme.Light, LIGHT), (Qt.ColorScheme.Dark, DARK)):
        schemes["now"] = scheme
        themed._on_system_change()
        assert QApplication.palette().color(base).name() == colours.panel
    themed.set_mode("light")
    themed._on_system_change()
    assert QApplication.palette().color(base).name() == LIGHT.panel


def test_only_what_there_is_can_be_chosen(themed):
    with pytest.raises(ValueError, match="pink"):
        themed.set_mode("pink")
    themed.set_scale(100)
    assert themed.scale == theme.LARGEST
    themed.set_scale(0)
    assert themed.scale == theme.SMALLEST


def test_text_follows_its_size_without_a_new_stylesheet(themed, qapp, qtbot):
    window, table = QWidget(), QTreeView()
    layout = QVBoxLayout(window)
    layout.addWidget(table)

    def label(role):
        made = QLabel("Words")
        made.setProperty("role", role)
        layout.addWidget(made)
        return made

    plain, small, title = label(""), label("small"), label("title")
    button = QPushButton("Push")
    layout.addWidget(button)
    qtbot.addWidget(window)
    window.show()
    sheet, before = qapp.styleSheet(), button.sizeHint()
    for scale in (1.5, 0.8):
        themed.set_scale(scale)
        late = label("small")  # one that comes after the change
        qtbot.waitUntil(late.isVisible)
        points = qapp.font().pointSizeF()
        for widget, share in ((plain, 1), (button, 1), (small, 0.88), (late, 0.88), (title, 1.3)):
            assert widget.font().pointSizeF() == pytest.approx(share * points, abs=0.05)
        assert table.header().font().pointSizeF() == pytest.approx(0.88 * points, abs=0.05)
        assert title.font().weight() == QFont.Weight.DemiBold
        assert (button.sizeHint().height() > before.height()) == (scale > 1)
    assert qapp.styleSheet() == sheet


def test_a_theme_has_only_colours():
    for colours in (DARK, LIGHT):
        assert all(re.fullmatch("#[0-9a-f]{6}", value) for value in asdict(colours).values())
