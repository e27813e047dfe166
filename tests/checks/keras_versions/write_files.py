"""Writes one small model file for each layer, with the Keras of the environment it runs in.

Runs under Python 3.6 and later with any Keras from 2.3 on, so it imports nothing of this project:

    python write_files.py tf|keras FOLDER [APPLICATION]

`tf` takes `tf.keras`, `keras` the package `keras`. Into FOLDER go `<case>.h5`, from Keras 2.12 on
`<case>.keras` too, and `answers.npz`: what the model computed, by the name of the case, for the
input that `given` returns. A file that this Keras itself reads back as another network, because it
does not write all settings, is left out. With APPLICATION it writes that network of Keras
Applications instead.
"""
# ruff: noqa: SIM905, B905, N803, N806  # for Python 3.6; L is `layers` in every case

import os
import sys
from pathlib import Path

import numpy as np


def picture(shape, count=2):
    """The input of a model: the same numbers in every environment, from -2 to 3."""
    size = int(np.prod(shape))
    values = np.random.RandomState(size).uniform(-2, 3, (count, *shape))
    return values.astype("float32")


def given(name):
    """The input of a case."""
    values = picture(CASES[name][1])
    if name.startswith(("embedding", "category")):
        values = np.clip(np.floor(np.abs(values)), 0, 4)
    return values


CASES = {}
"""Name -> (function of a namespace of layers and an input tensor, shape of the input)."""

MAP, ROW, VECTOR, VOLUME, FILM = (8, 8, 3), (8, 3), (6,), (4, 6, 6, 2), (3, 6, 6, 2)


def case(name, build, shape=MAP):
    CASES[name] = build, shape


def one(name, layer, shape=MAP, **settings):
    """A model of one layer."""
    case(name, lambda L, x: getattr(L, layer)(**settings)(x), shape)


for alpha in (0.0, 1.0, 0.3, 0.2):
    case(f"leaky_relu_{alpha}", lambda L, x, a=alpha: L.LeakyReLU(a)(x))
one("leaky_relu", "LeakyReLU")
one("prelu", "PReLU")
one("prelu_shared", "PReLU", shared_axes=[1, 2])
one("elu", "ELU", alpha=0.5)
one("elu_zero", "ELU", alpha=0.0)
one("thresholded_relu", "ThresholdedReLU", theta=0.3)
one("thresholded_relu_one", "ThresholdedReLU", theta=1.0)
one("relu", "ReLU")
one("relu_max", "ReLU", max_value=1.0, negative_slope=0.1, threshold=0.5)
one("relu_zero", "ReLU", max_value=0.0)
one("softmax_axis", "Softmax", axis=1)
one("softmax", "Softmax")
for function in [
    "relu",
    "relu6",
    "sigmoid",
    "tanh",
    "elu",
    "selu",
    "softplus",
    "softsign",
    "swish",
    "silu",
    "gelu",
    "exponential",
    "hard_sigmoid",
    "linear",
    "softmax",
    "mish",
    "leaky_relu",
    "log_softmax",
    "celu",
    "glu",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "log_sigmoid",
    "tanh_shrink",
    "soft_shrink",
    "hard_shrink",
    "squareplus",
    "sparse_plus",
    "threshold",
]:
    one("activation_" + function, "Activation", activation=function)
    one("conv_" + function, "Conv2D", filters=4, kernel_size=2, activation=function)
case("activation_layer", lambda L, x: L.Conv2D(4, 2, activation=L.LeakyReLU(0.0))(x))

one("dense", "Dense", VECTOR, units=5)
one("dense_plain", "Dense", VECTOR, units=5, use_bias=False, activation="sigmoid")
one("dense_map", "Dense", units=5)
one("einsum_dense", "EinsumDense", ROW, equation="abc,cd->abd", output_shape=(None, 4))
for name, more in (("embedding", {}), ("embedding_length", {"input_length": 6})):
    case(
        name,
        lambda L, x, more=more: L.Concatenate()(
            [x, L.Flatten()(L.Embedding(input_dim=10, output_dim=4, **more)(x))]
        ),
        VECTOR,
    )
one("conv1d", "Conv1D", ROW, filters=4, kernel_size=3)
one("conv1d_causal", "Conv1D", ROW, filters=4, kernel_size=3, padding="causal", dilation_rate=2)
one("conv1d_transpose", "Conv1DTranspose", ROW, filters=4, kernel_size=3, strides=2)
one("conv", "Conv2D", filters=4, kernel_size=3)
one("conv_same", "Conv2D", filters=4, kernel_size=(3, 2), strides=2, padding="same")
one("conv_dilated", "Conv2D", filters=4, kernel_size=3, dilation_rate=(1, 2), use_bias=False)
one("conv_groups", "Conv2D", (8, 8, 4), filters=4, kernel_size=3, groups=2)
one("conv_groups_one", "Conv2D", filters=4, kernel_size=3, groups=1)
one("conv3d", "Conv3D", VOLUME, filters=3, kernel_size=2)
one("conv_transpose", "Conv2DTranspose", filters=4, kernel_size=3)
for pad in ("valid", "same"):
    for k, s in ((3, 2), (2, 3), (4, 2)):
        one(
            f"conv_transpose_{pad}_{k}_{s}",
            "Conv2DTranspose",
            filters=4,
            kernel_size=k,
            strides=s,
            padding=pad,
        )
    one(
        "conv_transpose_output_padding_" + pad,
        "Conv2DTranspose",
        filters=4,
        kernel_size=3,
        strides=2,
        padding=pad,
        output_padding=1,
    )
    one(
        "conv_transpose_no_output_padding_" + pad,
        "Conv2DTranspose",
        filters=4,
        kernel_size=3,
        strides=2,
        padding=pad,
        output_padding=0,
    )
one("conv_transpose_dilated", "Conv2DTranspose", filters=4, kernel_size=3, dilation_rate=2)
one("conv3d_transpose", "Conv3DTranspose", VOLUME, filters=3, kernel_size=2, strides=2)
one("separable", "SeparableConv2D", filters=4, kernel_size=3, depth_multiplier=2, strides=2)
one("separable_plain", "SeparableConv2D", filters=4, kernel_size=3, use_bias=False)
one("separable1d", "SeparableConv1D", ROW, filters=4, kernel_size=3)
one("depthwise", "DepthwiseConv2D", kernel_size=3, depth_multiplier=2, padding="same", strides=2)
one("depthwise_plain", "DepthwiseConv2D", kernel_size=3, use_bias=False, activation="relu")
one("depthwise_dilated", "DepthwiseConv2D", kernel_size=2, dilation_rate=2)
one("depthwise1d", "DepthwiseConv1D", ROW, kernel_size=3)
for way in (1, 2, 3):
    one(
        f"local_{way}", "LocallyConnected2D", filters=4, kernel_size=(3, 2), strides=(2, 1),
        implementation=way,
    )  # fmt: skip
    one(f"local1d_{way}", "LocallyConnected1D", ROW, filters=4, kernel_size=3, implementation=way)
one("local", "LocallyConnected2D", filters=4, kernel_size=3, activation="relu", use_bias=False)
one("local1d", "LocallyConnected1D", ROW, filters=4, kernel_size=3)
one("local_same", "LocallyConnected2D", filters=4, kernel_size=3, padding="same", implementation=2)
for way in (2, 3):
    one(
        f"local1d_same_{way}", "LocallyConnected1D", ROW, filters=4, kernel_size=3, strides=2,
        padding="same", implementation=way,
    )  # fmt: skip

one("batch_norm", "BatchNormalization")
one("batch_norm_plain", "BatchNormalization", scale=False, center=False, epsilon=0.01)
one("batch_norm_axis", "BatchNormalization", axis=1)
one("batch_norm_renorm", "BatchNormalization", renorm=True)
one("batch_norm_fused", "BatchNormalization", fused=False)
one("sync_batch_norm", "SyncBatchNormalization")
one("batch_norm_synchronized", "BatchNormalization", synchronized=True)
one("layer_norm", "LayerNormalization")
one("layer_norm_axes", "LayerNormalization", axis=[1, 2], epsilon=0.01)
one("layer_norm_plain", "LayerNormalization", scale=False, center=False)
one("layer_norm_rms", "LayerNormalization", rms_scaling=True)
one("layer_norm_rms_plain", "LayerNormalization", rms_scaling=True, center=False)
one("layer_norm_rms_no_scale", "LayerNormalization", rms_scaling=True, scale=False)
one("layer_norm_no_rms", "LayerNormalization", rms_scaling=False)
one("group_norm", "GroupNormalization", (8, 8, 4), groups=2)
one("group_norm_all", "GroupNormalization", (8, 8, 4), groups=-1)
one("unit_norm", "UnitNormalization")
one("rms_norm", "RMSNormalization")
case("spectral_norm", lambda L, x: L.SpectralNormalization(L.Conv2D(4, 3))(x))
case("spectral_norm_dense", lambda L, x: L.SpectralNormalization(L.Dense(4))(x), VECTOR)

for size in (2, 3):
    for pad in ("valid", "same"):
        for kind in ("Max", "Average"):
            name = f"{kind.lower()}_{size}_{pad}"
            one(name, kind + "Pooling2D", pool_size=size, strides=2, padding=pad)
for kind in ("Max", "Average"):
    one(kind.lower() + "1d", kind + "Pooling1D", ROW, pool_size=2, padding="same")
    one(kind.lower() + "3d", kind + "Pooling3D", VOLUME)
    for dimensions, shape in ((1, ROW), (2, MAP), (3, VOLUME)):
        name = f"Global{kind}Pooling{dimensions}D"
        one(f"global_{kind.lower()}{dimensions}d", name, shape)
        one(f"global_{kind.lower()}{dimensions}d_kept", name, shape, keepdims=True)
    one("adaptive_" + kind.lower(), f"Adaptive{kind}Pooling2D", output_size=3)

one("zero_padding", "ZeroPadding2D", padding=((1, 0), (2, 3)))
one("zero_padding1d", "ZeroPadding1D", ROW, padding=2)
one("zero_padding3d", "ZeroPadding3D", VOLUME)
one("cropping", "Cropping2D", cropping=((1, 0), (2, 3)))
one("cropping1d", "Cropping1D", ROW)
one("cropping3d", "Cropping3D", VOLUME)
for how in [
    "nearest",
    "bilinear",
    "bicubic",
    "lanczos3",
    "lanczos5",
    "area",
    "gaussian",
    "mitchellcubic",
]:
    one("upsampling_" + how, "UpSampling2D", size=(2, 3), interpolation=how)
    one("resizing_" + how, "Resizing", height=5, width=11, interpolation=how)
one("upsampling1d", "UpSampling1D", ROW)
one("upsampling3d", "UpSampling3D", VOLUME)
one("flatten", "Flatten")
one("flatten_vector", "Flatten", VECTOR)
one("reshape", "Reshape", target_shape=(4, -1))
one("permute", "Permute", dims=(3, 1, 2))
one("repeat_vector", "RepeatVector", VECTOR, n=3)
one("masking", "Masking", ROW, mask_value=0.5)
one("identity", "Identity")
one("activity_regularization", "ActivityRegularization", l1=0.1)

for layer in ["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate"]:
    case(
        layer.lower(),
        lambda L, x, layer=layer: getattr(L, layer)()([x, L.Conv2D(3, 1)(x)]),
    )
case("concatenate_axis", lambda L, x: L.Concatenate(axis=1)([x, L.ReLU()(x)]))
case("dot", lambda L, x: L.Dot(axes=2, normalize=True)([x, L.Conv1D(3, 1)(x)]), ROW)
case("dot_plain", lambda L, x: L.Dot(axes=(1, 1))([x, L.Conv1D(3, 1)(x)]), ROW)

for causal in (False, True):
    case(
        f"attention_causal_{causal}",
        lambda L, x, causal=causal: L.Attention(causal=causal)([x, x]),
        ROW,
    )
case("attention", lambda L, x: L.Attention(use_scale=True)([x, L.Conv1D(3, 1)(x)]), ROW)
case("attention_concat", lambda L, x: L.Attention(score_mode="concat")([x, x]), ROW)
case("additive_attention", lambda L, x: L.AdditiveAttention()([x, L.Conv1D(3, 1)(x)]), ROW)
case(
    "additive_attention_plain",
    lambda L, x: L.AdditiveAttention(use_scale=False)([x, L.Conv1D(3, 1)(x)]),
    ROW,
)
case("multi_head", lambda L, x: L.MultiHeadAttention(2, 4)(x, x), ROW)
case(
    "multi_head_values",
    lambda L, x: L.MultiHeadAttention(2, 4, value_dim=3, output_shape=5, use_bias=False)(
        x, L.Conv1D(5, 1)(x)
    ),
    ROW,
)
case("multi_head_map", lambda L, x: L.MultiHeadAttention(2, 4, attention_axes=(1, 2))(x, x))
case("group_query", lambda L, x: L.GroupQueryAttention(4, 4, 2)(x, x), ROW)

for kind in ("SimpleRNN", "LSTM", "GRU"):
    name = kind.lower()
    one(name, kind, ROW, units=4)
    one(name + "_sequences", kind, ROW, units=4, return_sequences=True, go_backwards=True)
    one(name + "_plain", kind, ROW, units=4, use_bias=False, implementation=1)
    one(name + "_unrolled", kind, ROW, units=4, unroll=True)
    case(
        name + "_bidirectional",
        lambda L, x, kind=kind: L.Bidirectional(getattr(L, kind)(4, return_sequences=True))(x),
        ROW,
    )
    case(name + "_cell", lambda L, x, kind=kind: L.RNN(getattr(L, kind + "Cell")(4))(x), ROW)
one("lstm_hard", "LSTM", ROW, units=4, recurrent_activation="hard_sigmoid")
one("gru_reset", "GRU", ROW, units=4, reset_after=True)
one("gru_before", "GRU", ROW, units=4, reset_after=False)
one("lstm_time_major", "LSTM", ROW, units=4, time_major=True)
case(
    "stacked_cells",
    lambda L, x: L.RNN(L.StackedRNNCells([L.LSTMCell(4), L.GRUCell(3)]))(x),
    ROW,
)
case(
    "bidirectional_sum",
    lambda L, x: L.Bidirectional(L.LSTM(4), merge_mode="sum", backward_layer=None)(x),
    ROW,
)
one("conv_lstm", "ConvLSTM2D", FILM, filters=3, kernel_size=2)
one("conv_lstm_hard", "ConvLSTM2D", FILM, filters=3, kernel_size=2, padding="same")
one("conv_lstm1d", "ConvLSTM1D", MAP, filters=3, kernel_size=2)
case("time_distributed", lambda L, x: L.TimeDistributed(L.Conv2D(3, 2))(x), FILM)
case("time_distributed_dense", lambda L, x: L.TimeDistributed(L.Dense(3))(x), ROW)

one("rescaling", "Rescaling", scale=2.0, offset=-1.0)
one("rescaling_one", "Rescaling", scale=1.0 / 255)
one("resizing_crop", "Resizing", (8, 6, 3), height=5, width=5, crop_to_aspect_ratio=True)
one("resizing_crop_wide", "Resizing", (5, 9, 3), height=4, width=6, crop_to_aspect_ratio=True)
one("resizing_pad", "Resizing", (8, 6, 3), height=5, width=5, pad_to_aspect_ratio=True)
one("resizing_antialias", "Resizing", height=5, width=5, antialias=True)
one("center_crop", "CenterCrop", height=5, width=4)
one("center_crop_odd", "CenterCrop", (9, 7, 3), height=4, width=4)
one("center_crop_larger", "CenterCrop", height=10, width=12)
one("normalization", "Normalization")
one("normalization_axis", "Normalization", axis=None)
one("normalization_given", "Normalization", mean=[0.1, 0.2, 0.3], variance=[1.0, 2.0, 3.0])
one("normalization_one", "Normalization", axis=None, mean=0.0, variance=4.0)
one(
    "normalization_invert", "Normalization", axis=-1, mean=[0.1, 0.2, 0.3], invert=True,
    variance=[1.0, 2.0, 3.0],
)  # fmt: skip
one("random_flip", "RandomFlip", mode="horizontal")
one("random_rotation", "RandomRotation", factor=0.1)
one("random_rotation_range", "RandomRotation", factor=0.1, fill_mode="constant", fill_value=1.0)
one("random_zoom", "RandomZoom", height_factor=0.2)
one("random_translation", "RandomTranslation", height_factor=0.2, width_factor=0.2)
one("random_height", "RandomHeight", factor=0.2)
one("random_width", "RandomWidth", factor=0.2)
one("random_crop", "RandomCrop", height=5, width=4)
one("random_crop_larger", "RandomCrop", height=10, width=10)
one("random_contrast", "RandomContrast", factor=0.2)
one("random_brightness", "RandomBrightness", factor=0.2)
for layer in [
    "RandomColorJitter",
    "RandomHue",
    "RandomSaturation",
    "RandomSharpness",
    "RandomShear",
    "RandomPosterization",
    "RandomGaussianBlur",
    "RandomErasing",
    "RandomPerspective",
    "RandomGrayscale",
    "RandomInvert",
    "RandomColorDegeneration",
    "RandomElasticTransform",
    "AutoContrast",
    "Equalization",
    "Solarization",
    "MixUp",
    "CutMix",
    "RandAugment",
    "AugMix",
]:
    one(layer.lower(), layer)
one("dropout", "Dropout", rate=0.5)
one("dropout_noise", "Dropout", rate=0.5, noise_shape=(None, 1, 1, 3), seed=1)
one("spatial_dropout1d", "SpatialDropout1D", ROW, rate=0.5)
one("spatial_dropout2d", "SpatialDropout2D", rate=0.5)
one("spatial_dropout3d", "SpatialDropout3D", VOLUME, rate=0.5)
one("gaussian_noise", "GaussianNoise", stddev=0.5)
one("gaussian_dropout", "GaussianDropout", rate=0.5)
one("alpha_dropout", "AlphaDropout", rate=0.5)
one("category_encoding", "CategoryEncoding", VECTOR, num_tokens=5, output_mode="multi_hot")
one("discretization", "Discretization", VECTOR, bin_boundaries=[-1.0, 0.0, 1.0])


def chain(L, x, prefix=""):
    x = L.Conv2D(4, 3, padding="same", name=prefix + "conv")(x)
    x = L.BatchNormalization(name=prefix + "norm")(x)
    return L.Conv2D(4, 3, padding="same", activation="relu", name=prefix + "last")(x)


case("slash", lambda L, x: chain(L, x, "block1/"))
case("slash_twice", lambda L, x: chain(L, chain(L, x, "block/one/"), "block_one_"))
case(
    "slash_nested",
    lambda L, x: L.Dense(3, name="top/dense")(
        L.Flatten()(nested(L, lambda y: chain(L, y, "body/"), (8, 8, 3), "a/body")(x))
    ),
)
case("twins", lambda L, x: L.Conv2D(4, 2)(L.Conv2D(4, 2)(L.Conv2D(3, 2)(x))))
case("unnamed", lambda L, x: unnamed(L, unnamed(L, x)))
case("nested", lambda L, x: nested(L, lambda y: unnamed(L, y), (8, 8, 3), "body")(unnamed(L, x)))
case("sequential", None, MAP)


def unnamed(L, x):
    x = L.ReLU()(L.BatchNormalization()(L.Conv2D(3, 3, padding="same")(x)))
    return L.Add()([x, L.Conv2D(3, 1)(x)])


def nested(L, build, shape, name):
    x = L.Input(shape)
    return L.Model(x, build(x), name=name)


def shared(L, x):
    layer = L.Conv2D(3, 3, padding="same")
    return L.Add()([layer(layer(x)), L.Conv2D(3, 1)(x)])


def nested_twice(L, x):
    body = nested(L, lambda y: unnamed(L, y), (8, 8, 3), "body")
    return body(body(x))


def frozen(L, x):
    body = nested(L, lambda y: unnamed(L, y), (8, 8, 3), "body")
    body.layers[1].trainable = False
    return L.Dense(3)(L.Flatten()(body(x)))


def sequential_inside(L, x):
    inside = [L.Conv2D(3, 2), L.Conv2D(3, 2), L.BatchNormalization()]
    return L.Dense(3)(L.Flatten()(L.Sequential(inside)(x)))


def shared_across(L, x):
    """A layer that is used inside a nested model first, then outside it."""
    layer = L.Conv2D(3, 3, padding="same")
    body = nested(L, lambda y: layer(L.Conv2D(3, 3, padding="same")(y)), (8, 8, 3), "body")
    return L.Conv2D(2, 1)(layer(body(x)))


def nested_deep(L, x):
    def inner(y):
        y = nested(L, lambda z: unnamed(L, z), (8, 8, 3), "inner")(L.Conv2D(3, 1)(y))
        return nested(L, lambda z: unnamed(L, z), (8, 8, 3), "twin")(L.Conv2D(3, 1)(y))

    return L.Conv2D(2, 1)(nested(L, inner, (8, 8, 3), "outer")(L.Conv2D(3, 1)(x)))


def sequentials(L, x):
    for _ in range(3):
        x = L.Sequential([L.Conv2D(3, 1), L.BatchNormalization(), L.Conv2D(3, 1)])(x)
    return x


def sequentials_deep(L, x):
    inside = L.Sequential([L.Conv2D(3, 1), L.Conv2D(3, 1)])
    return L.Sequential([L.Conv2D(3, 1), inside, L.Conv2D(3, 1), L.Sequential([L.PReLU()])])(x)


def one_kind(L, x):
    """Two of each kind of layer that has parts of its own or state."""
    x = L.SeparableConv2D(3, 2)(L.SeparableConv2D(3, 2)(x))
    x = L.DepthwiseConv2D(2)(L.DepthwiseConv2D(2)(x))
    x = L.PReLU()(L.PReLU()(x))
    x = L.LayerNormalization()(L.LayerNormalization()(x))
    return L.Conv2DTranspose(2, 2)(L.Conv2DTranspose(3, 2)(x))


def attentions(L, x):
    x = L.MultiHeadAttention(2, 3)(x, L.MultiHeadAttention(2, 4)(x, x))
    return L.Dense(2)(L.Dense(3)(x))


def wrapped(L, x):
    x = L.Bidirectional(L.LSTM(3, return_sequences=True))(x)
    x = L.Bidirectional(L.GRU(2, return_sequences=True))(x)
    x = L.Bidirectional(L.LSTM(3, return_sequences=True))(x)
    return L.TimeDistributed(L.Dense(3))(L.TimeDistributed(L.Dense(2))(x))


def wrapped_models(L, x):
    body = nested(L, lambda y: L.Conv2D(2, 2)(L.Conv2D(2, 1)(y)), (6, 6, 2), "body")
    x = L.TimeDistributed(body)(x)
    return L.TimeDistributed(L.Sequential([L.Conv2D(2, 1), L.Conv2D(3, 2)]))(x)


case("shared", shared)
case("shared_across", shared_across)
case("nested_deep", nested_deep)
case("sequentials", sequentials)
case("sequentials_deep", sequentials_deep)
case("one_kind", one_kind)
case("attentions", attentions, ROW)
case("wrapped", wrapped, ROW)
case("wrapped_models", wrapped_models, FILM)
case("nested_twice", nested_twice)
case("frozen", frozen)
case("sequential_inside", sequential_inside)


def sequential(L):
    return L.Sequential(
        [
            L.Conv2D(3, 2, input_shape=MAP),
            L.BatchNormalization(),
            L.Conv2D(3, 2, activation="relu"),
            L.Dropout(0.5),
            L.Flatten(),
            L.Dense(4, activation="relu"),
            L.Dense(4, activation="softmax"),
        ]
    )


class MissingLayerError(Exception):
    """This Keras has no such layer."""


class Layers:
    """The layers of a Keras, wherever it keeps them."""

    def __init__(self, keras):
        self.Input, self.Model, self.Sequential = keras.Input, keras.Model, keras.Sequential
        places = [keras.layers, getattr(keras.layers, "experimental", None)]
        places.append(getattr(places[1], "preprocessing", None))
        self.places = [place for place in places if place is not None]

    def __getattr__(self, name):
        for place in self.places:
            if hasattr(place, name):
                return getattr(place, name)
        raise MissingLayerError(name)


def filled(keras, model):
    """The model with random weights; what is a variance or a scale is positive."""
    state = np.random.RandomState(7)
    pairs = []
    for variable in model.weights:
        name, shape = variable.name, tuple(int(side) for side in variable.shape)
        kind = getattr(variable.dtype, "name", str(variable.dtype))
        if "seed" in name or not kind.startswith("float"):
            continue
        if "var" in name or "stddev" in name or "gamma" in name:
            pairs.append((variable, state.uniform(0.5, 1.5, shape).astype("float32")))
        else:
            pairs.append((variable, state.normal(0, 0.5, shape).astype("float32")))
    if hasattr(keras.backend, "batch_set_value"):
        keras.backend.batch_set_value(pairs)
    else:
        for variable, array in pairs:
            variable.assign(array)
    for layer in model.layers:
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()
    return model


def answer(model, x):
    """What a model computes in inference."""
    try:
        return np.asarray(model(x, training=False))
    except (TypeError, ValueError, NotImplementedError, AttributeError):
        return np.asarray(model.predict(x))


def versions(keras):
    """Whether this Keras writes `.keras`, and its version."""
    number = getattr(keras, "__version__", None)
    if number is None:
        from keras import __version__ as number
    parts = [int(part) for part in number.split("-")[0].split(".")[:2]]
    return parts >= [2, 12], number


def save(model, path, number):
    if number.startswith("2.12.") and path.endswith(".keras"):
        model.save(path, save_format="keras_v3")  # its own default for `.keras` is HDF5
    else:
        model.save(path)


def reread(keras, path, values, found):
    """What this Keras computes once it has read its file again; `found` if it cannot read it."""
    try:
        model = keras.models.load_model(path, compile=False)
    except Exception:
        return found
    return answer(model, values)


def write_one(keras, model, path, found):
    """Save a model; returns why this Keras does not read it back as the same one, else ""."""
    name = Path(path).name
    try:
        save(model, path, versions(keras)[1])
        again = reread(keras, path, given(Path(path).stem), found)
        if not np.allclose(again, found, atol=1e-4, equal_nan=True):
            raise ValueError("this Keras itself reads it back as another network")
    except Exception as error:
        if Path(path).exists():
            Path(path).unlink()
        return f"{name}: {str(error).splitlines()[0][:100]}"
    return ""


def write(keras, folder):
    L = Layers(keras)
    newer, number = versions(keras)
    endings = [".h5", ".keras"] if newer else [".h5"]
    answers, problems = {}, []
    for name, (build, shape) in CASES.items():
        try:
            keras.backend.clear_session()
            if build is None:
                model = sequential(L)
            else:
                x = L.Input(shape)
                model = L.Model(x, build(L, x))
            model = filled(keras, model)
            found = answer(model, given(name))
        except MissingLayerError:
            continue
        except Exception as error:  # this Keras does not know that setting
            problems.append(f"{name}: {str(error).splitlines()[0][:100]}")
            continue
        troubles = [write_one(keras, model, str(folder / (name + end)), found) for end in endings]
        problems += [trouble for trouble in troubles if trouble]
        if not all(troubles):
            answers[name] = found
    np.savez_compressed(str(folder / "answers.npz"), **answers)
    print(f"{number}: {len(answers)} cases; not to be had:")
    for problem in problems:
        print("   ", problem)


def chosen(which):
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    if which == "tf":
        import tensorflow

        return tensorflow.keras
    import keras

    return keras


APPLICATIONS = (
    "Xception VGG16 VGG19 ResNet50 ResNet101 ResNet152 ResNet50V2 ResNet101V2 ResNet152V2 "
    "InceptionV3 InceptionResNetV2 MobileNet MobileNetV2 MobileNetV3Small MobileNetV3Large "
    "DenseNet121 DenseNet169 DenseNet201 NASNetMobile NASNetLarge EfficientNetB0 EfficientNetB1 "
    "EfficientNetB2 EfficientNetB3 EfficientNetB4 EfficientNetB5 EfficientNetB6 EfficientNetB7 "
    "EfficientNetV2B0 EfficientNetV2B1 EfficientNetV2B2 EfficientNetV2B3 EfficientNetV2S "
    "EfficientNetV2M EfficientNetV2L ConvNeXtTiny ConvNeXtSmall ConvNeXtBase ConvNeXtLarge "
    "ConvNeXtXLarge RegNetX002 RegNetX032 RegNetY002 RegNetY032 ResNetRS50 ResNetRS101"
).split()
SIZES = {"Xception": 71, "InceptionV3": 75, "InceptionResNetV2": 75, "NASNetLarge": 331}


def write_application(keras, folder, name):
    """Write one network of Keras Applications with random weights, and its answer."""
    side = SIZES.get(name, 224 if "NASNet" in name else 64)
    model = getattr(keras.applications, name)(
        weights=None, input_shape=(side, side, 3), include_top="NASNet" in name, classes=10
    )
    if "NASNet" not in name:
        x = keras.layers.GlobalAveragePooling2D()(model.output)
        model = keras.Model(model.input, keras.layers.Dense(10)(x), name=model.name)
    state = np.random.RandomState(3)
    arrays = []
    for variable, array in zip(model.weights, model.get_weights()):
        if "gamma" in variable.name or "variance" in variable.name:
            arrays.append(state.uniform(0.8, 1.2, array.shape).astype(array.dtype))
        elif array.ndim == 1 and array.dtype.kind == "f":
            arrays.append(state.normal(0, 0.1, array.shape).astype(array.dtype))
        else:
            arrays.append(array)
    model.set_weights(arrays)
    found = answer(model, 100 * picture((side, side, 3), 1))
    for ending in (".h5", ".keras"):
        model.save(str(folder / (name + ending)))
    np.save(str(folder / (name + ".npy")), found)


if __name__ == "__main__":
    target = Path(sys.argv[2])
    target.mkdir(parents=True, exist_ok=True)
    if len(sys.argv) > 3:
        write_application(chosen(sys.argv[1]), target, sys.argv[3])
    else:
        write(chosen(sys.argv[1]), target)
