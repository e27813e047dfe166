"""A skip-gram of forty words, small enough for the exact softmax (Mikolov et al. 2013)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from visualizer.engine.lessons.word_vectors import unit

KINDS: dict[str, tuple[str, ...]] = {
    "animals": ("cat", "dog", "horse", "cow", "mouse", "bird"),
    "food": ("bread", "cheese", "meat", "soup", "apples", "cake"),
    "places": ("house", "garden", "kitchen", "field", "barn", "forest"),
    "people": ("man", "boy", "king", "prince", "woman", "girl", "queen", "princess"),
    "doing": ("eats", "likes", "sleeps", "sits", "runs"),
}
OTHERS = ("the", "in", "a", "wears", "his", "her", "crown", "hat")
WORDS = (*(word for words in KINDS.values() for word in words), *OTHERS)
KIND = {word: kind for kind, words in KINDS.items() for word in words}
PLACE = {word: place for place, word in enumerate(WORDS)}
NUMBERS = 8
"""Of a vector."""
MEN, WOMEN = KINDS["people"][:4], KINDS["people"][4:]
ROYAL = frozenset(("king", "prince", "queen", "princess"))


@dataclass(frozen=True, eq=False)
class SkipGram:
    """What is learnt.

    Attributes:
        own: of each word, N x D: the vectors.
        contexts: of each word as a neighbour, N x D.
        sentence: that was read last.
        loss: the mean of -ln p(neighbour | word) over its pairs, in nats; NaN before the first.
    """

    own: np.ndarray
    contexts: np.ndarray
    sentence: tuple[str, ...] = ()
    loss: float = float("nan")

    @cached_property
    def same_kind_share(self) -> float:
        """The share of words whose nearest word (by angle) is of the same kind."""
        places = [PLACE[word] for word in KIND]
        rows = unit(self.own[places])
        near = rows @ rows.T
        np.fill_diagonal(near, -np.inf)
        kinds = np.array(list(KIND.values()))
        return float((kinds[near.argmax(1)] == kinds).mean())


def begin(seed: int) -> SkipGram:
    """Return small random vectors."""
    random = np.random.default_rng(seed)
    shape = len(WORDS), NUMBERS
    return SkipGram(random.normal(0, 0.1, shape), random.normal(0, 0.1, shape))


def sentence(random: np.random.Generator) -> tuple[str, ...]:
    """Return a sentence of three to six words."""

    def one(words: tuple[str, ...]) -> str:
        return words[random.integers(len(words))]

    kind = random.integers(4)
    if kind == 0:
        return ("the", one((*KINDS["animals"], *KINDS["people"])), one(("eats", "likes")),
                one(KINDS["food"]))  # fmt: skip
    if kind == 1:
        return ("a", one(KINDS["animals"]), one(("sleeps", "sits", "runs")), "in", "the",
                one(KINDS["places"]))  # fmt: skip
    person = one((*MEN, *WOMEN))
    whose = "his" if person in MEN else "her"
    if kind == 2:
        return ("the", person, "wears", whose, "crown" if person in ROYAL else "hat")
    return ("the", person, one(("sleeps", "sits", "runs")), "in", whose, one(KINDS["places"]))


def pairs(words: tuple[str, ...], reach: int) -> tuple[np.ndarray, np.ndarray]:
    """Return all pairs of a word and a neighbour at most `reach` away, as two rows of places."""
    places = [PLACE[word] for word in words]
    found = [
        (places[i], places[j])
        for i in range(len(places))
        for j in range(max(0, i - reach), min(len(places), i + reach + 1))
        if i != j
    ]
    own, around = np.array(found).T
    return own, around


def gradient(
    model: SkipGram, own: np.ndarray, around: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    """Return the mean of -ln softmax(V U^T)[neighbour] over pairs, and its slopes by V and U."""
    rows = model.own[own]
    scores = rows @ model.contexts.T
    scores -= scores.max(1, keepdims=True)
    chances = np.exp(scores)
    chances /= chances.sum(1, keepdims=True)
    each = np.arange(len(own)), around
    loss = -float(np.log(chances[each]).mean())
    chances[each] -= 1
    chances /= len(own)
    by_own = np.zeros_like(model.own)
    np.add.at(by_own, own, chances @ model.contexts)
    return loss, by_own, chances.T @ rows


def learn(model: SkipGram, words: tuple[str, ...], reach: int, rate: float) -> SkipGram:
    """Return a model that has read one more sentence: a step down the gradient."""
    loss, by_own, by_contexts = gradient(model, *pairs(words, reach))
    return replace(
        model,
        own=model.own - rate * by_own,
        contexts=model.contexts - rate * by_contexts,
        sentence=words,
        loss=loss,
    )
