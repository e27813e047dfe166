"""What the Train workspace says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from visualizer.gui.core.pages import page
from visualizer.gui.train.rate_dial import in_words
from visualizer.gui.workspace import Explanation

if TYPE_CHECKING:
    from visualizer.gui.train.training_session import Offer, TrainFrame
    from visualizer.gui.train.trial import RaceFrame, RangeFrame

PREPARING = "Reading the pictures and building the network…"
LATER = "Begin anew (N) trains this from the start; the present training goes on until then."
UNFREEZE_TIP = "How many of the last stages before the cut learn too, from the pictures"
UNFREEZE_HINT = (
    "It begins with a new head, which is trained first; then these stages learn with it, from the "
    "pictures. That takes longer, and the optimizer begins without a memory."
)
STEP_HINT = "Each step of a training, slowly: forward, the loss, backward, the update."
TIME_HINT = (
    "A moment is kept every two seconds and at the end of each epoch. Drag back: all views, and "
    "the other workspaces, show the network as it was. Play, and a new run begins there."
)
RANGE_HINT = "Tries ever larger rates for a batch each; afterwards the network is as it was."
RACE_HINT = "Copies of the network as it is now learn side by side, on the same batches."
NAMES_WRONG = "Choose two to four to race; all have the learning rate of the dial."
RATES_WRONG = "Give two to four learning rates from 0.000001 to 10, such as 0.1, 0.01, 0.001."


def moment(frame: TrainFrame) -> str:
    """Where a training stands."""
    at = f"Run {frame.past.branch + 1}, after epoch {in_epochs(frame.epoch)} (batch {frame.step:,})"
    return f"{at}: as it was" if frame.past.in_past else at


def range_words(frame: RangeFrame | None) -> str:
    """How a range test goes; "" where it has made its suggestions."""
    if frame is None or not frame.over:
        return RANGE_HINT
    if frame.steepest is None:
        return "The loss fell at no rate, so none can be suggested; train a little, or try others."
    return ""


def race_words(frame: RaceFrame | None) -> str:
    """How a race goes."""
    if frame is None:
        return RACE_HINT
    told = []
    for racer in frame.racers:
        result = racer.out or ("" if racer.accuracy is None else f"{percent(racer.accuracy)} right")
        told.append(f"{racer.name}: {result}" if result else racer.name)
    return "  ·  ".join(told)


def layers(size: str, classes: int, parameters: int) -> str:
    """What a network that is built by hand takes and has."""
    return f"Pictures of {size}, {classes} classes: {parameters:,} parameters in all."


def offer(title: str, epoch: float) -> str:
    """What is asked when a training of last time is there."""
    return f"Go on with {title}, after {in_epochs(epoch)} epochs? Earlier moments are not kept."


def offered(offer: Offer) -> str:
    """What the button says after a training had to stop."""
    if offer.setting == "batch_size":
        return f"Go on with batches of {offer.value:.0f}"
    return f"Go on with {in_words(offer.value)}"


def status(frame: TrainFrame, running: bool) -> tuple[str, ...]:
    """How far a training is, the most important first."""
    measured = frame.curves.validation_accuracy
    return (
        f"epoch {in_epochs(frame.epoch)} of {frame.settings.epochs}",
        f"{percent(measured[-1])} right" if len(measured) else "",
        f"batch {frame.step:,}",
        f"{frame.per_second:.0f} a second" if running and frame.per_second else "",
        frame.title,
        f"{frame.parameters:,} parameters",
    )


def watched(frame: TrainFrame) -> str:
    """What the watched picture is, and what the network takes it for."""
    views = frame.views
    name, answer = frame.classes[views.label], frame.classes[views.taken_for]
    share = f"{100 * views.probability:.0f}%"
    if views.label == views.taken_for:
        return f"“{name}” recognised: {share}"
    return f"“{name}” taken for “{answer}”: {share}"


def in_epochs(epoch: float) -> str:
    """How far a training is, without needless digits: 3, 3.07."""
    return f"{epoch:.2f}".rstrip("0").rstrip(".")


def percent(share: float) -> str:
    """A share as people read it: 97.8%."""
    return "—" if not np.isfinite(share) else f"{100 * share:.1f}%"


def explanation(frame: TrainFrame | None, kind: str) -> Explanation:
    """Explain the page on show, such as "watch"."""
    parts = page(f"train-{kind}")
    facts: list[tuple[str, str]] = []
    if frame is not None:
        height, width, channels = frame.size
        colours = "colour" if channels == 3 else "grey"
        facts = [
            ("Pictures", f"{frame.pictures[0]:,}, and {frame.pictures[1]:,} to validate"),
            ("Each", f"{width} × {height} pixels, {colours}"),
            ("Classes", f"{len(frame.classes)}"),
            ("Parameters", f"{frame.parameters:,}"),
            ("Learning rate now", in_words(frame.learning_rate)),
        ]
        if len(frame.curves.epochs):
            best = int(np.argmax(frame.curves.validation_accuracy))
            found = percent(frame.curves.validation_accuracy[best])
            facts.append(("Best so far", f"{found} after epoch {frame.curves.epochs[best]:.0f}"))
    return Explanation(
        title=parts["title"],
        body=f"{parts['text']}\n\n**What to look for.** {parts['Look for']}",
        formula=parts.get("Formula", ""),
        facts=tuple(facts),
        paper=parts.get("Paper", ""),
        page=f"train-{kind}",
    )
