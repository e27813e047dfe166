"""A pytest plugin for the whole suite: a run in which no window was tested has failed.

Where Qt's libraries are missing, every window test could be skipped and the run stay green.
"""

import pytest

ENOUGH = 10
"""Window tests that must pass for the run to count."""


class WindowTests:
    def __init__(self) -> None:
        self.passed = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed and report.nodeid.startswith("tests/gui/"):
            self.passed += 1

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if self.passed < ENOUGH and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter) -> None:
        terminalreporter.write_line(f"{self.passed} window tests passed")
        if self.passed < ENOUGH:
            terminalreporter.write_line(
                f"FAILED: at least {ENOUGH} window tests must run; is libEGL there?", red=True
            )


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # each worker of pytest-xdist runs a part of them
        config.pluginmanager.register(WindowTests(), "window-tests-ran")
