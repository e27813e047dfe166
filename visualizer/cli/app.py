"""All commands in one program, and what becomes of their errors."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext

from cyclopts import App, CycloptsError

import visualizer
from visualizer.cli import terminal
from visualizer.engine.errors import UserError, is_of_keras, one_line

WRONG = 2
"""The exit status of a command that could not do all it was asked to."""
UNREAD = 141
"""That of a command whose output was closed before its end; shells say so too (128 + SIGPIPE)."""


def build() -> App:
    """The program with its commands; techniques are added from their registry."""
    from visualizer.cli.attack import attack
    from visualizer.cli.badges import badges
    from visualizer.cli.classify import classify
    from visualizer.cli.explain import explain
    from visualizer.cli.networks import networks_app
    from visualizer.cli.robustness import robustness
    from visualizer.cli.techniques import add_techniques
    from visualizer.cli.tour import tour
    from visualizer.cli.window import window

    program = App(
        name="visualizer",
        help="A window onto a convolutional network: see what every layer makes of a picture.",
        version=visualizer.__version__,
        default_command=window,
        suppress_keyboard_interrupt=False,
    )
    program.command(networks_app())
    program.command(classify)
    add_techniques(program)
    program.command(attack)
    program.command(explain)
    program.command(robustness)
    program.command(badges)
    program.command(tour)
    return program


def run(arguments: Sequence[str]) -> int:
    """Run the command that `arguments` name; return its exit status, never raise but for Ctrl+C."""
    try:
        program = build()
        command = bool(arguments) and arguments[0] in program
        # The window's own last words, should Qt fail, are to be seen.
        with terminal.quiet_libraries() if command else nullcontext():
            return _run(program, arguments)
    except BrokenPipeError as error:
        if _nobody_reads():  # they have seen enough, as in `visualizer networks | head -1`
            return UNREAD
        terminal.complain(_unexpected(error))
    except CycloptsError as error:
        terminal.complain(f"{error} See visualizer --help.")
    except UserError as error:
        terminal.complain(str(error))
    except OSError as error:
        terminal.complain(f"{error.filename or 'The system'}: {error.strerror or error}.")
    except MemoryError:
        terminal.complain("The memory of this computer is not enough for that; try a smaller one.")
    except Exception as error:
        terminal.complain(_unexpected(error))
    return WRONG


def _nobody_reads() -> bool:
    """Whether the pipe that broke is stdout; if so, what is left to say there goes nowhere."""
    try:
        print(flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return True
    return False


def _run(program: App, arguments: Sequence[str]) -> int:
    status = program(
        list(arguments), exit_on_error=False, print_error=False, result_action="return_value"
    )
    if sys.stdout is not None:
        sys.stdout.flush()
    return status if isinstance(status, int) else 0


def _unexpected(error: Exception) -> str:
    try:
        from visualizer.gui import crash_log

        log = crash_log.record(error, "on the command line")
    except ImportError:  # Qt itself may be what is wrong
        log = None
    where = f"; the details are in {log}" if log else ""
    if is_of_keras(error):
        said = one_line(error)
        return f"Keras could not compute what was asked of it ({said}){where}; try another network."
    return f"Something went wrong in the program itself ({type(error).__name__}: {error}){where}."
