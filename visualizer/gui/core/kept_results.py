"""The newest results of a network, so that what was on show already is shown again at once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from visualizer.engine.network import Network

MOST = 24


class KeptResults:
    """At most `MOST` results by a key; those that were asked for last stay."""

    def __init__(self) -> None:
        self._results: OrderedDict[Hashable, Any] = OrderedDict()

    @classmethod
    def of(cls, network: Network, owner: type) -> KeptResults:
        """Those that an owner keeps of a network: freed with it, or when its weights change."""
        return network.cached((cls, owner), cls, of_weights=True)

    def find(self, key: Hashable) -> Any:
        """What was kept under a key, or None."""
        if key in self._results:
            self._results.move_to_end(key)
        return self._results.get(key)

    def keep(self, key: Hashable, result: Any) -> None:
        """Keep a result in place of the one that was asked for longest ago."""
        self._results[key] = result
        self._results.move_to_end(key)
        while len(self._results) > MOST:
            self._results.popitem(last=False)
