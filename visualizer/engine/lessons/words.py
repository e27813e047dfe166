"""Lesson 9: words as numbers: by their letters, one-hot, and as vectors that learn from texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from visualizer.engine.lessons import small_skip_gram as small
from visualizer.engine.lessons import word_vectors
from visualizer.engine.lessons.lesson import Lesson, LessonError, Numbers, Task
from visualizer.engine.lessons.small_skip_gram import SkipGram
from visualizer.engine.lessons.values import array_of, number_of
from visualizer.engine.lessons.word_vectors import Vectors, codes, letter_distance, one_hot_distance
from visualizer.engine.settings import Settings, setting

LETTERS, ONE_HOT, BOOKS, HERE = "letters", "one-hot", "books", "learnt here"
WORD = re.compile(r"[a-z][a-z']{0,19}")
EXAMPLES: dict[str, tuple[tuple[str, str, str], ...]] = {
    LETTERS: (
        ("cat", "paw", "kitten"), ("cat", "dog", "kitten"), ("house", "horse", "home"),
        ("king", "ring", "queen"), ("word", "sword", "letter"),
    ),
    ONE_HOT: (
        ("cat", "paw", "kitten"), ("cat", "dog", "kitten"), ("house", "horse", "home"),
        ("king", "queen", "ring"),
    ),
    BOOKS: (
        ("france", "paris", "england"), ("man", "father", "woman"), ("good", "better", "bad"),
        ("walk", "walked", "look"), ("england", "english", "france"), ("man", "uncle", "woman"),
        ("large", "larger", "small"), ("dog", "dogs", "cat"),
    ),
    HERE: (("man", "king", "woman"),),
}  # fmt: skip
"""a, b and c: a is to b as c is to what?"""
SHOWN = {
    "animals": ("dog", "cat", "horse", "cow", "bird", "lion", "sheep"),
    "family": ("father", "mother", "brother", "sister", "uncle", "aunt", "son", "daughter"),
    "colours": ("red", "blue", "green", "yellow", "white", "black"),
    "towns": ("london", "paris", "rome", "england", "france", "italy"),
    "food": ("bread", "cheese", "meat", "milk", "wine", "butter"),
    "numbers": ("two", "three", "four", "five", "ten", "twenty"),
}
"""Words on the map besides those that are asked about."""
KIND = {word: kind for kind, words in SHOWN.items() for word in words}
NEAREST = 10


@dataclass(frozen=True)
class WordsSettings(Settings):
    """What a word is made of."""

    words_as: str = setting(
        LETTERS,
        choices=(LETTERS, ONE_HOT, BOOKS, HERE),
        help="What the numbers of a word are. “Learnt here” is a small network that begins to "
        "read when you press Space.",
    )
    learning_rate: float = setting(
        2.0, low=0.05, high=8, help="Of the small network: how far a sentence moves its words."
    )
    reach: int = setting(
        3, low=1, high=5, unit="words", help="Neighbours to each side that a word is to predict."
    )


@dataclass(frozen=True, eq=False)
class WordsState:
    """Three words, and what is learnt here.

    Attributes:
        a, b, c: a is to b as c is to what?
        at: the number of the step.
        seed: of the sentences.
        model: the small network; None where words are other numbers.
    """

    a: str
    b: str
    c: str
    at: int
    seed: int
    model: SkipGram | None = None


@dataclass(frozen=True, eq=False)
class WordsDetails:
    """What is drawn.

    Attributes:
        nearest: words nearest to a, with their cosines; for letters nearest to b, with distances.
        answers: what may be to c as b is to a, with cosines; none for letters and one-hot.
        words: on the map.
        kinds: of each, "" for those that were asked about.
        points: N x 2; None where a map makes no sense.
    """

    nearest: tuple[tuple[str, float], ...]
    answers: tuple[tuple[str, float], ...]
    words: tuple[str, ...]
    kinds: tuple[str, ...]
    points: np.ndarray | None


class Words(Lesson[WordsSettings, WordsState]):
    """A step shows the next example, or lets the small network read a sentence.

    Mikolov's skip-gram moves the vector of a word so that it predicts the words around it.
    """

    name = "words"
    title = "Words as vectors"
    summary = "A network computes with numbers: those of a word can be learnt from books."
    minutes = 20
    settings = WordsSettings
    restarting = frozenset(("words_as",))
    formula = "p(neighbour o | word w) = exp(u_o · v_w) / Σ_j exp(u_j · v_w)"
    paper = (
        "Mikolov, Chen, Corrado & Dean (2013), *Efficient estimation of word representations in "
        "vector space*; Mikolov, Sutskever, Chen, Corrado & Dean (2013), *Distributed "
        "representations of words and phrases and their compositionality*."
    )
    tasks = (
        Task(
            "With their letters as numbers, find a word that is at a distance of 1 from “cat”.",
            "Change one letter to its neighbour in the alphabet, and write the word at the side "
            "in the place of “paw”.",
            "A bat is nearer to a cat than a kitten is: letters say nothing about what a word "
            "means. (The slide says 178 for cat and paw; that is the square, 13² + 0² + 3², the "
            "distance is its root, 13.34.) One-hot numbers are fairer, but there every word is "
            "as far from every other: 1.4142, the root of 2.",
            lambda run: (
                run.settings.words_as == LETTERS
                and "cat" in (run.state.a, run.state.b)
                and letter_distance(run.state.a, run.state.b) == 1
            ),
        ),
        Task(
            "With vectors learnt from books: man is to king as woman is to what?",
            "Choose “books” at the side, then write man, king and woman at the side.",
            "king - man + woman is nearest to queen: the step from man to woman is a direction, "
            "and it is about the same for kings. Nobody has told the network; it has only read "
            "which words stand near each other.",
            lambda run: (
                run.settings.words_as == BOOKS
                and (run.state.a, run.state.b, run.state.c)
                in (("man", "king", "woman"), ("king", "man", "queen"), ("man", "woman", "king"))
            ),
        ),
        Task(
            "Let the small network read until the nearest word of each word is of its own kind.",
            "Choose “learnt here” and press Space; the share stands above the map. A hundred or "
            "two hundred sentences do.",
            "“You shall know a word by the company it keeps” (Firth 1957): whoever eats, sleeps "
            "and runs must be an animal or a person, and those drift together.",
            lambda run: run.state.model is not None and run.state.model.same_kind_share >= 0.97,
        ),
    )

    def start(self, settings: WordsSettings, seed: int) -> WordsState:
        model = small.begin(seed) if settings.words_as == HERE else None
        return WordsState(*EXAMPLES[settings.words_as][0], 0, seed, model)

    def step(self, state: WordsState, settings: WordsSettings) -> WordsState:
        at = state.at + 1
        if state.model is None:
            examples = EXAMPLES[settings.words_as]
            a, b, c = examples[at % len(examples)]
            return replace(state, a=a, b=b, c=c, at=at)
        random = np.random.default_rng((state.seed, at))
        words = small.sentence(random)
        rate = settings.learning_rate
        return replace(state, at=at, model=small.learn(state.model, words, settings.reach, rate))

    def problem(self, state: WordsState) -> str:
        if state.model is None or np.isfinite(state.model.own).all():
            return ""
        return "The vectors have become infinite: a smaller learning rate helps."

    def details(self, state: WordsState, settings: WordsSettings) -> WordsDetails:
        asked = (state.a, state.b, state.c)
        if settings.words_as in (LETTERS, ONE_HOT):
            nearest = []
            if settings.words_as == LETTERS:
                words = word_vectors.from_books().words
                nearest = word_vectors.nearest_by_letters(state.b, words, NEAREST)
            return WordsDetails(tuple(nearest), (), (), (), None)
        vectors, kind = vectors_of(state), KIND if state.model is None else small.KIND
        answers = vectors.analogy(*asked, NEAREST)
        shown = [word for word in kind if word in vectors.places]
        shown += [word for word in (*asked, answers[0][0]) if word not in shown]
        rows = vectors.units if state.model is None else vectors.rows
        return WordsDetails(
            tuple(vectors.nearest(state.a, NEAREST)),
            tuple(answers),
            tuple(shown),
            tuple(kind.get(word, "") for word in shown),
            word_vectors.flat_map(rows[[vectors.places[word] for word in shown]]),
        )

    def numbers(self, state: WordsState, settings: WordsSettings) -> Numbers:
        if settings.words_as == LETTERS:
            apart = codes(state.a) - codes(state.b)
            count = max(len(state.a), len(state.b))
            letters = zip(state.a.ljust(count), state.b.ljust(count), strict=True)
            rows = [
                [place + 1, one, int(codes(state.a)[place]), other, int(codes(state.b)[place]),
                 int(apart[place]), int(apart[place] ** 2)]
                for place, (one, other) in enumerate(letters)
            ]  # fmt: skip
            rows.append(["sum", "", "", "", "", "", int((apart**2).sum())])
            header = ("letter", state.a, "its number", state.b, "its number", "difference",
                      "square")  # fmt: skip
            return header, rows
        if settings.words_as == ONE_HOT:
            words = (state.a, state.b, state.c)
            pairs = [(one, other) for one in words for other in words if one < other]
            rows = [[one, other, one_hot_distance(one, other)] for one, other in pairs]
            return ("word", "other word", "distance"), rows or [[words[0], words[0], 0.0]]
        vectors = vectors_of(state)
        rows = [
            [*near, *answer]
            for near, answer in zip(
                vectors.nearest(state.a, NEAREST),
                vectors.analogy(state.a, state.b, state.c, NEAREST),
                strict=True,
            )
        ]
        asked = f"near {state.b} - {state.a} + {state.c}"
        return (f"near {state.a}", "cosine", asked, "cosine of it"), rows

    def to_values(self, state: WordsState) -> Mapping[str, Any]:
        values: dict[str, Any] = {"words": [state.a, state.b, state.c], "at": state.at}
        if state.model is not None:
            values["own"] = state.model.own.tolist()
            values["contexts"] = state.model.contexts.tolist()
        return values

    def from_values(
        self, values: Mapping[str, Any], settings: WordsSettings, seed: int
    ) -> WordsState:
        if not values:
            return self.start(settings, seed)
        words = values.get("words")
        if not isinstance(words, list) or len(words) != 3:
            raise LessonError("The values of this lesson are damaged: “words”.")
        state = replace(self.start(settings, seed), at=number_of(values, "at", 0, 10**9))
        if state.model is not None:
            shape = state.model.own.shape
            own, contexts = array_of(values, "own", shape), array_of(values, "contexts", shape)
            state = replace(state, model=replace(state.model, own=own, contexts=contexts))
        return with_words(state, settings, words)


def vectors_of(state: WordsState) -> Vectors:
    """Return the vectors that a state computes with: from books, or those that are learnt here."""
    if state.model is None:
        return word_vectors.from_books()
    return Vectors(small.WORDS, state.model.own.astype(np.float32))


def with_words(state: WordsState, settings: WordsSettings, words: list[str]) -> WordsState:
    """Return a state with other words a, b and c.

    Raises:
        LessonError: one is no word of small letters, or has no vector.
    """
    cleaned = []
    for word in words:
        small_letters = word.strip().lower() if isinstance(word, str) else ""
        if not WORD.fullmatch(small_letters):
            raise LessonError("Write one English word of up to 20 letters, a to z.")
        if settings.words_as in (BOOKS, HERE):
            vectors_of(state).place(small_letters)
        cleaned.append(small_letters)
    a, b, c = cleaned
    return replace(state, a=a, b=b, c=c)
