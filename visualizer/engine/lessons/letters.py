"""Lesson 10: a recurrent network that writes letter by letter, and one that learns your text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from visualizer.engine.lessons import letter_network
from visualizer.engine.lessons.books import plain
from visualizer.engine.lessons.lesson import Lesson, LessonError, Numbers, Task
from visualizer.engine.lessons.letter_network import KEPT_PASSES, Learner, LetterNetwork
from visualizer.engine.lessons.lstm import Memory
from visualizer.engine.lessons.values import number_of
from visualizer.engine.resources import resource
from visualizer.engine.settings import Settings, setting

OWN = "own text"
NETWORKS = (*(f"{n} pass{'es' if n > 1 else ''}" for n in KEPT_PASSES), OWN)
LAST = NETWORKS[-2]
MOST_WRITTEN = 1500
"""Letters."""
MOST_BEGUN = 200
"""Letters that a text may begin with."""
SAMPLE = 240
"""Letters that a network writes after each step of learning."""
MOST_KEPT = 20_000
"""Letters of an own text that a scene keeps."""
UNITS = 448
FEWEST_TO_FOLLOW = 100
"""Letters before it is said which unit follows what."""
FEATURES = ("place in the line", "spaces", "capitals", "place in the word")


@dataclass(frozen=True)
class LettersSettings(Settings):
    """Which network writes, how boldly, and which of its units colours the letters."""

    trained: str = setting(
        NETWORKS[0],
        choices=NETWORKS,
        help="How often the network has read Ulysses; or a small one that learns here.",
    )
    temperature: float = setting(
        0.8,
        low=0.05,
        high=2.0,
        help="Divides the logits: low takes what is most likely, high takes risks.",
    )
    unit: int = setting(
        0, low=0, high=UNITS - 1, help="The unit that colours the letters; click in the memory."
    )


@dataclass(frozen=True, eq=False)
class LettersState:
    """What is written so far.

    Attributes:
        seed: of the letters that are drawn.
        text: written so far.
        begun: how many letters of it were given.
        memory: of the network after the text.
        units: of each letter, the outputs of the units (H, float16) after it was read.
        learner: the small network that learns here; None with Ulysses.
    """

    seed: int
    text: str
    begun: int
    memory: Memory
    units: tuple[np.ndarray, ...]
    learner: Learner | None = None


@dataclass(frozen=True, eq=False)
class LettersDetails:
    """What is drawn besides the text.

    Attributes:
        chances: the likeliest next letters, with their probabilities.
        followers: of each of `FEATURES` the unit that follows it best, and how well (Pearson's r,
            -1 to 1); none while the text is short.
    """

    chances: tuple[tuple[str, float], ...]
    followers: Mapping[str, tuple[int, float]]


class Letters(Lesson[LettersSettings, LettersState]):
    """A step draws the next letter and reads it; on an own text it learns and writes a sample.

    The LSTM's cell keeps what the gates let in: c ← f·c + i·tanh(…), so that a unit can remember
    for hundreds of letters (Hochreiter & Schmidhuber 1997).
    """

    name = "letters"
    title = "Letter by letter"
    summary = "A network that has read one book guesses the next letter, and so writes."
    minutes = 20
    settings = LettersSettings
    restarting = frozenset(("trained",))
    formula = "c ← f·c + i·g,   h = o·tanh(c),   p = softmax(W h / T)"
    paper = (
        "Hochreiter & Schmidhuber (1997), *Long short-term memory*; Karpathy (2015), *The "
        "unreasonable effectiveness of recurrent neural networks*; Karpathy, Johnson & Fei-Fei "
        "(2016), *Visualizing and understanding recurrent networks*."
    )
    tasks = (
        Task(
            "After one pass it knows letters, not words. Let the network of 17 passes write 200 "
            "letters: what has it learnt since?",
            "Choose 17 passes at the side, then press Space. All passes are listed under P.",
            "First it learns which letters there are, then spaces and short words, then names, "
            "commas and dashes. It has never been told what a word is.",
            lambda run: (
                run.settings.trained == LAST and len(run.state.text) - run.state.begun >= 200
            ),
        ),
        Task(
            "Find a temperature at which the network of 17 passes begins to repeat itself.",
            "Turn the temperature far down and let it write 250 letters.",
            "With T near 0 it always takes the likeliest letter, and comes back to the same "
            "phrase. Far above 1 it takes unlikely letters, and the words fall apart.",
            lambda run: run.settings.trained == LAST and repeats(run.state),
        ),
        Task(
            "Find a unit that counts: its colour changes steadily from the start of a line to its "
            "end.",
            "Let the network of 17 passes write 300 letters, then ask below the memory for the "
            "unit that follows the place in the line.",
            "The lines of the book were broken at about 75 letters, so it pays to count. Nobody "
            "has asked for such a unit; it has come of guessing the next letter.",
            lambda run: run.settings.trained == LAST and counts(run.state, run.settings.unit),
        ),
    )

    def start(self, settings: LettersSettings, seed: int) -> LettersState:
        if settings.trained == OWN:
            return _beginner(letter_network.learner(usual_text(), seed), settings)
        memory = _network(settings).fresh()
        return LettersState(seed, "", 0, memory, ())

    def step(self, state: LettersState, settings: LettersSettings) -> LettersState:
        if state.learner is not None:
            return _beginner(letter_network.learnt(state.learner), settings)
        return written(state, _network(settings), settings.temperature, 1)

    def over(self, state: LettersState, settings: LettersSettings) -> bool:
        if state.learner is not None:
            return state.learner.adam.updates >= letter_network.MOST_UPDATES
        return len(state.text) >= MOST_WRITTEN

    def problem(self, state: LettersState) -> str:
        if state.learner is None or np.isfinite(state.learner.vector).all():
            return ""
        return "The weights have become infinite; begin anew (Home)."

    def details(self, state: LettersState, settings: LettersSettings) -> LettersDetails:
        network = network_of(state, settings)
        chances = network.chances(state.memory, settings.temperature)
        likeliest = np.argsort(-chances, kind="stable")[:8]
        return LettersDetails(
            tuple((network.alphabet[place], float(chances[place])) for place in likeliest),
            best_followers(state),
        )

    def numbers(self, state: LettersState, settings: LettersSettings) -> Numbers:
        network = network_of(state, settings)
        chances = network.chances(state.memory, settings.temperature)
        plainly = network.chances(state.memory, 1.0)
        rows = [
            [network.alphabet[place], float(np.log(plainly[place] + 1e-30)), float(chances[place])]
            for place in np.argsort(-chances, kind="stable")
        ]
        return ("next letter", "ln p at T = 1", f"p at T = {settings.temperature:g}"), rows

    def to_values(self, state: LettersState) -> Mapping[str, Any]:
        if state.learner is None:
            return {"text": state.text, "begun": state.begun} if state.begun else {}
        own = state.learner.text
        return {} if own == usual_text() else {"own": own[:MOST_KEPT]}

    def from_values(
        self, values: Mapping[str, Any], settings: LettersSettings, seed: int
    ) -> LettersState:
        if not values:
            return self.start(settings, seed)
        text = values.get("own" if settings.trained == OWN else "text")
        if not isinstance(text, str) or len(text) > MOST_KEPT:
            raise LessonError("The values of this lesson are damaged: “text”.")
        state = self.start(settings, seed)
        if settings.trained == OWN:
            return with_text(state, settings, text)
        if len(text) > MOST_WRITTEN:
            raise LessonError("The values of this lesson are damaged: “text”.")
        begun = number_of(values, "begun", 0, min(len(text), MOST_BEGUN))
        return replace(_read(state, _network(settings), text), begun=begun)


def _network(settings: LettersSettings) -> LetterNetwork:
    return letter_network.after_pass(KEPT_PASSES[NETWORKS.index(settings.trained)])


def network_of(state: LettersState, settings: LettersSettings) -> LetterNetwork:
    """Return the network that writes."""
    return _network(settings) if state.learner is None else state.learner.network


def usual_text() -> str:
    """Return what is learnt from until one's own text is given: the words of the lessons."""
    pages = sorted(resource("lessons").glob("*.md"))
    words = "\n\n".join(page.read_text(encoding="utf-8") for page in pages).replace("*", "")
    return plain(words.strip() + "\n")[0]


def written(
    state: LettersState, network: LetterNetwork, temperature: float, count: int
) -> LettersState:
    """Return a state with so many more letters, each drawn by its probability."""
    memory, text, units = state.memory, state.text, list(state.units)
    for _ in range(count):
        random = np.random.default_rng((state.seed, len(text)))
        chances = network.chances(memory, temperature)
        place = int(np.searchsorted(np.cumsum(chances), random.random()))
        text += network.alphabet[min(place, len(chances) - 1)]
        (memory,) = network.read(memory, text[-1])
        units.append(memory.units.astype(np.float16))
    return replace(state, text=text, memory=memory, units=tuple(units))


def _read(state: LettersState, network: LetterNetwork, text: str) -> LettersState:
    units, memory = [], state.memory
    for memory in network.read(state.memory, text):
        units.append(memory.units.astype(np.float16))
    return replace(state, text=state.text + text, memory=memory, units=(*state.units, *units))


def begun_with(state: LettersState, settings: LettersSettings, text: str) -> LettersState:
    """Return a state whose text begins with some given letters.

    Raises:
        LessonError: they are too many, or the network does not know one of them.
    """
    if len(text) > MOST_BEGUN:
        raise LessonError(f"A text begins with {MOST_BEGUN} letters at the most.")
    network = network_of(state, settings)
    fresh = replace(state, text="", begun=0, units=(), memory=network.fresh())
    return replace(_read(fresh, network, plain(text)[0]), begun=len(plain(text)[0]))


def with_text(state: LettersState, settings: LettersSettings, text: str) -> LettersState:
    """Return a state in which a small network begins to learn another text.

    Raises:
        LessonError: it is too short, giant, or not of letters.
    """
    return _beginner(letter_network.learner(text, state.seed), settings)


def _beginner(learner: Learner, settings: LettersSettings) -> LettersState:
    """A sample of what a learner writes now."""
    state = LettersState(learner.seed, "", 0, learner.network.fresh(), (), learner)
    return written(state, learner.network, settings.temperature, SAMPLE)


def repeats(state: LettersState) -> bool:
    """Whether 20 letters in a row come twice among the last 150 that were written."""
    text = state.text[state.begun :][-150:]
    pieces = [text[start : start + 20] for start in range(len(text) - 19)]
    return len(text) == 150 and len(set(pieces)) < len(pieces)


def feature(text: str, name: str) -> np.ndarray:
    """Return one of `FEATURES` at each letter of a text."""
    if name == "spaces":
        return np.array([letter in " \n" for letter in text], float)
    if name == "capitals":
        return np.array([letter.isupper() for letter in text], float)
    ends = "\n" if name == "place in the line" else " \n"
    places, place = [], 0
    for letter in text:
        place = 0 if letter in ends else place + 1
        places.append(place)
    return np.array(places, float)


def correlations(text: str, units: np.ndarray, name: str) -> np.ndarray:
    """Return how well units (N x H) follow a feature of N letters: Pearson's r, H numbers."""
    values = feature(text, name)
    values, units = values - values.mean(), units - units.mean(0)
    lengths = np.sqrt((values**2).sum() * (units**2).sum(0))
    return np.asarray(np.einsum("n,nh->h", values, units) / np.maximum(lengths, 1e-9))


def best_followers(state: LettersState) -> dict[str, tuple[int, float]]:
    """Return the unit that follows each feature best; none while the text is short."""
    if len(state.text) < FEWEST_TO_FOLLOW:
        return {}
    found, units = {}, np.array(state.units, np.float32)
    for name in FEATURES:
        r = correlations(state.text, units, name)
        unit = int(np.abs(r).argmax())
        found[name] = unit, float(r[unit])
    return found


def counts(state: LettersState, unit: int) -> bool:
    """Whether a unit follows the place in the line through 300 letters, with |r| of 0.6 or more."""
    if len(state.text) < 300 or unit >= len(state.units[0]):
        return False
    units = np.array([[each[unit]] for each in state.units], np.float32)
    return abs(float(correlations(state.text, units, "place in the line")[0])) >= 0.6
