"""Compositional pattern-producing networks: a picture as a formula of its pixels' coordinates.

Stanley 2007, "Compositional pattern producing networks: A novel abstraction of development".
Genomes change as in NEAT (Stanley & Miikkulainen 2002): weights are disturbed, connections come
and go, nodes split connections. A node keeps its key for life and in all its descendants, so two
genomes are aligned by common descent; no list of innovations is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from visualizer.engine.errors import UserError

INPUTS = ("x", "y", "distance", "bias")
"""Nodes 0 to 3. x and y run from -1 to 1 along the shorter side, `distance` is from the centre."""
FIRST_OUTPUT = len(INPUTS)
MOST_NODES, MOST_CONNECTIONS = 200, 1000
"""Larger genomes are not bred, and not read from files."""
WEIGHT_LIMIT = 30.0


def _clipped(x: np.ndarray, scale: float, limit: float) -> np.ndarray:
    y = x * x.dtype.type(scale)
    return np.maximum(np.minimum(y, limit, out=y), -limit, out=y)  # np.clip takes twice as long


def _sigmoid(x: np.ndarray) -> np.ndarray:
    y = _clipped(x, -5, 60)
    np.exp(y, out=y)
    y += 1
    return np.reciprocal(y, out=y)


def _sine(x: np.ndarray) -> np.ndarray:
    y = _clipped(x, 5, 60)
    return np.sin(y, out=y)


def _gaussian(x: np.ndarray) -> np.ndarray:
    y = _clipped(x, 1, 3.4)
    y *= y
    y *= -5
    return np.exp(y, out=y)


def _tanh(x: np.ndarray) -> np.ndarray:
    y = _clipped(x, 2.5, 60)
    return np.tanh(y, out=y)


FUNCTIONS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "sine": _sine,
    "sigmoid": _sigmoid,
    "gaussian": _gaussian,
    "linear": lambda x: x,
    "absolute": np.abs,
    "tanh": _tanh,
}
"""The activation functions, with the slopes and clips of neat-python (`sin`, `sigmoid`, `gauss`,
`identity`, `abs` and `tanh` there)."""
_NAMES = tuple(FUNCTIONS)


@dataclass(frozen=True)
class Node:
    """A node that is no input: function(bias + sum of weight x value of what feeds it)."""

    function: str
    bias: float


@dataclass(frozen=True, eq=False)
class Genome:
    """A CPPN without cycles.

    Attributes:
        outputs: how many there are: 1 for grey, 3 for hue, saturation and value. Their nodes have
            the keys `FIRST_OUTPUT` onwards.
        nodes: every node but the inputs, by key.
        weights: of the connections, by (from, to).
    """

    outputs: int
    nodes: Mapping[int, Node]
    weights: Mapping[tuple[int, int], float]

    def order(self) -> list[int]:
        """The nodes that the outputs depend on, each after those that feed it."""
        feeding: dict[int, list[int]] = {key: [] for key in self.nodes}
        for source, target in self.weights:
            feeding[target].append(source)
        done: list[int] = []
        seen = set(range(len(INPUTS)))
        for output in range(FIRST_OUTPUT, FIRST_OUTPUT + self.outputs):
            stack = [(output, iter(feeding[output]))]
            seen.add(output)
            while stack:
                key, sources = stack[-1]
                following = next((s for s in sources if s not in seen), None)
                if following is None:
                    done.append(key)
                    stack.pop()
                else:
                    seen.add(following)
                    stack.append((following, iter(feeding[following])))
        return done

    def to_dict(self) -> dict[str, Any]:
        """Plain values that JSON can hold; `from_dict` gives the same genome."""
        return {
            "outputs": self.outputs,
            "nodes": [[key, node.function, node.bias] for key, node in self.nodes.items()],
            "connections": [[*key, weight] for key, weight in self.weights.items()],
        }

    @classmethod
    def from_dict(cls, values: Any) -> Genome:
        """The genome in a mapping from a file of a stranger.

        Raises:
            UserError: it is none, too large, or has a cycle.
        """
        try:
            return cls._read(values)
        except (TypeError, ValueError, KeyError, OverflowError) as error:
            raise UserError(
                f"This is not a CPPN that can be drawn ({error}); take a picture that "
                "“visualizer evolve” has made."
            ) from None

    @classmethod
    def _read(cls, values: Any) -> Genome:
        outputs, nodes, connections = values["outputs"], values["nodes"], values["connections"]
        if outputs not in (1, 3) or isinstance(outputs, bool | float):
            raise ValueError("it has 1 or 3 outputs")
        if not isinstance(nodes, list) or not isinstance(connections, list):
            raise ValueError("nodes and connections are lists")
        if len(nodes) > MOST_NODES or len(connections) > MOST_CONNECTIONS:
            raise ValueError("it is too large")
        read = {_key(key): Node(_known(function), _number(bias)) for key, function, bias in nodes}
        weights = {(_key(a), _key(b)): _number(weight) for a, b, weight in connections}
        if any(key in read for key in range(len(INPUTS))):
            raise ValueError("an input is no node")
        if any(key not in read for key in range(FIRST_OUTPUT, FIRST_OUTPUT + outputs)):
            raise ValueError("an output is missing")
        for a, b in weights:
            if b not in read or (a not in read and a >= len(INPUTS)):
                raise ValueError("a connection goes nowhere")
        if has_cycle(read, weights):
            raise ValueError("it has a cycle")
        return cls(outputs, read, weights)


def _key(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
        raise ValueError("a key is a whole number")
    return value


def _known(name: Any) -> str:
    if name not in _NAMES:
        raise ValueError("an unknown function")
    return str(name)


def _number(value: Any) -> float:
    number = float(value)
    if not abs(number) <= WEIGHT_LIMIT:  # NaN too
        raise ValueError("a weight out of range")
    return number


def has_cycle(nodes: Iterable[int], weights: Iterable[tuple[int, int]]) -> bool:
    """Kahn's algorithm: whether nodes are left that all wait for each other."""
    waiting = dict.fromkeys(nodes, 0)
    following: dict[int, list[int]] = {key: [] for key in waiting}
    for a, b in weights:
        if a in waiting:
            waiting[b] += 1
            following[a].append(b)
    ready = [key for key, count in waiting.items() if count == 0]
    left = len(waiting)
    while ready:
        left -= 1
        for key in following[ready.pop()]:
            waiting[key] -= 1
            if waiting[key] == 0:
                ready.append(key)
    return left > 0


@dataclass(frozen=True)
class CPPNRates:
    """How genomes begin and change.

    Attributes:
        hidden: at most this many hidden nodes at the start.
        crossover: the share of children with two parents.
        add_node, add_connection, remove_node, remove_connection, change_function: probabilities a
            child, at full strength.
        weight: the probability that a weight or bias is disturbed, at full strength.
        weight_power: standard deviation of a disturbance at full strength.
        random_rate: every child has a strength of its own, drawn log-uniformly from [0.05, 1], by
            which all these are multiplied; else it is 1.
    """

    hidden: int = 12
    crossover: float = 0.6
    add_node: float = 0.2
    add_connection: float = 0.3
    remove_node: float = 0.1
    remove_connection: float = 0.1
    change_function: float = 0.2
    weight: float = 0.8
    weight_power: float = 0.6
    random_rate: bool = True


PAPER_RATES = CPPNRates(
    hidden=0,
    crossover=0.0,
    add_node=0.09,
    add_connection=0.08,
    remove_node=0.05,
    remove_connection=0.07,
    change_function=0.1,
    weight=0.1,
    weight_power=1.0,
    random_rate=False,
)
"""Close to the settings of Nguyen, Yosinski & Clune 2015, appendix."""


def random_genome(rng: np.random.Generator, outputs: int, rates: CPPNRates) -> Genome:
    """A genome with up to `rates.hidden` hidden nodes, each fed by some of those before it."""
    hidden = [_new_key(rng) for _ in range(int(rng.integers(0, rates.hidden + 1)))]
    ends = range(FIRST_OUTPUT, FIRST_OUTPUT + outputs)
    nodes, weights = {}, {}
    sources = list(range(len(INPUTS)))
    for key in hidden:
        nodes[key] = _random_node(rng)
        count = int(rng.integers(1, 4))
        for at in rng.choice(len(sources), min(count, len(sources)), replace=False):
            weights[sources[at], key] = float(rng.normal())
        sources.append(key)
    for key in ends:
        nodes[key] = _random_node(rng)
        inner = sources[len(INPUTS) :]
        pool = inner if len(inner) >= 2 else sources
        count = int(rng.integers(1, 4))
        for at in rng.choice(len(pool), min(count, len(pool)), replace=False):
            weights[pool[at], key] = float(rng.normal())
    return Genome(outputs, nodes, weights)


def _new_key(rng: np.random.Generator) -> int:
    return int(rng.integers(2**20, 2**53))


def _random_node(rng: np.random.Generator) -> Node:
    return Node(_NAMES[rng.integers(len(_NAMES))], float(rng.normal(0, 0.5)))


def crossover(first: Genome, second: Genome, rng: np.random.Generator) -> Genome:
    """A genome of the structure of `first`; genes that both have come from either (NEAT)."""
    nodes = {
        key: second.nodes[key] if key in second.nodes and rng.random() < 0.5 else node
        for key, node in first.nodes.items()
    }
    weights = {
        key: second.weights[key] if key in second.weights and rng.random() < 0.5 else weight
        for key, weight in first.weights.items()
    }
    return Genome(first.outputs, nodes, weights)


def mutate(genome: Genome, rng: np.random.Generator, rates: CPPNRates) -> Genome:
    """A changed copy; at least one number of it is different."""
    strength = float(np.exp(rng.uniform(np.log(0.05), 0))) if rates.random_rate else 1.0
    nodes, weights = dict(genome.nodes), dict(genome.weights)
    hidden = [key for key in nodes if key >= FIRST_OUTPUT + genome.outputs]
    if rng.random() < rates.remove_node * strength and hidden:
        gone = hidden[rng.integers(len(hidden))]
        del nodes[gone]
        weights = {pair: w for pair, w in weights.items() if gone not in pair}
    if rng.random() < rates.remove_connection * strength and len(weights) > 1:
        del weights[list(weights)[rng.integers(len(weights))]]
    if rng.random() < rates.add_node * strength and weights and len(nodes) < MOST_NODES:
        pair = list(weights)[rng.integers(len(weights))]
        key = _new_key(rng)
        # As in NEAT the new node does little at first: linear in the middle of its range.
        nodes[key] = Node(_NAMES[rng.integers(len(_NAMES))], 0.0)
        weights[pair[0], key], weights[key, pair[1]] = 1.0, weights.pop(pair)
    if rng.random() < rates.add_connection * strength and len(weights) < MOST_CONNECTIONS:
        _add_connection(nodes, weights, genome.outputs, rng)
    if rng.random() < rates.change_function * strength:
        key = list(nodes)[rng.integers(len(nodes))]
        nodes[key] = replace(nodes[key], function=_NAMES[rng.integers(len(_NAMES))])
    _disturb(nodes, weights, rng, rates, strength)
    return Genome(genome.outputs, nodes, weights)


def _add_connection(
    nodes: Mapping[int, Node],
    weights: dict[tuple[int, int], float],
    outputs: int,
    rng: np.random.Generator,
) -> None:
    ends = range(FIRST_OUTPUT, FIRST_OUTPUT + outputs)
    sources = [*range(len(INPUTS)), *(key for key in nodes if key not in ends)]
    targets = list(nodes)
    for _ in range(10):
        pair = sources[rng.integers(len(sources))], targets[rng.integers(len(targets))]
        if pair not in weights and not has_cycle(nodes, [*weights, pair]):
            weights[pair] = float(rng.normal())
            return


def _disturb(
    nodes: dict[int, Node],
    weights: dict[tuple[int, int], float],
    rng: np.random.Generator,
    rates: CPPNRates,
    strength: float,
) -> None:
    """Add normal noise to some weights and biases, at least to one."""
    count = len(weights) + len(nodes)
    chosen = rng.random(count) < rates.weight * strength
    chosen[rng.integers(count)] = True
    noise = rng.normal(0, rates.weight_power * strength, count)
    for at, pair in enumerate(list(weights)):
        if chosen[at]:
            weights[pair] = _within(weights[pair] + noise[at])
    for at, key in enumerate(list(nodes), start=len(weights)):
        if chosen[at]:
            nodes[key] = replace(nodes[key], bias=_within(nodes[key].bias + noise[at]))


def _within(value: float) -> float:
    return float(max(-WEIGHT_LIMIT, min(value, WEIGHT_LIMIT)))
