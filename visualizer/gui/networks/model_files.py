"""What the window asks and says when a model file is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QInputDialog, QMessageBox, QWidget

from visualizer.engine.policy import policy
from visualizer.gui.core.session import Change
from visualizer.gui.networks import scaling_page
from visualizer.gui.networks.scaling_page import ScalingPage
from visualizer.gui.widgets.notice_bar import NoticeBar

if TYPE_CHECKING:
    from visualizer.gui.core.session import Session

DANGER = (
    "Code in a file can do anything that you can do on this computer: read, change, send or delete "
    "your files. Open it only if you know and trust whoever made it."
)


class ModelFiles(QObject):
    """Asks how pixels go in, which output to show, and whether a file may run code of its own."""

    def __init__(self, session: Session, window: QWidget, notices: NoticeBar) -> None:
        super().__init__(window)
        self._session, self._window, self._notices = session, window, notices
        session.changed.connect(self._follow)
        session.code_refused.connect(self._on_refused)

    @property
    def card(self) -> dict[str, Any]:
        """The card of the open network if it came from a model file, else empty."""
        card = getattr(self._session.network, "card", None) or {}
        return dict(card) if "guessed" in card else {}

    @property
    def outputs(self) -> list[str]:
        """The outputs to choose from; empty if there is nothing to choose."""
        return list(self.card.get("outputs", ()))

    def ask_pixels(self) -> None:
        """Show how the file takes its pixels, to choose again."""
        if self.card:
            ScalingPage(self._session, self._window).open()

    def ask_output(self) -> None:
        """Show the outputs of the file, to choose another."""
        card, outputs = self.card, self.outputs
        if not outputs:
            return
        dialog = QInputDialog(self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle("Outputs")
        dialog.setLabelText(
            f"There are {len(outputs)} ways to look at “{self._title()}”. Which is to be shown?"
        )
        dialog.setOption(QInputDialog.InputDialogOption.UseListViewForComboBoxItems)
        dialog.setComboBoxItems(outputs)
        dialog.setTextValue(card["output"])
        dialog.textValueSelected.connect(lambda chosen: self._show_output(card, chosen))
        dialog.open()

    def ask_trust(self, name: str, finding: str) -> None:
        """Warn, and open the file with its own code if the user wants that; "no" is the default."""
        box = QMessageBox(self._window)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle("Open with trust?")
        box.setText(f"{finding}.")
        box.setInformativeText(DANGER)
        box.addButton("Open with trust", QMessageBox.ButtonRole.DestructiveRole)
        no = box.addButton("Do not open", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(no)
        box.setEscapeButton(no)
        box.buttonClicked.connect(lambda button: self._on_trust(name, button is not no))
        box.open()

    def _on_trust(self, name: str, wanted: bool) -> None:
        if wanted:
            self._session.open_network(name, trust=True)

    def _show_output(self, card: dict[str, Any], output: str) -> None:
        if output != card["output"]:
            name = f"{card['source']}:{output}"
            self._session.open_network(name, trust=bool(card.get("trusted")))

    def _title(self) -> str:
        network = self._session.network
        return network.title if network is not None else ""

    def _follow(self, change: Change) -> None:
        if change & Change.NETWORK:
            self._on_opened()

    def _on_opened(self) -> None:
        card = self.card
        if card.get("trusted"):
            self._notices.say(
                f"“{self._title()}” was opened with trust: it may run code of its own on this "
                "computer. Close the program if you did not mean that.",
                "warning",
                over=Change.NETWORK,
            )
        if self.outputs:
            self._notices.say(
                f"There are {len(self.outputs)} ways to look at “{self._title()}” "
                f"({', '.join(self.outputs)}); shown is {card['output']}.",
                "info",
                "Choose…",
                self.ask_output,
                Change.NETWORK,
            )
        if card.get("notes"):
            notes = f"“{self._title()}”: {' '.join(card['notes'])}"
            self._notices.say(notes, "info", over=Change.NETWORK)
        page = scaling_page.ask(self._session, self._window)
        if page is not None:
            page.rejected.connect(self._say_guess)

    def _say_guess(self) -> None:
        """Say that the scaling page was left without an answer."""
        if self.card.get("guessed"):
            way = self.card["candidates"][0].title
            self._notices.say(
                f"How “{self._title()}” takes its pixels is a guess: {way[0].lower()}{way[1:]}.",
                "warning",
                "Look…",
                self.ask_pixels,
                Change.NETWORK,
            )

    def _on_refused(self, name: str, finding: str) -> None:
        if not policy().trust:
            self._notices.say(
                f"{finding}; it was not opened. Ask for the model with Keras' own layers.",
                "error",
                over=Change.NETWORK,
            )
            return
        self._notices.say(
            f"{finding}; it was not opened. Ask for the model with Keras' own layers, or open it "
            "with trust if you know whoever made it.",
            "error",
            "Open with trust…",
            lambda: self.ask_trust(name, finding),
            Change.NETWORK,
        )
