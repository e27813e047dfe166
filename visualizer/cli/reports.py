"""The output folder of a technique's command: pictures with their recipe, and a JSON report."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from visualizer.engine.files import write_file
from visualizer.engine.specimen import Specimen

if TYPE_CHECKING:
    from visualizer.engine.network import Network, Stage
    from visualizer.engine.technique import Frame, Settings, Technique


def write_report(
    folder: Path,
    technique: Technique,
    network: Network,
    specimen: Specimen,
    settings: Settings,
    frames: dict[str, Frame],
    facts: dict[str, Any],
) -> dict[str, Any]:
    """Write a PNG a frame and `<technique>.json`; return what the JSON holds.

    A frame whose label is the name of a stage is told together with what is known of the stage.

    Raises:
        SaveError: the folder may not be written to, or the disk is full.
    """
    recipe = technique.provenance(network, specimen, settings)
    stages = {stage.name: stage for stage in network.stages}
    rows = []
    taken: set[str] = set()
    for label, frame in frames.items():
        assert frame.picture is not None
        name = f"{file_name(label)}.png"
        if name.lower() in taken:  # "a/b" after "a_b", or "Conv" after "conv"
            name = f"{len(taken)}-{name}"
        taken.add(name.lower())
        Specimen(frame.picture, label, recipe).save(folder / name)
        known = stage_facts(stages[label]) if label in stages else {"name": label}
        rows.append({**known, **_finite(frame.numbers), "file": name})
    report = {
        "technique": technique.name,
        **facts,
        "network": network.name,
        "network_sha256": network.sha256,
        "settings": settings.to_dict(),
        "stages" if frames.keys() <= stages.keys() else "pictures": rows,
    }
    text = json.dumps(report, indent=2, ensure_ascii=False, allow_nan=False)
    write_file(folder / f"{technique.name}.json", text.encode("utf-8", "backslashreplace"))
    return report


def stage_facts(stage: Stage) -> dict[str, Any]:
    """What is known of a stage without a picture, in plain values."""
    field = stage.receptive_field
    return {
        "name": stage.name,
        "kind": stage.kind,
        "shape": list(stage.shape),
        "inputs": list(stage.inputs),
        "receptive_field": field
        and {"size": list(field.size), "stride": list(field.stride), "start": list(field.start)},
        "parameters": stage.parameters,
        "multiply_adds": stage.multiply_adds,
    }


def file_name(label: str) -> str:
    """A label as a file's name on any system: letters, digits, dots, hyphens, underscores.

    >>> file_name("block1/conv:0")
    'block1_conv_0'
    """
    return re.sub(r"[^\w.-]", "_", label)


def _finite(numbers: Any) -> dict[str, float | None]:
    """JSON has no NaN."""
    return {name: value if math.isfinite(value) else None for name, value in numbers.items()}
