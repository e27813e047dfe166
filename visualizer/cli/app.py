"""The program with all commands, and its error handling."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from cyclopts import (
    App,
    CoercionError,
    CycloptsError,
    MissingArgumentError,
    UnknownOptionError,
)

import visualizer
from visualizer.cli import terminal
from visualizer.engine.errors import UserError, is_of_keras, one_line
from visualizer.engine.files import clear_parts
from visualizer.engine.folders import data_folder
from visualizer.engine.quiet import quiet_libraries
from visualizer.engine.technique import plugin_errors

WRONG = 2
"""The exit status of a command that could not do all it was asked to."""
UNREAD = 141
"""The exit status after the pipe of stdout was closed (128 + SIGPIPE)."""


def window_program() -> App:
    """The program without its commands, whose code is not read: it opens the window."""
    from visualizer.cli.window import window_command

    program = App(
        name="visualizer",
        help="A window onto a convolutional network: see what every layer makes of a picture.",
        version=visualizer.__version__,
        suppress_keyboard_interrupt=False,
    )
    program.default(window_command(lambda: [n for n in build() if not n.startswith("-")]))
    return program


def build() -> App:
    """The program with its commands; techniques are added from their registry."""
    from visualizer.cli.attack import attack
    from visualizer.cli.badges import badges
    from visualizer.cli.classify import classify
    from visualizer.cli.explain import explain
    from visualizer.cli.lesson import lesson
    from visualizer.cli.networks import networks_app
    from visualizer.cli.robustness import robustness
    from visualizer.cli.self_test import self_test
    from visualizer.cli.show import show
    from visualizer.cli.similar import similar
    from visualizer.cli.techniques import add_techniques
    from visualizer.cli.tour import tour
    from visualizer.cli.train import train

    program = window_program()
    program.command(networks_app())
    program.command(classify)
    add_techniques(program)
    program.command(attack)
    program.command(explain)
    program.command(similar)
    program.command(robustness)
    program.command(train)
    program.command(badges)
    program.command(tour)
    program.command(show)
    program.command(lesson)
    program.command(self_test)
    return program


def _names_no_command(arguments: Sequence[str]) -> bool:
    """Whether the window is meant for sure: nothing, a network or a file is named, and no help."""
    if not arguments or {"--help", "-h", "--version"}.intersection(arguments):
        return not arguments
    first = Path(arguments[0])
    return str(first) == "--network" or (first.suffix != "" and first.exists())


def run(arguments: Sequence[str]) -> int:
    """Run the command that `arguments` name; return its exit status, never raise but for Ctrl+C."""
    try:
        clear_parts(data_folder(), deep=True)
        program = window_program() if _names_no_command(arguments) else build()
        command = bool(arguments) and arguments[0] in program
        # Qt's own messages stay visible if the window fails.
        with quiet_libraries() if command else nullcontext():
            if command:
                for sentence in plugin_errors():
                    terminal.print_error(sentence)
            return _run(program, arguments)
    except BrokenPipeError as error:
        if _nobody_reads():  # as in `visualizer networks | head -1`
            return UNREAD
        terminal.print_error(_unexpected(error))
    except CycloptsError as error:
        terminal.print_error(_usage(error))
    except UserError as error:
        terminal.print_error(str(error))
    except OSError as error:
        terminal.print_error(f"{error.filename or 'The system'}: {error.strerror or error}.")
    except MemoryError:
        terminal.print_error(
            "The memory of this computer is not enough for that; try a smaller one."
        )
    except Exception as error:
        terminal.print_error(_unexpected(error))
    return WRONG


def _usage(error: CycloptsError) -> str:
    """What is wrong with a command line, and what to write instead."""
    command = " ".join(["visualizer", *(error.command_chain or ())])
    name = error.argument.name if error.argument is not None else ""
    if isinstance(error, MissingArgumentError):
        name = error.keyword or name
        if name.startswith("-"):
            wrong = f"There is nothing after {name}; write its value there."
        else:
            wrong = f"Something is missing: write {command} {name}."
    elif isinstance(error, CoercionError) and error.token is not None:
        value = error.token.value
        kinds = {int: "a whole number", float: "a number"}
        kind = kinds.get(error.target_type) if error.target_type is not None else None
        if kind is None:
            return f"{error} See {command} --help."
        wrong = f"{error.token.keyword or name} is {kind}, not “{value}”."
    elif isinstance(error, UnknownOptionError) and error.token is not None:
        wrong = f"There is no option {error.token.keyword or error.token.value}."
    else:
        wrong = str(error)
    return f"{wrong} See {command} --help."


def _nobody_reads() -> bool:
    """Whether stdout is the broken pipe; if so, redirect it to the null device."""
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
        from visualizer.gui.core import crash_log

        log = crash_log.record(error, "on the command line")
    except ImportError:  # Qt itself may be what is wrong
        log = None
    where = f"; the details are in {log}" if log else ""
    if is_of_keras(error):
        said = one_line(error)
        return f"Keras could not compute what was asked of it ({said}){where}; try another network."
    return f"Something went wrong in the program itself ({type(error).__name__}: {error}){where}."
