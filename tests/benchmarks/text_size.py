"""How long keys, clicks, other workspaces, presenting, text sizes and themes hold the window up."""

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.benchmarks.rows import Budget, Row, benchmark

LEFT = Qt.MouseButton.LeftButton
KEYS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)


@benchmark("Window")
def hands(budget: Budget) -> Iterator[Row]:
    """With every workspace built, no key, click or change of workspace is felt."""
    from tests.benchmarks.desk import window_with
    from tests.benchmarks.stalls import Ticker
    from visualizer.gui.widgets.image_view import ImageView

    stalls: dict[str, float] = {"a change of workspace": 0, "a key": 0, "a click": 0}
    with window_with("efficientnet-lite0") as guide:
        window, ticker = guide.window, Ticker()

        def measure(what: str, action) -> None:
            guide.wait()
            ticker.clear()
            action()
            guide.wait()
            stalls[what] = max(stalls[what], *ticker.gaps)

        for index in (*range(len(window.workspaces)), 0):  # built once
            window.choose_workspace(index)
            guide.wait()
        for index in range(len(window.workspaces)):
            measure("a change of workspace", lambda index=index: window.choose_workspace(index))
            for key in KEYS:
                measure("a key", lambda key=key: QTest.keyClick(window, key))
            for view in window.workspaces[index].findChildren(ImageView):
                if view.isVisible():
                    measure("a click", lambda view=view: QTest.mouseClick(view, LEFT))
        ticker.stop()
    for what, stall in stalls.items():
        yield Row(f"longest stall of {what} in any workspace", stall, "ms", at_most=50)


@benchmark("Window")
def text_sizes(budget: Budget) -> Iterator[Row]:
    """With every workspace built, F11, Esc, text size, light and dark are done before anyone
    wonders.
    """
    from tests.benchmarks.desk import window_with
    from tests.benchmarks.stalls import Ticker

    stalls: dict[str, float] = {}
    with window_with("efficientnet-lite0") as guide:
        window = guide.window
        for index in range(len(window.workspaces)):
            window.choose_workspace(index)
            guide.wait()
        keys = {
            "F11": window.presentation.start,
            "Esc from presenting": window.presentation.escape,
            "Ctrl++": guide.theme.larger,
            "Ctrl+-": guide.theme.smaller,
            "light": lambda: guide.theme.set_mode("light"),
            "dark": lambda: guide.theme.set_mode("dark"),
        }
        ticker = Ticker()
        for index in range(len(window.workspaces)):
            window.choose_workspace(index)
            for key, press in keys.items():
                guide.wait()
                ticker.clear()
                press()
                guide.wait()
                stalls[key] = max(stalls.get(key, 0), *ticker.gaps)
        ticker.stop()
    for key, stall in stalls.items():
        most = None if key in ("light", "dark") else 200  # a stylesheet takes its time
        yield Row(f"longest stall of {key} in any workspace", stall, "ms", at_most=most)
