"""Trains vectors of English words on books. NumPy and SciPy; resumable.

    python pretrained/words/train.py train  books/ --work build/words
    python pretrained/words/train.py export --work build/words

The folder holds books as plain text files (`*.txt`), from Project Gutenberg for instance, whose
licence before and after a book is left out. Give the process one thread of BLAS
(`OPENBLAS_NUM_THREADS=1`): its results are then the same bit for bit wherever it was interrupted.

It is skip-gram with negative sampling (Mikolov et al. 2013). Where the original goes from pair to
pair, here a few thousand words of text are one step: all pairs in it at once, and all of them with
the same random words for contrast, so that most of it is multiplying matrices.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import cyclopts
import numpy as np
from scipy.sparse import csr_array

from visualizer.engine.files import write_file
from visualizer.engine.lessons.books import PLAIN, read_text, without_frame
from visualizer.engine.lessons.small_weights import restored, rounded
from visualizer.models.checksums import sha256_of

HERE = Path(__file__).parent
CHECKPOINT = "checkpoint.npz"
SAVE_SECONDS = 180.0
SAID_EVERY = 1000
WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
QUESTIONS = (
    ("man", "king", "woman", "queen"),
    ("man", "father", "woman", "mother"),
    ("man", "husband", "woman", "wife"),
    ("man", "uncle", "woman", "aunt"),
    ("man", "actor", "woman", "actress"),
    ("boy", "brother", "girl", "sister"),
    ("he", "himself", "she", "herself"),
    ("prince", "princess", "duke", "duchess"),
    ("england", "london", "france", "paris"),
    ("france", "paris", "italy", "rome"),
    ("england", "english", "france", "french"),
    ("france", "french", "germany", "german"),
    ("good", "better", "bad", "worse"),
    ("good", "best", "bad", "worst"),
    ("large", "larger", "small", "smaller"),
    ("walk", "walked", "look", "looked"),
    ("walk", "walking", "run", "running"),
    ("go", "went", "come", "came"),
    ("dog", "dogs", "cat", "cats"),
    ("man", "men", "woman", "women"),
)
"""a is to b as c is to d: what the card counts."""
app = cyclopts.App(name="train.py", help=__doc__)


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the vectors.

    Attributes:
        words: how many of the most frequent get a vector; others are left out of the text.
        numbers: of a vector.
        reach: words to each side that may be in a pair; how many are is drawn for each word.
        contrasts: random words that a pair counts for.
        shared: random words of a step.
        step: words of text a step.
        frequent: words that make up more of the text than this are thinned out.
        learning_rate: at the start; it falls to 0 in a line.
    """

    words: int = 10_000
    numbers: int = 100
    reach: int = 6
    contrasts: int = 5
    shared: int = 256
    step: int = 2048
    frequent: float = 1e-4
    passes: int = 3
    learning_rate: float = 0.4
    seed: int = 2013


WHOLE = Annotated[Recipe, cyclopts.Parameter(parse=False)]
"""The recipe is changed in this file, where all of it can be seen."""


def words_of(path: Path) -> list[str]:
    """Return the words of a book, in small letters."""
    return WORD.findall(without_frame(read_text(path)).translate(PLAIN).lower())


@dataclass(frozen=True)
class Library:
    """All books as one row of whole numbers; the most frequent word is 0."""

    vocabulary: tuple[str, ...]
    counts: np.ndarray
    text: np.ndarray
    books: int
    sha256: str

    @classmethod
    def read(cls, folder: Path, most: int) -> Library:
        """Read the text files of a folder, in an order that mixes authors, always the same."""
        numbers: dict[str, int] = {}
        parts, counts, digest = [], Counter(), hashlib.sha256()
        files = sorted(
            folder.glob("*.txt"), key=lambda path: hashlib.sha256(path.name.encode()).digest()
        )
        for path in files:
            words = words_of(path)
            digest.update(" ".join(words).encode())
            counts.update(words)
            numbered = (numbers.setdefault(word, len(numbers)) for word in words)
            parts.append(np.fromiter(numbered, np.int32, len(words)))
        vocabulary = sorted(counts, key=lambda word: (-counts[word], word))[:most]
        new = np.full(len(numbers), -1, np.int16)
        for place, word in enumerate(vocabulary):
            new[numbers[word]] = place
        text = new[np.concatenate(parts)]
        return cls(
            tuple(vocabulary),
            np.array([counts[word] for word in vocabulary]),
            text[text >= 0],
            len(files),
            digest.hexdigest(),
        )

    def save(self, path: Path) -> None:
        """Keep it, as reading takes minutes."""
        file = io.BytesIO()
        about = np.array([str(self.books), self.sha256])
        words = np.array(self.vocabulary)
        np.savez(file, words=words, counts=self.counts, text=self.text, about=about)
        write_file(path, file.getvalue())

    @classmethod
    def kept(cls, path: Path) -> Library:
        """Read what `save` has kept."""
        with np.load(path) as file:
            books, sha256 = file["about"].tolist()
            words = tuple(file["words"].tolist())
            return cls(words, file["counts"], file["text"], int(books), sha256)


class Run:
    """A run as far as it is."""

    def __init__(self, library: Library, recipe: Recipe) -> None:
        self.library, self.recipe = library, recipe
        random = np.random.default_rng(recipe.seed)
        shape = len(library.vocabulary), recipe.numbers
        self.own = Table((random.random(shape, np.float32) - 0.5) / recipe.numbers)
        self.contexts = Table(np.zeros(shape, np.float32))
        self.done = self.at = 0
        shares = library.counts / library.counts.sum()
        self.kept = np.minimum(1, np.sqrt(recipe.frequent / shares)).astype(np.float32)
        self.chances = np.cumsum(library.counts**0.75 / (library.counts**0.75).sum())

    def save(self, path: Path) -> None:
        """Write all it takes to go on."""
        file = io.BytesIO()
        np.savez(
            file,
            own=self.own.vectors,
            own_squares=self.own.squares,
            contexts=self.contexts.vectors,
            contexts_squares=self.contexts.squares,
            whole=[self.done, self.at],
        )
        write_file(path, file.getvalue())

    def load(self, path: Path) -> None:
        """Go on from a checkpoint."""
        with np.load(path) as file:
            self.own.vectors, self.own.squares = file["own"], file["own_squares"]
            self.contexts.vectors = file["contexts"]
            self.contexts.squares = file["contexts_squares"]
            self.done, self.at = (int(each) for each in file["whole"])

    def steps(self) -> Iterator[tuple[np.ndarray, np.random.Generator]]:
        """Yield the rest of a pass, thinned out: words of a step, and its random numbers."""
        recipe, text = self.recipe, self.library.text
        while self.at < len(text):
            random = np.random.default_rng((recipe.seed, self.done, self.at))
            part = text[self.at : self.at + 2 * recipe.step].astype(np.int32)
            yield part[random.random(len(part), np.float32) < self.kept[part]], random
            self.at += 2 * recipe.step

    def train_pass(self, checkpoint: Path) -> None:
        """Go through the rest of the text once."""
        recipe = self.recipe
        whole = recipe.passes * len(self.library.text)
        saved, losses = time.monotonic(), []
        for words, random in self.steps():
            if len(words) > 2 * recipe.reach:
                share = (self.done * len(self.library.text) + self.at) / whole
                losses.append(self.step(words, random, recipe.learning_rate * (1 - share)))
            if len(losses) == SAID_EVERY:
                print(f"{share:.2%}: loss {np.mean(losses):.4f}", flush=True)
                losses.clear()
            if time.monotonic() - saved > SAVE_SECONDS:
                self.at += 2 * recipe.step  # this step is taken
                self.save(checkpoint)
                self.at -= 2 * recipe.step
                saved = time.monotonic()

    def step(self, words: np.ndarray, random: np.random.Generator, rate: float) -> float:
        """Learn from all pairs of some words of text; gives the mean loss of a pair."""
        recipe, count = self.recipe, len(words)
        own, around = self.own.vectors[words], self.contexts.vectors[words]
        by_own, by_around = np.zeros_like(own), np.zeros_like(around)
        reaches = random.integers(1, recipe.reach + 1, count)
        pairs, loss = np.zeros(count, np.float32), 0.0
        for apart in range(1, recipe.reach + 1):
            for first, second in ((slice(apart, None), slice(None, -apart)),
                                  (slice(None, -apart), slice(apart, None))):  # fmt: skip
                within = (reaches[first] >= apart).astype(np.float32)
                scores = np.einsum("nd,nd->n", own[first], around[second])
                chance = logistic(scores)
                loss -= float(within @ np.log(chance + 1e-9))
                slope = (within * (1 - chance))[:, None]
                by_own[first] += slope * around[second]
                by_around[second] += slope * own[first]
                pairs[first] += within
        others = np.searchsorted(self.chances, random.random(recipe.shared))
        others = np.minimum(others, len(self.chances) - 1)
        table = self.contexts.vectors[others]
        chance = logistic(own @ table.T)
        weight = pairs[:, None] * np.float32(recipe.contrasts / recipe.shared)
        loss -= float((weight * np.log(1 - chance + 1e-9)).sum())
        chance *= -weight
        by_own += chance @ table
        self.own.add(words, by_own, rate)
        rows, changes = np.append(words, others), np.vstack([by_around, chance.T @ own])
        self.contexts.add(rows, changes, rate)
        return loss / float(pairs.sum())


class Table:
    """Vectors that learn by AdaGrad (Duchi et al. 2011): the more a number was moved, the less."""

    def __init__(self, vectors: np.ndarray) -> None:
        self.vectors = vectors
        self.squares = np.ones_like(vectors)

    def add(self, rows: np.ndarray, changes: np.ndarray, rate: float) -> None:
        """Move rows, each by the sum of its changes."""
        distinct, place = np.unique(rows, return_inverse=True)
        ones = np.ones(len(rows), np.float32)
        gather = csr_array((ones, (place, np.arange(len(rows)))), (len(distinct), len(rows)))
        change = gather @ changes
        self.squares[distinct] += change**2
        self.vectors[distinct] += np.float32(rate) * change / np.sqrt(self.squares[distinct])


def logistic(scores: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-scores))."""
    return 0.5 + 0.5 * np.tanh(0.5 * scores)


def unit(vectors: np.ndarray) -> np.ndarray:
    """Return rows of length 1."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def right_answers(vectors: np.ndarray, words: tuple[str, ...]) -> list[str]:
    """Return the questions whose answer is the nearest word to b - a + c, as text."""
    place, right = {word: number for number, word in enumerate(words)}, []
    vectors = unit(vectors)
    for question in QUESTIONS:
        if all(word in place for word in question):
            a, b, c, d = (place[word] for word in question)
            near = vectors @ (vectors[b] - vectors[a] + vectors[c])
            near[[a, b, c]] = -np.inf
            if int(near.argmax()) == d:
                right.append("{} : {} = {} : {}".format(*question))
    return right


@app.command
def train(folder: Path, *, work: Path, recipe: WHOLE = Recipe()) -> None:
    """Train, or go on from the checkpoint in WORK, which is at most some minutes old."""
    work.mkdir(parents=True, exist_ok=True)
    if not (work / "library.npz").exists():
        Library.read(folder, recipe.words).save(work / "library.npz")
    library, checkpoint = Library.kept(work / "library.npz"), work / CHECKPOINT
    kinds = len(library.vocabulary)
    print(f"{library.books} books, {len(library.text):,} words of {kinds:,} kinds")
    run = Run(library, recipe)
    if checkpoint.exists():
        run.load(checkpoint)
    while run.done < recipe.passes:
        run.train_pass(checkpoint)
        run.done, run.at = run.done + 1, 0
        run.save(checkpoint)
        right = right_answers(run.own.vectors, library.vocabulary)
        print(f"pass {run.done}: {len(right)} of {len(QUESTIONS)} questions right", flush=True)


@app.command
def export(*, work: Path, out: Path = HERE, recipe: WHOLE = Recipe()) -> None:
    """Write the vectors, of length 1 and in 8 bits, and their card."""
    library = Library.kept(work / "library.npz")
    run = Run(library, recipe)
    run.load(work / CHECKPOINT)
    centred = unit(run.own.vectors)
    whole, scales = rounded(unit(centred - centred.mean(0)))  # what all share says nothing
    out.mkdir(parents=True, exist_ok=True)
    file = io.BytesIO()
    np.savez_compressed(file, words=np.array(library.vocabulary), vectors=whole, scales=scales)
    write_file(out / "words.npz", file.getvalue())
    right = right_answers(restored(whole, scales), library.vocabulary)
    card = {
        "name": "words",
        "title": "English words as vectors",
        "data": f"{library.books:,} English books of the public domain, "
        f"{len(library.text):,} words of them",
        "recipe": asdict(recipe),
        "command": "python pretrained/words/train.py train books/ --work build/words"
        " && python pretrained/words/train.py export --work build/words",
        "seed": recipe.seed,
        "questions": {"asked": len(QUESTIONS), "right": right},
        "measured_on": "a : b = c : d, vectors as shipped (8 bits)",
        "licence": "Vectors: CC0-1.0, by this project. Books: public domain in the United States;"
        " none of their text is included.",
        "source": "Project Gutenberg; novels, tales, plays, letters and histories by some sixty"
        " authors of the public domain and their translators, from Homer and Shakespeare to Twain"
        " and Conrad; the texts as collected in github.com/rcdm-uga/Gutenberg_Text",
        "paper": "Mikolov, Sutskever, Chen, Corrado & Dean 2013, Distributed Representations of"
        " Words and Phrases and their Compositionality",
        "text_sha256": library.sha256,
        "sha256": sha256_of(out / "words.npz"),
    }
    write_file(out / "card.json", (json.dumps(card, indent=2) + "\n").encode())
    print(f"{len(right)} of {len(QUESTIONS)} questions right")


if __name__ == "__main__":
    app()
