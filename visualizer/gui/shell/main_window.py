"""The window: tray, top bar, rail, workspace over predictions, explanation, jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from PySide6.QtCore import QMargins, QRect, QSize, Qt, QTimer, QUrl
from PySide6.QtGui import (
    QCloseEvent,
    QContextMenuEvent,
    QDesktopServices,
    QImage,
    QKeyEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QMainWindow,
    QSplitter,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from visualizer.engine.policy import policy
from visualizer.gui.core import crash_log, store
from visualizer.gui.core.compute import Job, once
from visualizer.gui.core.session import Change, Session
from visualizer.gui.core.theme import Theme
from visualizer.gui.networks.model_files import ModelFiles
from visualizer.gui.pictures.inputs import Inputs
from visualizer.gui.pictures.tray import Tray
from visualizer.gui.shell.actions import Actions, keys_of
from visualizer.gui.shell.explain_panel import ExplainPanel
from visualizer.gui.shell.export import Exporter
from visualizer.gui.shell.first_picture import FirstPicture
from visualizer.gui.shell.help_dialogs import PageDialog, about_page, keys_page
from visualizer.gui.shell.jobs_bar import JobsBar
from visualizer.gui.shell.model_card import card_page
from visualizer.gui.shell.nudge import Nudge
from visualizer.gui.shell.picture_menu import PictureMenu
from visualizer.gui.shell.prediction_bars import PredictionBars
from visualizer.gui.shell.presentation import Presentation
from visualizer.gui.shell.rail import Rail
from visualizer.gui.shell.show_menu import ShowMenu
from visualizer.gui.shell.speaker_bar import SpeakerBar
from visualizer.gui.shell.stage_area import StageArea, StageRoom, rendered
from visualizer.gui.shell.top_bar import TopBar
from visualizer.gui.shell.workspaces import TABLE, WORKSPACES, entry
from visualizer.gui.shows.shows import Shows
from visualizer.gui.widgets.backstage import leave_out, leave_out_bars
from visualizer.gui.widgets.notice_bar import NoticeBar
from visualizer.gui.widgets.page_stack import FittingScrollArea, PageStack
from visualizer.gui.widgets.panel import panel
from visualizer.gui.widgets.side_column import SideColumn
from visualizer.gui.workspace import Movement, Workspace

SPLITTERS = {"columns": (11, 64, 25), "centre": (79, 21), "right": (64, 36)}
"""Shares of the parts, in percent, before the user moves them."""
PRESENTED_COLUMNS = 0.7, 0.3
"""Shares of the stage and of the side of a workspace that an audience sees, too."""
WIDE = 1.5
"""Width over height of a screen on which an audience sees the side of a workspace, too."""


class MainWindow(QMainWindow):
    """The six parts around one session; all sizes are remembered."""

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__()
        self.session, self.theme = session, theme
        self.setWindowTitle("Convnet Visualizer")
        self._workspaces: dict[str, Workspace] = {}
        self._alone = self._presented = False
        self._arranged: dict[str, list[int]] = {}  # sizes of the panels before presenting
        self._arranged_at = QSize()  # of the window then
        self.tray_wanted = self.explain_wanted = True
        """Whether they are shown while nothing is presented."""
        self.workspace_index = 0
        """The place on the rail of the workspace on show."""
        self.inputs = Inputs(session, self)
        self.exporter = Exporter(session, self)
        self.pictures = PictureMenu(session, self.exporter, self)
        self.tray = Tray(session)
        self.predictions = PredictionBars(session)
        self.explain = ExplainPanel(session)
        self.notices = NoticeBar(theme)
        session.changed.connect(self.notices.follow)  # before anything that may emit a notice
        self.nudge = Nudge(session, theme)
        self.jobs = JobsBar(session.compute)
        self.rail = Rail([(each.title, each.icon) for each in TABLE], theme)
        self.top = TopBar(session, theme)
        self.model_files = ModelFiles(session, self, self.notices)
        self.shows = Shows(session, self, self)
        self.presentation = Presentation(self)
        self.show_menu = ShowMenu(self)
        self.speaker = SpeakerBar(self.presentation, self.shows)
        self.actions_ = Actions(self)
        self._splitters: dict[str, QSplitter] = {}
        self._build()
        self._connect()
        self._restore()

    @property
    def workspace(self) -> Workspace:
        """The workspace on show."""
        shown = self._stack.currentWidget()
        assert isinstance(shown, Workspace)
        return shown

    @property
    def workspace_name(self) -> str:
        """The name of the workspace on show."""
        return WORKSPACES[self.workspace_index]

    @property
    def workspaces(self) -> list[Workspace]:
        """All workspaces, in the order of the rail."""
        return [self._workspace(name) for name in WORKSPACES]

    @property
    def is_built(self) -> bool:
        """Whether all workspaces stand; one that does not is built when it is opened."""
        return len(self._workspaces) == len(WORKSPACES)

    def build_next(self) -> None:
        """Build a workspace that does not stand yet, or first read its code on the compute thread,
        which takes longer.
        """
        missing = next((name for name in WORKSPACES if name not in self._workspaces), None)
        if missing is None:
            return
        if entry(missing).is_read:
            self._workspace(missing)
        else:
            self.session.compute.submit(Job(once(entry(missing).read), cancellable=False))

    def _workspace(self, name: str) -> Workspace:
        if name not in self._workspaces:
            workspace = self._workspaces[name] = entry(name).build(self.session)
            self._stack.addWidget(workspace)
            self._sides.addWidget(workspace.side_panel() or QWidget())
            workspace.explanation_changed.connect(self._show_answer)
            workspace.explanation_changed.connect(self._show_title)
            workspace.actions_changed.connect(self._show_actions)
            workspace.stimulus_wanted.connect(self.show_stimulus)
            workspace.workspace_wanted.connect(
                lambda wanted: self.choose_workspace(WORKSPACES.index(wanted))
            )
        return self._workspaces[name]

    def sizeHint(self) -> QSize:
        """The size of a first start."""
        return QSize(1280, 800)

    # Construction

    def _build(self) -> None:
        actions = self.actions_
        actions.fill(self.top.menus)
        self.top.add_button(actions["open"], "open")
        self.top.add_button(actions["camera"], "camera", self.inputs.camera_menu())
        self.top.add_button(actions["export"], "export", self.exporter.menu())
        self.top.add_button(actions["present"], "present", primary=True)
        self._stack, self._sides = PageStack(), PageStack()
        self._room = FittingScrollArea(self._stack)
        self._first_picture = FirstPicture(self.session)
        self._tray_panel = panel(self.tray, title="TRAY", stretch=self.tray)
        above = QWidget()
        column = QVBoxLayout(above)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._first_picture, 1)
        column.addWidget(self._room, 1)
        self._explain_panel = panel(self.explain)
        self._answer_panel = panel(self.predictions)
        centre = self._split("centre", Qt.Orientation.Vertical, above, self._answer_panel)
        self.stage = StageArea(centre)
        told = QWidget()
        column = QVBoxLayout(told)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.notices)
        column.addWidget(self.nudge)
        self.stage_room = StageRoom(self.stage)
        column.addWidget(self.stage_room, 1)
        self._side_panel = panel(SideColumn(self._sides))
        self._right = right = self._split(
            "right", Qt.Orientation.Vertical, self._side_panel, self._explain_panel
        )
        columns = self._split("columns", Qt.Orientation.Horizontal, self._tray_panel, told, right)
        for index, share in enumerate(SPLITTERS["columns"]):
            columns.setStretchFactor(index, share)
        centre.setStretchFactor(0, 1)
        middle = QHBoxLayout()
        middle.addWidget(self.rail)
        middle.addWidget(columns, 1)
        edge = self.fontMetrics().height() // 2
        middle.setContentsMargins(0, 0, edge, 0)
        window = QWidget()
        window.setObjectName("window")
        layout = QVBoxLayout(window)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.top)
        layout.addWidget(self.speaker)
        layout.addLayout(middle, 1)
        layout.addWidget(self.jobs)
        self.setCentralWidget(window)

    def _split(self, name: str, orientation: Qt.Orientation, *parts: QWidget) -> QSplitter:
        splitter = QSplitter(orientation)
        splitter.setHandleWidth(self.fontMetrics().height() // 2)
        for part in parts:
            splitter.addWidget(part)
        splitter.setChildrenCollapsible(False)
        splitter.splitterMoved.connect(lambda *_: self._arranged.clear())
        self._splitters[name] = splitter
        return splitter

    def _connect(self) -> None:
        session = self.session
        self.rail.chosen.connect(self.choose_workspace)
        self.tray.open_requested.connect(self.inputs.open_files)
        self.tray.save_requested.connect(self.exporter.save_copy)
        self.top.file_wanted.connect(self.inputs.open_model_file)
        self.predictions.stimulus_wanted.connect(self.show_stimulus)
        self.explain.lesson_wanted.connect(self.show_lesson)
        session.noticed.connect(self._on_notice)
        session.changed.connect(self._follow)
        self.shows.changed.connect(self._show_title)
        self.shows.stood.connect(self._show_title)

    def _restore(self) -> None:
        kept = self.session.store
        self.resize(self.sizeHint())
        self.restoreGeometry(kept.state("geometry"))
        self._keep_on_screen()
        for name, splitter in self._splitters.items():
            if not splitter.restoreState(kept.state(f"splitter {name}")):
                splitter.setSizes([share * 10 for share in SPLITTERS[name]])
        last = int(kept.number("workspace", 0, 0, len(WORKSPACES) - 1))
        wanted = policy().workspace
        self.choose_workspace(WORKSPACES.index(wanted) if wanted in WORKSPACES else last)
        self.show_tray(kept.flag("show tray", True))
        self.show_explain(kept.flag("show explanation", True))
        self._show_state()

    def _keep_on_screen(self) -> None:
        """Make the window with its frame no larger than what is free of the screen, and move it
        there.

        The frame is known once the window is on show; before, it is guessed.
        """
        screen = self.screen().availableGeometry()
        handle = self.windowHandle()
        frame = QMargins(0, self.style().pixelMetric(QStyle.PixelMetric.PM_TitleBarHeight), 0, 0)
        if self.isVisible() and handle is not None:
            frame = handle.frameMargins()
        room = screen.marginsRemoved(frame)
        window = QRect(self.geometry().topLeft(), self.size().boundedTo(room.size()))
        window.moveLeft(max(room.left(), min(window.left(), room.right() + 1 - window.width())))
        window.moveTop(max(room.top(), min(window.top(), room.bottom() + 1 - window.height())))
        if window != self.geometry():
            self.setGeometry(window)

    # What the user asks for

    def choose_workspace(self, index: int) -> None:
        """Open a workspace by its place on the rail."""
        workspace = self._workspace(WORKSPACES[index])
        self._stack.setCurrentWidget(workspace)
        self._sides.setCurrentIndex(self._stack.currentIndex())
        self._show_answer()
        self.workspace_index = index
        self.rail.choose(index)
        self._show_actions()
        self.explain.set_workspace(self.workspace)
        self.exporter.set_workspace(self.workspace)
        self._show_panels()
        self._show_workspace()
        self._take_focus()

    # What a show needs

    def movements_of(self, name: str) -> Mapping[str, Movement]:
        """What can move in a workspace; nothing where there is no such."""
        return self._workspace(name).movements() if name in WORKSPACES else {}

    def open_workspace(self, name: str) -> bool:
        """Open a workspace by its name; False where there is no such."""
        if name in WORKSPACES:
            self.choose_workspace(WORKSPACES.index(name))
        return name in WORKSPACES

    @contextmanager
    def curtain(self) -> Iterator[None]:
        """Hide the workspaces meanwhile: what changes is followed once, when they are back."""
        self.stage.setUpdatesEnabled(False)
        self._stack.hide()
        try:
            yield
        finally:
            self._stack.show()
            self.stage.setUpdatesEnabled(True)
            self._take_focus()

    def stage_image(self, width: int) -> QImage:
        """What an audience sees now, so many pixels wide."""
        area = self.stage.geometry()
        return rendered(self.stage, area, width / max(1, area.width())).toImage()

    def _take_focus(self) -> None:
        """Give the keys to what is in the middle, or Qt gives them to the first text field."""
        (self._first_picture if self._room.isHidden() else self.workspace).setFocus()

    def _show_actions(self) -> None:
        """Offer what the workspace on show can do, in its menu and beside the jobs."""
        self.actions_.show_workspace(self.workspace)
        self._show_keys_of()

    def _show_answer(self) -> None:
        """Show the panels beside the workspace, of which it may need other ones now."""
        self._answer_panel.setVisible(not self.workspace.shows_answer)
        wide = self.width() > WIDE * self.height()
        side = not self._alone or (self.workspace.side_is_shown and wide)
        self._side_panel.setVisible(side)
        self._right.setVisible(side)

    def ask_stimulus(self) -> None:
        """Show the optimal stimulus of the unit or class that the workspace is about."""
        self.workspace.point_out()
        self.show_stimulus()

    def show_stimulus(self) -> None:
        """Open the workspace that shows the optimal stimulus of the chosen unit."""
        for index, name in enumerate(WORKSPACES):
            if self._workspace(name).show_stimulus():
                self.choose_workspace(index)
                return

    def show_lesson(self, name: str) -> None:
        """Open a lesson of the course."""
        self.choose_workspace(WORKSPACES.index("learn"))
        self.workspace.show_subject(name)

    def _show_workspace(self) -> None:
        """Show the picture alone until a network is open, where one is needed."""
        ready = self.session.network is not None or not self.workspace.needs_network
        appears = ready and self._room.isHidden()
        self._first_picture.setVisible(not ready)
        self._room.setVisible(ready)
        if appears and not isinstance(self.focusWidget(), QLineEdit):  # nobody is typing
            self.workspace.setFocus()

    def show_tray(self, shown: bool) -> None:
        """Show or hide the tray."""
        self.tray_wanted = shown
        self._show_panels()

    def show_explain(self, shown: bool) -> None:
        """Show or hide the explanation."""
        self.explain_wanted = shown
        self._show_panels()

    def show_stage_alone(self, alone: bool) -> None:
        """Fill the screen with what an audience needs, or show everything."""
        self._alone, presented = alone, self.presentation.active
        if presented and not self._presented:
            self._arranged = {n: each.sizes() for n, each in self._splitters.items()}
            self._arranged_at = self.size()
        self._presented = presented
        for part in (self.top, self.rail, self.jobs):
            part.setVisible(not alone)
        self.notices.hold(alone)
        self.predictions.present(presented)
        if not alone:
            self._rearrange()
        self.fit_stage()
        state = self.windowState()
        full = Qt.WindowState.WindowFullScreen
        self.setWindowState(state | full if alone else state & ~full)

    def _rearrange(self) -> None:
        """Make the panels as large as they were before presenting, until the user moves them."""
        for name, sizes in self._arranged.items():
            self._splitters[name].setSizes(sizes)

    def fit_stage(self) -> None:
        """Share the room out again among what is presented, or show all panels."""
        if self.presentation.active:
            self._splitters["centre"].setSizes([self.height(), 0])
        if self._alone:
            shares = (round(share * self.width()) for share in PRESENTED_COLUMNS)
            self._splitters["columns"].setSizes([0, *shares])
        self.stage.set_edge(self.fontMetrics().height() // 2 if self.presentation.active else 0)
        self._show_panels()

    def _show_panels(self) -> None:
        """Show the panels the user wants beside the workspace; to an audience alone none.

        What belongs to the stage stays: the side of a workspace that shows, not sets. A speaker
        with a screen of their own keeps tray and controls, and has no time to read.
        """
        alone, presented = self._alone, self.presentation.active
        self._tray_panel.setVisible(self.tray_wanted and not alone)
        self._explain_panel.setVisible(self.explain_wanted and not presented)
        self.nudge.hold(presented or self.workspace_index != 0)  # it is about Layers
        self.workspace.present(presented)
        self._show_answer()
        leave_out(self._side_panel, alone)
        leave_out_bars(self._room, presented)
        self.stage.title.setVisible(presented)
        self._show_title()
        self.actions_.update()

    def _show_title(self) -> None:
        """The line of title over the stage, which is seen while presenting alone."""
        if not self.presentation.active:
            self.stage.title.clear()
            return
        words = [self.workspace.explanation().title, *self.workspace.titles()]
        scene = self.shows.scene
        if scene is not None and not self.shows.stands and self.stage.title.text():
            return  # the last good picture keeps its title
        if scene is not None and scene.title:
            words = [scene.title]
        self.stage.title.setText("  ·  ".join(words))

    def back_to_safe(self) -> None:
        """Esc: close the newest notice, or else a page, the camera, or a job."""
        if self.notices.close_newest():
            return
        if self.workspace.back():
            pass
        elif self.session.live:
            self.session.stop_live()
        else:
            self.workspace.stop()
            self.session.compute.cancel_all()
        self._take_focus()

    def show_card(self) -> None:
        """Show the card of the open network."""
        if self.session.network is not None:
            self._show_page("Model card", card_page(self.session.network))

    def show_keys(self) -> None:
        """Show every key, those of the workspace on show first."""
        shown = self.workspace
        each = [shown, *(other for other in self.workspaces if other is not shown)]
        own = {workspace.title: keys_of(workspace) for workspace in each}
        self._show_page("Keys", keys_page(self.actions_.told_keys(), own))

    def show_about(self) -> None:
        """Show what this is and the licences."""
        self._show_page("About", about_page())

    def _show_page(self, title: str, html: str) -> None:
        PageDialog(title, html, self).open()

    def open_log_folder(self) -> None:
        """Show the folder of the logs in the system's file manager."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(store.log_folder())))

    def offer_crash_log(self) -> None:
        """Tell of an error of an earlier run, once."""
        log = crash_log.unseen()
        crash_log.mark_seen()
        if log is not None:
            text = f"The program met an error last time and wrote it down in {log}."
            self.notices.say(text, "warning", "Show", self.open_log_folder)

    # What the session says

    def _on_notice(self, text: str, level: str) -> None:
        if level == "info":
            self.jobs.say(text)
        else:
            self.notices.say(text, level)

    def _follow(self, change: Change) -> None:
        if change & Change.NETWORK:
            self._show_workspace()
        if change & (Change.SELECTION | Change.TRAY):
            self._show_title()
        if change & (Change.BUSY | Change.ACTIVATIONS | Change.LIVE):
            self._show_state()

    def _show_state(self) -> None:
        session, activations = self.session, self.session.activations
        if session.busy:
            text = session.busy
        elif session.live:
            text = f"●  {self.inputs.camera.title}"
        elif activations is not None:
            text = f"Ready  ·  all stages in {1000 * activations.seconds:.1f} ms"
        else:
            text = "Ready"
        self.jobs.set_idle_text(text)
        self._show_keys_of()

    def _show_keys_of(self) -> None:
        """Name the plain keys of the workspace on show beside the jobs."""
        walk, session = self.workspace.walk, self.session
        space = ("go on" if session.held else "hold") if session.live else walk.space
        self.jobs.show_keys((("←/→", walk.left_right), ("↑/↓", walk.up_down), ("Space", space)))

    # Events

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous() and self.windowState() == Qt.WindowState.WindowNoState:
            QTimer.singleShot(0, self, self._keep_on_screen)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.presentation.follow_size()
        if self._arranged and not self._presented and self.size() == self._arranged_at:
            # The window has its own size back, and in a moment its panels, too: by now they have
            # been scaled down from those of the screen.
            QTimer.singleShot(0, self, self._rearrange)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Handle the plain keys that the focused widget has ignored."""
        steps = self.actions_.steps
        plain = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if event.key() in steps and plain == Qt.KeyboardModifier.NoModifier:
            if event.key() == Qt.Key.Key_Space and self.session.live:
                self.session.toggle_live()
            else:
                steps[Qt.Key(event.key())].trigger()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer to save, copy or keep the picture that nothing under the mouse has a menu for."""
        if self.pictures.open(event) is None:
            super().contextMenuEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember how everything stands."""
        kept = self.session.store
        self.presentation.stop()
        self.shows.flush()
        kept.remember("geometry", self.saveGeometry())
        for name, splitter in self._splitters.items():
            kept.remember(f"splitter {name}", splitter.saveState())
        kept.remember("show tray", self.tray_wanted)
        kept.remember("show explanation", self.explain_wanted)
        kept.remember("workspace", self.workspace_index)
        kept.save()
        super().closeEvent(event)
