"""What the catalogue says about a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Where = Literal["bundled", "offline", "download", "yours"]

PLACES: dict[Where, str] = {
    "bundled": "Bundled",
    "offline": "Offline",
    "download": "Downloaded",
    "yours": "Yours",
}

IMAGENET = "ImageNet (ILSVRC 2012): 1.28 million photos of 1,000 classes"


@dataclass(frozen=True)
class Entry:
    """One row of the catalogue.

    Attributes:
        name: what to call it on the command line.
        title: what to call it in the window.
        data: what it was trained on.
        input: (height, width, channels).
        classes: how many it tells apart.
        parameters: trained numbers, or None if nobody wrote it down.
        megabytes: size of the file to load, in 10^6 bytes.
        top1: share of validation pictures it names right, 0-1, as published; or None.
        licence: of the weights.
        source: who trained it; paper or page.
        where: "bundled" with the program, "offline" in a package it depends on, to "download", or
            "yours", in the folder of `own_networks`.
        available: whether its file is on this computer now.
    """

    name: str
    title: str
    data: str
    input: tuple[int, int, int]
    classes: int
    parameters: int | None
    megabytes: float
    top1: float | None
    licence: str
    source: str
    where: Where
    available: bool = False

    @property
    def card(self) -> dict[str, Any]:
        """What it tells of its network, in the words of a model card."""
        accuracy = {} if self.top1 is None else {"top1": self.top1, "measured_on": "as published"}
        return {
            "data": self.data,
            "accuracy": accuracy,
            "licence": self.licence,
            "source": self.source,
        }

    @property
    def data_name(self) -> str:
        """What it was trained on, by name alone: "ImageNet"."""
        return self.data.split(":")[0].split(" (")[0]

    @property
    def licence_name(self) -> str:
        """The licence of the weights by its short name: "Apache-2.0"."""
        return self.licence.removeprefix("Weights: ").split(",")[0].split(" (")[0]

    @property
    def place(self) -> str:
        """Where its weights are now, in words."""
        if not self.available:
            return "To download" if self.where == "download" else "Missing"
        return PLACES[self.where]
