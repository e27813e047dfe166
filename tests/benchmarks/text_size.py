"""How long presenting and other text sizes hold the window up."""

from collections.abc import Iterator

from tests.benchmarks.rows import Budget, Row, benchmark


@benchmark("Window")
def text_sizes(budget: Budget) -> Iterator[Row]:
    """With every workspace built, F11, Esc and larger text are done before anyone wonders."""
    from tests.benchmarks.desk import window_with
    from tests.benchmarks.stalls import Ticker

    stalls: dict[str, float] = {}
    with window_with("efficientnet-lite0") as guide:
        window = guide.window
        for index in range(len(window.workspaces)):
            window.choose_workspace(index)
            guide.wait()
        keys = {
            "F11": lambda: window.set_presenting(True),
            "Esc from presenting": window.back_to_safe,
            "Ctrl++": guide.theme.larger,
            "Ctrl+-": guide.theme.smaller,
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
        yield Row(f"longest stall of {key} in any workspace", stall, "ms", at_most=200)
