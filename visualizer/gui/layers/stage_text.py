"""The words and numbers of a stage that the pages of resources/explanations are filled with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from visualizer.engine.network import Network, Stage

OTHER_NAMES = {"swish": "silu", "hard_swish": "hard_silu", "leakyrelu": "leaky_relu"}
"""Keras has several names for some activation functions."""


def words(network: Network, stage: Stage, functions: Mapping[str, str]) -> dict[str, str]:
    """Give every word a page may use; `functions` is the page of activation functions."""
    sources = [network.stage(name) for name in stage.inputs]
    names = [source.name for source in sources] or ["the picture"]
    height, width = stage.shape[:2] if stage.spatial else (1, 1)
    kernel = _pair(stage.kernel_size)
    down, right = _pair(stage.strides)
    weights = (*kernel, kernel_depth(network, stage))
    function, sentence = _function_words(stage, functions)
    averages = "Average" in stage.layer_class
    return {
        "name": stage.name,
        "units": f"{stage.units:,}",
        "height": f"{height:,}",
        "width": f"{width:,}",
        "shape": times(stage.shape),
        "values": f"{prod(stage.shape):,}",
        "before": times(sources[0].shape[:-1]) if sources else "",
        "inputs_count": f"{prod(sources[0].shape):,}" if sources else "",
        "source": _source(sources),
        "source_name": names[0],
        "sources": " and ".join(names),
        "kernel": times(kernel),
        "kernel_depth": times(weights),
        "weights_each": f"{prod(weights):,}",
        "stride_words": _stride_words(down, right),
        "i": "i" if down == 1 else f"{down}i",
        "j": "j" if right == 1 else f"{right}j",
        "parameters": f"{stage.parameters:,}",
        "parameters_share": share(stage.parameters, sum(s.parameters for s in network.stages)),
        "f_open": f"{function}( " if function else "",
        "f_close": " )" if function else "",
        "function_sentence": sentence,
        "kept": "mean" if averages else "largest number",
        "reduction": "mean" if averages else "max",
        "sees_sentence": _sees_sentence(network, stage),
        "early_patterns": _colour(network, "edges and patches of colour", "edges and strokes"),
        "colour_sentence": _colour(
            network,
            "Every pixel is three numbers between 0 and 1: red, green and blue.",
            "Every pixel is one number between 0 (black) and 1 (white): no colour gets through.",
        ),
    }


def facts(network: Network, stage: Stage) -> tuple[tuple[str, str], ...]:
    """List the numbers of a stage as (name, value) rows; what does not apply is left out."""
    rows = [("Output", times(stage.shape))]
    if stage.kernel_size:
        if stage.kind == "convolution":
            rows.append(("Filter", times((*stage.kernel_size, kernel_depth(network, stage)))))
        else:
            name = "Window" if stage.kind == "pooling" else "Filter"
            rows.append((name, times(stage.kernel_size)))
    if stage.strides:
        down, right = stage.strides
        rows.append(("Stride", str(down) if down == right else times(stage.strides)))
    if stage.padding:
        rows.append(("Padding", {"valid": "none (valid)"}.get(stage.padding, stage.padding)))
    if stage.kind != "input":
        parameters = sum(each.parameters for each in network.stages)
        work = sum(each.multiply_adds for each in network.stages)
        rows.append(("Parameters", _with_share(stage.parameters, parameters)))
        rows.append(("Multiply-adds", _with_share(stage.multiply_adds, work)))
        size = stage.receptive_field.size
        if _sees_all(network, size):
            rows.append(("Receptive field", "the whole picture"))
        else:
            rows.append(("Receptive field", f"{times(size)} pixels"))
    return tuple(rows)


def times(numbers: Sequence[int]) -> str:
    """Write a shape: (5, 5, 64) as "5 × 5 × 64"."""
    return " × ".join(f"{number:,}" for number in numbers)


def share(count: int, total: int) -> str:
    """Write count / total as a percentage with the digits that mean something."""
    percent = 100 * count / total if total else 0.0
    if 0 < percent < 0.1:
        return "under 0.1%"
    return f"{percent:.1f}%" if percent < 10 else f"{percent:.0f}%"


def function_of(stage: Stage) -> str:
    """Name the activation function of a stage as the page of functions does; "linear" for none."""
    name = (stage.activation or "linear").lower()
    return OTHER_NAMES.get(name, name)


def kernel_depth(network: Network, stage: Stage) -> int:
    """Count the channels one filter looks at: fewer than there are if they come in groups."""
    if stage.kind != "convolution" or not stage.inputs or not stage.kernel_size:
        return 1
    channels = network.stage(stage.inputs[0]).units
    fitting = stage.parameters // (prod(stage.kernel_size) * stage.units)
    return channels if channels <= fitting else max(1, fitting)


def _function_words(stage: Stage, functions: Mapping[str, str]) -> tuple[str, str]:
    """Give the function's name on screen and a sentence about it."""
    name = function_of(stage)
    if name == "linear" and stage.kind not in ("convolution", "depthwise", "dense"):
        return "", ""
    if name not in functions:
        return name, f"The sum then goes through the function “{name}”."
    shown, _, sentence = functions[name].partition("\n")
    return ("" if shown == "-" else shown), sentence


def _source(sources: Sequence[Stage]) -> str:
    if not sources or sources[0].kind == "input":
        return "the picture"
    source = sources[0]
    return f"{source.name} ({source.units:,} channels)" if source.spatial else source.name


def _stride_words(down: int, right: int) -> str:
    if down == right:
        return "step by step" if down == 1 else f"in steps of {down}"
    return f"in steps of {down} down and {right} across"


def _sees_all(network: Network, size: Sequence[int]) -> bool:
    return all(seen >= side for seen, side in zip(size, network.size, strict=True))


def _sees_sentence(network: Network, stage: Stage) -> str:
    if not stage.spatial:
        return ""
    size = stage.receptive_field.size
    if _sees_all(network, size):
        return "A unit in the middle sees the whole picture."
    return f"One unit sees {times(size)} pixels of the {times(network.size)} there are."


def _with_share(count: int, total: int) -> str:
    return f"{count:,} ({share(count, total)})" if count else "none"


def _colour(network: Network, coloured: str, grey: str) -> str:
    return grey if network.channels == 1 else coloured


def _pair(sizes: Sequence[int] | None) -> tuple[int, int]:
    return (sizes[0], sizes[1]) if sizes else (1, 1)
