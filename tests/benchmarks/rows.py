"""What a benchmark is: a named function that yields rows, each a number with its bound."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """What to measure and for how long; the numbers of a `quick` look are not to be kept."""

    network: str = "alexnet"
    quick: bool = False

    def times(self, full: int, quick: int) -> int:
        """How often to repeat something."""
        return quick if self.quick else full


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        what: what was measured; for a ratio "this / that".
        value: the number.
        unit: "×" for a ratio, else "ms", "s", "fps", "%", "MB".
        at_most: the largest value that is good enough, or None.
        at_least: the smallest value that is good enough, or None.
    """

    what: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def good(self) -> bool:
        """Whether the value keeps within its bound."""
        if self.at_most is not None and not self.value <= self.at_most:
            return False
        return self.at_least is None or self.value >= self.at_least

    @property
    def bound(self) -> str:
        """The bound in words, or nothing."""
        if self.at_most is not None:
            return f"≤ {self.at_most:g} {self.unit}"
        return f"≥ {self.at_least:g} {self.unit}" if self.at_least is not None else ""

    @property
    def shown(self) -> str:
        """The value as people write it."""
        digits = 0 if abs(self.value) >= 100 else 1 if abs(self.value) >= 10 else 2
        return f"{self.value:,.{digits}f} {self.unit}"


@dataclass(frozen=True)
class Benchmark:
    """A function that measures something, and the topic its rows stand under."""

    topic: str
    name: str
    measure: Callable[[Budget], Iterator[Row]]


BENCHMARKS: list[Benchmark] = []


def benchmark(topic: str) -> Callable[[Callable], Callable]:
    """Register the decorated generator of rows under a topic."""

    def register(function: Callable[[Budget], Iterator[Row]]) -> Callable:
        BENCHMARKS.append(Benchmark(topic, function.__name__, function))
        return function

    return register
