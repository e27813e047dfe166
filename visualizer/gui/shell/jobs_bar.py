"""The jobs bar: what runs, how far it is, and a button to stop it; else the last thing said."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from visualizer.gui.core.compute import Compute, Job, JobState
from visualizer.gui.widgets.elided_label import ElidedLabel

SHOWN_SECONDS = 8
"""How long a sentence stays."""
MOST = 3
"""Jobs that have a row; more would make the bar wider than a window. The others are counted."""
EVERYWHERE = (("F11", "present"), ("F1", "keys"))


class JobsBar(QFrame):
    """The jobs that have a title, side by side, and the keys that matter here.

    It is as high with jobs as without, so that nothing above it moves when one comes or goes.
    """

    def __init__(self, compute: Compute, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "bar")
        self._compute = compute
        self._rows: dict[Job, _JobRow] = {}
        self.status = ElidedLabel()
        self.status.setProperty("role", "muted")
        self.hints = QLabel()
        self.hints.setProperty("role", "small")
        self.more = QLabel()
        self.more.setProperty("role", "small")
        self.more.hide()
        self._idle_text = "Ready"
        self.status.setText(self._idle_text)
        em = self.fontMetrics().height()
        self._jobs = QHBoxLayout()
        self._jobs.setSpacing(em)
        self._jobs.addWidget(_HeightKeeper())
        self._jobs.addWidget(self.status, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(em, em // 6, em, em // 6)
        layout.setSpacing(em)
        layout.addLayout(self._jobs, 1)
        layout.addWidget(self.more)
        layout.addWidget(self.hints)
        self._forget = QTimer(self, singleShot=True, interval=1000 * SHOWN_SECONDS)
        self._forget.timeout.connect(self._back_to_idle)
        compute.jobs_changed.connect(self._update)

    def say(self, text: str) -> None:
        """Show a sentence for a while."""
        self.status.setText(text)
        self.status.show()
        self._forget.start()

    def set_idle_text(self, text: str) -> None:
        """What to show while there is nothing to say."""
        self._idle_text = text
        if not self._forget.isActive():
            self._back_to_idle()

    def show_keys(self, keys: Sequence[tuple[str, str]]) -> None:
        """Name keys and what they do, in a word or two each; those that do nothing are left out."""
        told = [f"{key} {words}" for key, words in (*keys, *EVERYWHERE) if words]
        self.hints.setText("   ".join(told))

    def titles(self) -> list[str]:
        """What the jobs say, from the first to the last."""
        return [row.label.text() for row in self._rows.values()]

    def _back_to_idle(self) -> None:
        self.status.setText(self._idle_text)
        self.status.setVisible(not self._rows)

    def _update(self) -> None:
        titled = {state.job: state for state in self._compute.jobs() if state.title}
        # Those that have a row keep it.
        order = sorted(titled, key=lambda job: job not in self._rows)[:MOST]
        jobs = {job: titled[job] for job in order}
        waiting = len(titled) - len(jobs)
        self.more.setText(f"and {waiting} more")
        self.more.setVisible(waiting > 0)
        for key in [key for key in self._rows if key not in jobs]:
            row = self._rows.pop(key)
            self._jobs.removeWidget(row)
            row.hide()
            row.deleteLater()
        for key, job in jobs.items():
            if key not in self._rows:
                self._rows[key] = row = _JobRow(self)
                row.cancel.clicked.connect(lambda _=False, key=key: self._compute.cancel(key))
                self._jobs.addWidget(row, 2)
            self._rows[key].show_job(job)
        # The jobs say what goes on; the line beside them only what is new.
        self.status.setVisible(not self._rows or self._forget.isActive())


class _JobRow(QWidget):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.progress = QProgressBar(textVisible=False)
        self.progress.setProperty("role", "thin")
        self.label = ElidedLabel()
        self.cancel = QPushButton("Cancel")
        self.cancel.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        told = QVBoxLayout()
        told.setSpacing(0)
        told.addWidget(self.label)
        told.addWidget(self.progress)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addLayout(told, 1)
        row.addWidget(self.cancel)

    def show_job(self, job: JobState) -> None:
        if job.total:
            self.progress.setRange(0, job.total)
            self.progress.setValue(min(job.step or 0, job.total))
        elif job.paused:
            self.progress.setRange(0, 1)
        else:
            self.progress.setRange(0, 0)
        self.label.setText(describe(job))
        self.cancel.setVisible(job.cancellable)
        self.cancel.setAccessibleName(f"Cancel {job.title}")


class _HeightKeeper(QPushButton):
    """Keeps the height of a Cancel button where there is none."""

    def __init__(self) -> None:
        super().__init__()
        policy = self.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.setSizePolicy(policy)
        self.setFixedWidth(0)
        self.hide()


def describe(job: JobState) -> str:
    """A job in words: "Dreaming · 12 of 64 · 3.1 a second · 17 s left"."""
    words = [job.title]
    if job.total and job.unit == "bytes":
        words.append(f"{(job.step or 0) / 1e6:.1f} of {job.total / 1e6:.1f} MB")
    elif job.total:
        words.append(f"{job.step or 0} of {job.total}")
    if job.paused:
        words.append("paused")
    elif job.rate:
        words.append(_rate(job.rate, job.unit))
        if job.total:
            words.append(_duration((job.total - (job.step or 0)) / job.rate) + " left")
    return " · ".join(words)


def _rate(rate: float, unit: str) -> str:
    if unit == "bytes":
        return f"{rate / 1e6:.1f} MB a second"
    return f"{rate:.0f} a second" if rate >= 10 else f"{rate:.1f} a second"


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 6000:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
