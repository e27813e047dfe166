"""The names Keras 1 had for its layers and their settings (before March 2017)."""

from __future__ import annotations

from typing import Any

LAYERS = {
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "AtrousConvolution2D": "Conv2D",
    "SeparableConvolution2D": "SeparableConv2D",
    "Deconvolution2D": "Conv2DTranspose",
    "Convolution2DTranspose": "Conv2DTranspose",
}
MERGES = {
    "sum": "Add",
    "mul": "Multiply",
    "ave": "Average",
    "max": "Maximum",
    "concat": "Concatenate",
}
SETTINGS = {
    "nb_filter": "filters",
    "border_mode": "padding",
    "subsample": "strides",
    "atrous_rate": "dilation_rate",
    "dim_ordering": "data_format",
    "bias": "use_bias",
    "output_dim": "units",
    "pool_length": "pool_size",
    "init": "kernel_initializer",
    "W_regularizer": "kernel_regularizer",
    "b_regularizer": "bias_regularizer",
    "W_constraint": "kernel_constraint",
    "b_constraint": "bias_constraint",
    "beta_init": "beta_initializer",
    "gamma_init": "gamma_initializer",
    "input_dtype": "dtype",
}
FORMATS = {"th": "channels_first", "tf": "channels_last", "default": "channels_last"}
ONLY_KERAS_1 = {
    "nb_filter",
    "border_mode",
    "dim_ordering",
    "output_dim",
    "subsample",
    "W_regularizer",
}


def modernise_model(model: dict[str, Any], notes: list[str]) -> None:
    """Replace Keras 1's `Merge` layers by `Add`, `Concatenate` and so on, by their mode."""
    for layer in model["config"]["layers"]:
        if layer["class_name"] == "Merge" and isinstance(layer["config"], dict):
            settings = layer["config"]
            mode = settings.get("mode")
            if mode in MERGES and "layers" not in settings:
                layer["class_name"] = MERGES[mode]
                layer["config"] = {"name": settings.get("name")}
                if mode == "concat":
                    layer["config"]["axis"] = settings.get("concat_axis", -1)
                notes.append("Read the names of Keras 1.")


def modernise(layer: dict[str, Any], notes: list[str]) -> None:
    """Rename one layer of Keras 1 and its settings."""
    settings = layer["config"]
    if layer["class_name"] == "Embedding":
        return  # whose `output_dim` and `input_dim` are still called so
    if layer["class_name"] in LAYERS or ONLY_KERAS_1 & settings.keys():
        notes.append("Read the names of Keras 1.")
    elif not {"pool_length", "bias", "W_constraint", "init", "p", "mode"} & settings.keys():
        return
    kind = layer["class_name"] = LAYERS.get(layer["class_name"], layer["class_name"])
    _rename_settings(settings)
    if kind == "Dropout" and "p" in settings:
        settings["rate"] = settings.pop("p")
    if kind == "BatchNormalization" and settings.get("mode") in (0, None):
        settings.pop("mode", None)  # the others normalise each picture by itself, or each batch
    if kind == "Dense":
        settings.pop("input_dim", None)


def _rename_settings(settings: dict[str, Any]) -> None:
    """Rename the settings that are called the same in every layer."""
    if "nb_row" in settings and "nb_col" in settings:
        settings["kernel_size"] = [settings.pop("nb_row"), settings.pop("nb_col")]
    if "filter_length" in settings:
        settings["kernel_size"] = settings.pop("filter_length")
    for old, new in SETTINGS.items():
        if old in settings:
            settings.setdefault(new, settings[old])
            del settings[old]
    if settings.get("data_format") in FORMATS:
        settings["data_format"] = FORMATS[settings["data_format"]]
    if settings.get("dtype") is None:
        settings.pop("dtype", None)
