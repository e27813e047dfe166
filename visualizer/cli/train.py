"""`visualizer train`: teach a network, and save it as a file that opens anywhere."""

from __future__ import annotations

import contextlib
import json as json_module
import math
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from filelock import FileLock, Timeout

from visualizer.cli import terminal
from visualizer.cli.options import BackendOption, JsonOption, OutputError, make_folder
from visualizer.cli.settings import Given, read, with_settings
from visualizer.engine.settings import SettingsError, describe
from visualizer.engine.training.history import EpochDone
from visualizer.engine.training.schedules import SCHEDULES
from visualizer.engine.training.train_settings import HEAD, OPTIMIZERS, UNFROZEN, TrainSettings

if TYPE_CHECKING:
    from visualizer.engine.training.loop import Event, Training
    from visualizer.models.training_recipe import Prepared, Recipe

MOST_HALVINGS = 5
"""How often a run that diverges goes on with half the rate before it is given up."""
MOST_RACERS = 4
REPORT_ROWS = 2000


@Parameter(name="*")
@dataclass(frozen=True)
class RecipeOptions:
    """The pictures and the network."""

    data: Annotated[
        str,
        Parameter(
            help="digits, shapes, mnist-5000, mnist, fashion-mnist, cifar-10, or a folder that has "
            "a folder of pictures for each class."
        ),
    ] = "digits"
    model: Annotated[
        str,
        Parameter(
            help="softmax, mlp, lenet or small-alexnet; with --transfer a name of `visualizer "
            "networks` or a model file."
        ),
    ] = "lenet"
    transfer: Annotated[
        str | None,
        Parameter(
            help="Keep that network up to this stage (auto: all but its head), and train a new "
            "head on it: 30 epochs at a rate of 0.001 with momentum, unless told.",
            show_default=False,
        ),
    ] = None
    unfreeze: Annotated[
        str | None,
        Parameter(
            help="With --transfer: once the head has learnt, let so many of the last stages learn "
            "from the pictures too, or those from the stage of this name on.",
            show_default=False,
        ),
    ] = None
    backend: BackendOption = None


USUAL = RecipeOptions()


@with_settings(TrainSettings)
def train(
    *,
    what: RecipeOptions = USUAL,
    output: Annotated[
        Path | None,
        Parameter(
            name=["--output", "-o"],
            help="The .keras file to write. While it trains, NAME.training beside it holds all it "
            "takes to go on.",
            show_default=False,
        ),
    ] = None,
    resume: Annotated[
        Path | None,
        Parameter(
            help="Go on with the training of this .keras file; --epochs makes it longer, and no "
            "other setting can be given.",
            show_default=False,
        ),
    ] = None,
    race: Annotated[
        str | None,
        Parameter(
            help="Two to four learning rates, optimizers or schedules with commas between, from "
            "the same start on the same batches: 0.1,0.01 or adam:0.001,sgd:0.1 or "
            "one-cycle,constant.",
            show_default=False,
        ),
    ] = None,
    range_test: Annotated[
        bool,
        Parameter(negative="", help="Only find out which learning rates work."),
    ] = False,
    tensorboard: Annotated[
        Path | None,
        Parameter(help="A folder to write an event file to, in the end.", show_default=False),
    ] = None,
    given: Given,
    json: JsonOption = False,
) -> None:
    """Train a network on pictures, and save it with its recipe."""
    from visualizer.engine.backend import choose
    from visualizer.models.training_recipe import Recipe, preparing

    others = output or race or range_test or what != replace(USUAL, backend=what.backend)
    if resume is not None and (others or set(given) - {"epochs"}):
        raise OutputError(
            "A training goes on as it began: with --resume only --epochs, --tensorboard, --backend "
            "and --json can be given."
        )
    if (range_test and (output or race or tensorboard)) or (race and tensorboard):
        raise OutputError(
            "--range-test takes neither --output, --race nor --tensorboard, and --race takes no "
            "--tensorboard; leave them out."
        )
    if what.unfreeze is not None and what.transfer is None:
        raise OutputError(
            "--unfreeze is for the stages of a network that is cut; say where with --transfer, or "
            "leave it out."
        )
    path = _checked(resume or output)
    events = None if tensorboard is None else make_folder(tensorboard)
    choose(what.backend)
    say = _Speaker(json)
    recipe = Recipe(what.data, what.model, what.transfer, what.unfreeze)
    if resume is not None:
        assert path is not None
        with _alone(path):
            _train(_resumed(path, given), path, say, events)
        return
    usual = {} if what.transfer is None else HEAD if what.unfreeze is None else UNFROZEN
    settings: TrainSettings = read(TrainSettings, {**usual, **given})
    if race is not None:
        _race(recipe, _racers(race, settings), path, say)
        return
    prepared = _prepared(preparing(recipe, settings))
    if range_test:
        _range_test(prepared.training, say)
        return
    with _alone(path):
        _train(prepared, path, say, events)


class _Speaker:
    """Writes what comes of a training: sentences, or one JSON object a line."""

    def __init__(self, json: bool) -> None:
        self.json = json

    def line(self, values: dict[str, Any], sentence: str) -> None:
        """One thing, in both ways."""
        print(_dumped(values) if self.json else sentence, flush=True)

    def epoch(self, training: Training, done: EpochDone, **more: Any) -> None:
        """What an epoch ended with."""
        values = {**asdict(done), "learning_rate": training.learning_rate, **more}
        words = ", ".join(map(str, more.values()))
        fooled = done.adversarial_accuracy
        adversarial = "" if math.isnan(fooled) else f", {fooled:.1%} of perturbed ones"
        self.line(
            values,
            f"{words + ': ' if words else ''}epoch {done.epoch}: loss {done.loss:.4f}, "
            f"{done.validation_accuracy:.2%} of {len(training.data.validation):,} new pictures "
            f"right{adversarial} ({done.seconds:.1f} s)",
        )


def _dumped(values: dict[str, Any]) -> str:
    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(each) for key, each in value.items()}
        return None if isinstance(value, float) and not math.isfinite(value) else value

    return json_module.dumps(plain(values), ensure_ascii=False, allow_nan=False)


def _checked(path: Path | None) -> Path | None:
    """The file to write, which ends in .keras and whose folder exists."""
    if path is None:
        return None
    if path.suffix != ".keras":
        raise OutputError(f"“{path}” is to be a network; give it a name that ends in .keras.")
    if not path.absolute().parent.is_dir():
        raise OutputError(f"There is no folder “{path.parent}”; choose one that exists.")
    return path


@contextlib.contextmanager
def _alone(path: Path | None) -> Iterator[None]:
    """Keep a second training of the same file out while this one runs."""
    if path is None:
        yield
        return
    lock = FileLock(path.with_name(f".{path.name}.running"), blocking=False)
    try:
        with lock:
            yield
    except Timeout:
        raise OutputError(
            f"Another training writes “{path}” now; wait for its end, or choose another name."
        ) from None
    with contextlib.suppress(OSError):
        Path(lock.lock_file).unlink()


def _prepared(steps: Generator[Any, None, Prepared]) -> Prepared:
    """Open data and network, with bars of what takes long."""
    with terminal.progress() as bar:
        task = bar.add_task("Preparing", total=None)
        prepared: Prepared = _to_end(
            steps, lambda step: bar.update(task, completed=step.step, total=step.total)
        )
    for sentence in prepared.data.warnings:
        terminal.print_error(sentence)
    if prepared.head_accuracy is not None:
        terminal.print_error(
            f"The new head alone names {prepared.head_accuracy:.2%} of new pictures right."
        )
    return prepared


def _to_end(steps: Generator[Any, None, Any], show: Callable[[Any], None]) -> Any:
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            return end.value
        if hasattr(step, "step"):
            show(step)


def _resumed(path: Path, given: Given) -> Prepared:
    from visualizer.engine.training import training_file
    from visualizer.models.training_recipe import resuming

    prepared = _prepared(resuming(path.with_suffix(training_file.SUFFIX)))
    if given:
        prepared.training.change(epochs=read(TrainSettings, given).epochs)
    return prepared


def _train(
    prepared: Prepared, path: Path | None, say: _Speaker, events: Path | None = None
) -> None:
    from visualizer.engine.training import training_file
    from visualizer.engine.training.event_file import write_events

    training, first = prepared.training, prepared.training.batch
    began = saved = time.monotonic()

    def save() -> None:
        if path is not None:
            file = path.with_suffix(training_file.SUFFIX)
            training_file.save(training, file, prepared.recipe.to_dict())

    save()
    with terminal.progress() as bar:
        task = bar.add_task("Training", total=None)
        for event in _events(training):
            total = training.batches_an_epoch * training.settings.epochs
            bar.update(task, completed=training.batch, total=max(total, training.batch))
            if isinstance(event, EpochDone):
                say.epoch(training, event)
            if time.monotonic() - saved > training_file.SAVE_SECONDS:
                save()
                saved = time.monotonic()
    seconds, batches = time.monotonic() - began, training.batch - first
    save()
    if path is not None:
        prepared.save(path)
    if events is not None:
        write_events(events, training.history)
    last = training.history.epochs[-1]
    report = {
        "validation_accuracy": last.validation_accuracy,
        "adversarial_accuracy": last.adversarial_accuracy,
        "seconds": seconds,
        "batches": batches,
        "batches_per_second": batches / seconds if seconds else 0.0,
        "file": None if path is None else str(path),
        "history": training.history.to_dict(REPORT_ROWS),
    }
    where = "" if path is None else f"{path}: "
    say.line(
        report,
        f"{where}{last.validation_accuracy:.2%} of new pictures right after {training.epoch} "
        f"epochs, {seconds:.1f} s, {report['batches_per_second']:.0f} batches a second.",
    )


def _events(training: Training) -> Iterator[Event | None]:
    """What a training yields; where it diverges it goes on with half the rate, and where memory is
    short with half the batch, and says so.
    """
    from visualizer.engine.training.loop import BatchTooLarge, Diverged, TrainingError

    halvings = 0
    while halvings < MOST_HALVINGS:
        event = None
        for event in training.run():
            yield event
        if isinstance(event, Diverged):
            rate = max(event.suggested_rate, 1e-6)
            terminal.print_error(f"{event.sentence} It goes on with {rate:.3g}.")
            training.change(learning_rate=rate)
            halvings += 1
        elif isinstance(event, BatchTooLarge):
            terminal.print_error(f"{event.sentence} It goes on with {event.suggested_size}.")
            training.change(batch_size=event.suggested_size)
        else:
            return
    raise TrainingError(
        f"The training diverged {MOST_HALVINGS} times, even at a learning rate of "
        f"{training.settings.learning_rate:.3g}; find one that works with --range-test."
    )


def _range_test(training: Training, say: _Speaker) -> None:
    from visualizer.engine.training.range_test import range_test

    points: list[Any] = []
    with terminal.progress() as bar:
        task = bar.add_task("Trying learning rates", total=None)

        def show(point: Any) -> None:
            points.append(point)
            bar.update(task, completed=point.step, total=point.total)

        found = _to_end(range_test(training), show)
    report = {
        "learning_rates": [point.learning_rate for point in points],
        "losses": [point.loss for point in points],
        "smoothed": [point.smoothed for point in points],
        **asdict(found),
    }
    if found.steepest is None:
        say.line(report, "The loss falls at none of the learning rates; look at the data.")
        return
    say.line(
        report,
        f"Two learning rates to try: {found.steepest:.2g} (the loss falls fastest) and "
        f"{found.valley:.2g} (half-way down); above {report['learning_rates'][-1]:.2g} it rises.",
    )


def _racers(text: str, settings: TrainSettings) -> dict[str, TrainSettings]:
    """The racers by what they are called: each has the settings, but for what its words say."""
    racers: dict[str, TrainSettings] = {}
    names = [name.strip() for name in text.split(",")]
    for name in names:
        said = {}
        for word in name.split(":"):
            field = _RACED.get(word, "learning_rate")
            if field in said:
                raise OutputError(
                    f"“{name}” says two things of one setting; a racer has a learning rate, an "
                    "optimizer, a schedule, or some of them with colons between, as in adam:0.001."
                )
            said[field] = word
        racers[name] = replace(settings, **_parsed(name, said))
    if len(racers) < len(names) or not 2 <= len(racers) <= MOST_RACERS:
        raise OutputError(
            f"A race is of 2 to {MOST_RACERS} that differ, such as 0.1,0.01 or adam,sgd; here are "
            f"{len(names)}, {len(racers)} of them different."
        )
    return racers


_RACED = {
    **dict.fromkeys(OPTIMIZERS, "optimizer"),
    **dict.fromkeys(SCHEDULES[:-1], "schedule"),
}
"""What a word of --race sets, if it is no learning rate."""


def _parsed(name: str, said: dict[str, str]) -> dict[str, Any]:
    """The values of the words of a racer."""
    fields = {field.name: field for field in describe(TrainSettings)}
    try:
        return {each: fields[each].parse(word) for each, word in said.items()}
    except SettingsError:
        raise OutputError(
            f"“{name}” is no racer; it is a learning rate from 1e-06 to 10, an optimizer "
            f"({', '.join(OPTIMIZERS)}) or a schedule ({', '.join(SCHEDULES[:-1])}), or some of "
            "them with colons between."
        ) from None


def _race(
    recipe: Recipe, racers: dict[str, TrainSettings], path: Path | None, say: _Speaker
) -> None:
    from visualizer.engine.training.loop import BatchTooLarge, Diverged
    from visualizer.engine.training.race import race
    from visualizer.models.training_recipe import preparing

    names = list(racers)
    first = _prepared(preparing(recipe, racers[names[0]]))
    trainings = race(first.training, list(racers.values()))
    diverged: set[int] = set()
    for which, event in trainings.run():
        training = trainings.trainings[which]
        if isinstance(event, (Diverged, BatchTooLarge)):
            diverged.add(which)
            terminal.print_error(f"{names[which]}: {event.sentence}")
        elif isinstance(event, EpochDone):
            say.epoch(training, event, racer=names[which])
    accuracies = [
        training.history.epochs[-1].validation_accuracy if training.history.epochs else 0.0
        for training in trainings.trainings
    ]
    reports = [
        {
            "racer": name,
            "learning_rate": training.settings.learning_rate,
            "optimizer": training.settings.optimizer,
            "schedule": training.settings.schedule,
            "validation_accuracy": accuracy,
            "diverged": which in diverged,
            "history": training.history.to_dict(REPORT_ROWS),
        }
        for which, (name, training, accuracy) in enumerate(
            zip(names, trainings.trainings, accuracies, strict=True)
        )
    ]
    best = accuracies.index(max(accuracies))
    if path is not None:
        replace(first, training=trainings.trainings[best]).save(path)
    report = {"race": reports, "best": names[best], "file": None if path is None else str(path)}
    say.line(report, f"The best was {names[best]}: {accuracies[best]:.2%} right.")
