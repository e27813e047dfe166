"""The explain panel: the explanation of the chosen workspace in words, formula and numbers."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QFontDatabase, QKeyEvent, QPalette
from PySide6.QtWidgets import QFrame, QTextBrowser, QVBoxLayout, QWidget

from visualizer.gui.widgets.markdown import formula_html, markdown_html

if TYPE_CHECKING:
    from visualizer.gui.core.session import Session
    from visualizer.gui.workspace import Explanation, Workspace

HEADING = "What am I looking at?"
LESSON = "lesson"
"""The scheme of links to lessons."""
HINT = "Choose a stage or a unit, and this panel says what it does."
FORMULA_FONTS = ("STIX Two Math", "Cambria Math", "Latin Modern Math", "DejaVu Serif")


class ExplainPanel(QWidget):
    """Shows the `Explanation` of a workspace and follows it; its text can be copied."""

    lesson_wanted = Signal(str)
    """The name of a lesson whose link was clicked."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._workspace: Workspace | None = None
        self._explanation: Explanation | None = None
        # A new theme comes as several events.
        self._restyling = QTimer(self, singleShot=True, interval=0)
        self._restyling.timeout.connect(self._write)
        self._browser = _Page()
        self._browser.setFrameShape(QFrame.Shape.NoFrame)
        self._browser.setOpenLinks(False)
        self._browser.anchorClicked.connect(self._open)
        self._browser.setPlaceholderText(HINT)
        self._browser.setAccessibleName(HEADING)
        self._browser.viewport().setAutoFillBackground(False)
        self._browser.document().setDocumentMargin(0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._browser)
        self.setFocusProxy(self._browser)

    @property
    def text(self) -> str:
        """All that is shown, as plain text."""
        return self._browser.toPlainText()

    def set_workspace(self, workspace: Workspace) -> None:
        """Show the explanation of another workspace from now on."""
        if self._workspace is not None:
            self._workspace.explanation_changed.disconnect(self._follow)
        self._workspace = workspace
        workspace.explanation_changed.connect(self._follow)
        self._follow()

    def show_explanation(self, explanation: Explanation) -> None:
        """Show an explanation; while only its numbers change, it stays scrolled where it is."""
        if explanation == self._explanation:
            return
        before, self._explanation = self._explanation, explanation
        bar = self._browser.verticalScrollBar()
        same = before is not None and before.title == explanation.title
        place = bar.value() if same else 0
        self._write()
        bar.setValue(place)

    def changeEvent(self, event: QEvent) -> None:
        looks = (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange)
        if event.type() in looks and self._explanation is not None:
            self._restyling.start()
        super().changeEvent(event)

    def _open(self, link: QUrl) -> None:
        if link.scheme() == LESSON:
            self.lesson_wanted.emit(link.path())
        else:
            QDesktopServices.openUrl(link)

    def _follow(self) -> None:
        if self._workspace is not None:
            self.show_explanation(self._workspace.explanation())

    def _write(self) -> None:
        explanation = self._explanation
        assert explanation is not None
        document = self._browser.document()
        document.setDefaultFont(self.font())
        document.setDefaultStyleSheet(self._style_sheet())
        document.setHtml("".join(self._parts(explanation)))

    def _parts(self, explanation: Explanation) -> Iterator[str]:
        """The explanation as pieces of HTML, in order."""
        yield f"<p class=heading>{HEADING}</p>"
        yield f"<p class=title>{escape(explanation.title)}</p>"
        yield markdown_html(explanation.body)
        if explanation.formula:
            yield "<table class=formula width='100%'>"
            formula = formula_html(explanation.formula)
            yield f"<tr><td class=formula>{formula}</td></tr></table>"
        if explanation.facts:
            yield "<table class=facts cellspacing=0>"
            for name, value in explanation.facts:
                unbroken = escape(name).replace(" ", "&nbsp;")
                yield f"<tr><td class=quiet>{unbroken}</td>"
                yield f"<td class=value>{escape(value)}</td></tr>"
            yield "</table>"
        from visualizer.engine.lessons.course import lesson_about  # the window does not wait for it

        if (lesson := lesson_about(explanation.page)) is not None:
            yield f"<p><a href='{LESSON}:{lesson.name}'>Try it: {escape(lesson.title)} ›</a></p>"
        if explanation.paper:
            yield markdown_html(explanation.paper).replace("<p>", "<p class=paper>")

    def _style_sheet(self) -> str:
        palette, line = self.palette(), self.fontMetrics().height()
        accent = palette.color(QPalette.ColorRole.Link).name()
        text = palette.color(QPalette.ColorRole.Text).name()
        quiet = palette.color(QPalette.ColorRole.PlaceholderText).name()
        box = palette.color(QPalette.ColorRole.AlternateBase).name()
        fonts = [name for name in FORMULA_FONTS if name in QFontDatabase.families()]
        family = f"font-family: '{fonts[0]}';" if fonts else ""
        return f"""
            p {{ color: {text}; margin: 0 0 {line // 2}px 0; }}
            td {{ color: {text}; padding: 0 {line // 2}px {line // 6}px 0; }}
            p.heading {{ color: {accent}; font-weight: 600; margin-bottom: {line // 4}px; }}
            p.title {{ font-weight: 600; font-size: large; }}
            table.formula {{ background-color: {box};
                margin: {line // 2}px 0 {line // 2}px 0; }}
            td.formula {{ {family} font-style: italic; font-size: large; padding: {line // 2}px; }}
            table.facts {{ margin-bottom: {line // 2}px; }}
            td.quiet, p.paper {{ color: {quiet}; }}
            p.paper {{ font-size: small; }}
            a {{ color: {accent}; }}
        """


class _Page(QTextBrowser):
    """Text to scroll and copy; Left and Right stay the window's, to walk the network by."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right) and not event.modifiers():
            event.ignore()
        else:
            super().keyPressEvent(event)
