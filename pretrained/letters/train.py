"""Trains a network that writes like a book, letter by letter. NumPy; resumable.

    python pretrained/letters/train.py train  ulysses.txt --work build/letters
    python pretrained/letters/train.py export ulysses.txt --work build/letters

The text is *Ulysses* by James Joyce (1922) as Project Gutenberg has it (4300-0.txt). Give the
process one thread of BLAS (`OPENBLAS_NUM_THREADS=1`): it is as fast, and its results are the same
bit for bit wherever the run was interrupted.
"""

from __future__ import annotations

import io
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import cyclopts
import numpy as np

from visualizer.engine.files import write_file
from visualizer.engine.lessons import lstm
from visualizer.engine.lessons.books import plain, read_text, without_frame
from visualizer.engine.lessons.small_weights import restored, rounded
from visualizer.models.checksums import sha256_of

HERE = Path(__file__).parent
CHECKPOINT = "checkpoint.npz"
SAVE_SECONDS = 180.0
SAID_EVERY = 100
RAREST = 20
"""How often a letter must occur to be one of the alphabet."""
SAMPLE = 600
"""Letters of the text that is kept of each pass."""
app = cyclopts.App(name="train.py", help=__doc__)


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights."""

    units: int = 448
    passes: int = 17
    kept_passes: tuple[int, ...] = (1, 2, 4, 8, 17)
    texts: int = 32
    letters: int = 80
    learning_rate: float = 2e-3
    flat: float = 0.3
    dropout: float = 0.25
    held_out: int = 40_000
    seed: int = 1922

    def rate(self, done: float) -> float:
        """The learning rate when a share of the run, in [0, 1], is done: flat, then a line to 0."""
        return self.learning_rate * min(1.0, (1 - done) / (1 - self.flat))


WHOLE = Annotated[Recipe, cyclopts.Parameter(parse=False)]
"""The recipe is changed in this file, where all of it can be seen."""


@dataclass(frozen=True)
class Book:
    """A text as whole numbers, and a part from its middle that is not learnt from."""

    alphabet: str
    learnt: np.ndarray
    held_out: np.ndarray

    @classmethod
    def read(cls, path: Path, held_out: int) -> Book:
        """Read a text file."""
        text, alphabet = plain(without_frame(read_text(path)), RAREST)
        numbers = {letter: number for number, letter in enumerate(alphabet)}
        letters = np.array([numbers[letter] for letter in text], np.uint8)
        middle = len(letters) // 2
        return cls(
            alphabet,
            np.concatenate([letters[:middle], letters[middle + held_out :]]),
            letters[middle : middle + held_out],
        )


class Run:
    """A run as far as it is."""

    def __init__(self, book: Book, recipe: Recipe) -> None:
        self.book, self.recipe = book, recipe
        random = np.random.default_rng(recipe.seed)
        self.vector = lstm.random_weights(len(book.alphabet), recipe.units, random)
        self.weights = lstm.weights_of(self.vector, len(book.alphabet), recipe.units)
        self.adam = lstm.Adam(len(self.vector))
        self.memory = lstm.no_memory(self.weights, recipe.texts)
        self.done = self.batch = 0
        self.loss = self.seconds = 0.0

    def save(self, path: Path) -> None:
        """Write all it takes to go on."""
        file = io.BytesIO()
        np.savez(
            file,
            vector=self.vector,
            mean=self.adam.mean,
            square=self.adam.square,
            units=self.memory.units,
            cells=self.memory.cells,
            whole=[self.done, self.batch, self.adam.updates],
            real=[self.loss, self.seconds],
        )
        write_file(path, file.getvalue())

    def load(self, path: Path) -> None:
        """Go on from a checkpoint."""
        with np.load(path) as file:
            self.vector[:] = file["vector"]
            self.adam.mean[:], self.adam.square[:] = file["mean"], file["square"]
            self.memory = lstm.Memory(file["units"], file["cells"])
            self.done, self.batch, self.adam.updates = (int(each) for each in file["whole"])
            self.loss, self.seconds = (float(each) for each in file["real"])

    def train_pass(self, checkpoint: Path) -> None:
        """Read the rest of the book: `texts` places of it at once, `letters` at a time."""
        recipe = self.recipe
        shift = int(np.random.default_rng((recipe.seed, self.done)).integers(recipe.letters))
        places = (len(self.book.learnt) - 1 - shift) // recipe.texts
        batches = places // recipe.letters
        starts = shift + np.arange(recipe.texts) * places
        saved = began = time.monotonic()
        while self.batch < batches:
            if not self.batch:
                self.memory = lstm.no_memory(self.weights, recipe.texts)
            at = self.batch * recipe.letters + np.arange(recipe.letters + 1)
            letters = self.book.learnt[starts + at[:, None]]
            random = np.random.default_rng((recipe.seed, self.done, self.batch))
            kept = random.random((recipe.letters, recipe.texts, recipe.units), np.float32)
            kept = (kept >= recipe.dropout).astype(np.float32) / np.float32(1 - recipe.dropout)
            result = lstm.gradient(self.weights, self.memory, letters, kept)
            rate = recipe.rate((self.done + self.batch / batches) / recipe.passes)
            self.adam.update(self.vector, result.vector, rate)
            self.memory = result.memory
            self.loss += result.loss
            self.batch += 1
            now = time.monotonic()
            self.seconds, began = self.seconds + now - began, now
            if self.batch % SAID_EVERY == 0:
                print(
                    f"pass {self.done + 1} of {recipe.passes}, batch {self.batch} of {batches}: "
                    f"loss {self.loss / self.batch:.3f}, {self.seconds / self.batch:.2f} s a batch",
                    flush=True,
                )
            if now - saved > SAVE_SECONDS:
                self.save(checkpoint)
                saved = now


def mean_loss(weights: lstm.Weights, letters: np.ndarray) -> float:
    """Return -ln p of the letters of a text, each with all before it, on average, in nats."""
    places = (len(letters) - 1) // 20
    columns = letters[np.arange(20) * places + np.arange(places + 1)[:, None]]
    memory, total, parts = lstm.no_memory(weights, 20), 0.0, range(0, places, 100)
    for start in parts:
        part = lstm.gradient(weights, memory, columns[start : start + 101])
        memory, total = part.memory, total + part.loss * (len(columns[start : start + 101]) - 1)
    return total / places


def write(weights: lstm.Weights, alphabet: str, count: int, seed: int) -> str:
    """Return a text that the network writes, at temperature 0.8, after a full stop."""
    random = np.random.default_rng(seed)
    memory, text = lstm.no_memory(weights), ""
    for letter in ".\n\n":
        memory = lstm.read(weights, memory, alphabet.index(letter))
    for _ in range(count):
        chances = lstm.probabilities(lstm.logits(weights, memory), 0.8)
        text += alphabet[random.choice(len(alphabet), p=chances)]
        memory = lstm.read(weights, memory, alphabet.index(text[-1]))
    return text


@app.command
def train(text: Path, *, work: Path, recipe: WHOLE = Recipe()) -> None:
    """Train, or go on from the checkpoint in WORK, which is at most some minutes old."""
    work.mkdir(parents=True, exist_ok=True)
    book, checkpoint = Book.read(text, recipe.held_out), work / CHECKPOINT
    run = Run(book, recipe)
    if checkpoint.exists():
        run.load(checkpoint)
    kinds, weights = len(book.alphabet), len(run.vector)
    print(f"{len(book.learnt):,} letters of {kinds} kinds, {weights:,} weights")
    while run.done < recipe.passes:
        run.train_pass(checkpoint)
        run.done += 1
        row = {
            "pass": run.done,
            "loss": round(run.loss / run.batch, 4),
            "held_out": round(mean_loss(run.weights, book.held_out), 4),
            "text": write(run.weights, book.alphabet, SAMPLE, recipe.seed),
            "minutes": round(run.seconds / 60, 2),
        }
        run.batch, run.loss, run.seconds = 0, 0.0, 0.0
        if run.done in recipe.kept_passes:
            np.save(work / f"pass-{run.done}.npy", run.vector)
        with (work / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(row) + "\n")
        run.save(checkpoint)
        print(row, flush=True)


@app.command
def export(text: Path, *, work: Path, out: Path = HERE, recipe: WHOLE = Recipe()) -> None:
    """Write the weights of the kept passes, rounded, and the card with the texts of all passes."""
    book = Book.read(text, recipe.held_out)
    arrays, as_shipped = {"alphabet": np.array(list(book.alphabet))}, {}
    for number in recipe.kept_passes:
        vector = np.load(work / f"pass-{number}.npy")
        weights = lstm.weights_of(vector, len(book.alphabet), recipe.units)
        for name, array in weights._asdict().items():
            if array.ndim == 1:
                arrays[f"{number}/{name}"] = array.astype(np.float16)
                array[:] = array.astype(np.float16)
            else:
                whole, scales = rounded(array)
                arrays[f"{number}/{name}"], arrays[f"{number}/{name}/scales"] = whole, scales
                array[:] = restored(whole, scales)
        as_shipped[str(number)] = round(mean_loss(weights, book.held_out), 4)
    out.mkdir(parents=True, exist_ok=True)
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    write_file(out / "letters.npz", file.getvalue())
    rows = [json.loads(line) for line in (work / "log.jsonl").read_text("utf-8").splitlines()]
    passes = list({row["pass"]: row for row in rows}.values())
    card = {
        "name": "letters",
        "title": "A network that writes like Ulysses",
        "data": f"Ulysses by James Joyce (1922): {len(book.learnt):,} letters to learn from, "
        f"{len(book.held_out):,} from the middle kept aside",
        "recipe": asdict(recipe),
        "command": "python pretrained/letters/train.py train ulysses.txt --work build/letters"
        " && python pretrained/letters/train.py export ulysses.txt --work build/letters",
        "seed": recipe.seed,
        "held_out_nats": as_shipped,
        "measured_on": "the letters kept aside, weights as shipped (8 bits); without rounding in"
        " `passes`",
        "passes": passes,
        "licence": "Weights: CC0-1.0, by this project. Text: public domain in the United States"
        " and in the European Union; none of it is included.",
        "source": "Project Gutenberg, eBook 4300, produced by Col Choat and David Widger",
        "paper": "Karpathy 2015, The Unreasonable Effectiveness of Recurrent Neural Networks;"
        " Hochreiter & Schmidhuber 1997, Long Short-Term Memory",
        "parameters": int(lstm.size_of(len(book.alphabet), recipe.units)),
        "sha256": sha256_of(out / "letters.npz"),
    }
    text_of_card = json.dumps(card, indent=2, ensure_ascii=False) + "\n"
    write_file(out / "card.json", text_of_card.encode())


if __name__ == "__main__":
    app()
