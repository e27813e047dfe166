"""The allowlist: layers, operations and functions of Keras that a model file may use.

A file that brings code of its own is refused, and so is an operation without a tensor as input:
Keras runs it while the model is still being built, and it can ask for any amount of memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NoReturn

from visualizer.models.description import DATA_CLASSES, MODELS, Layer, objects
from visualizer.models.safety import CodeRefusedError, UnsafeFileError

CUSTOM_OBJECTS = "custom_objects.py"
"""Python code beside a model that defines its custom layers; run only with `trust`."""

CODE_LAYERS = {"Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"}
"""Layers that carry code of their own."""
OTHER_LAYERS = {
    *("StringLookup", "IntegerLookup", "TextVectorization", "Hashing", "HashedCrossing"),
    *("MelSpectrogram", "STFTSpectrogram"),
}
"""Layers for text, tables and sound; some read other files by path when they are made."""
APPLICATION_LAYERS = {
    "CustomScaleLayer": "keras.src.applications.inception_resnet_v2",
    "LayerScale": "keras.src.applications.convnext",
    "StochasticDepth": "keras.src.applications.convnext",
}
"""Layers of Keras Applications that are not among Keras' layers -> the modules they are in."""

PACKAGE = "visualizer>"
"""How the names of this program's own layers begin; no other package's can be mistaken for them."""
HARD_SIGMOID = {
    "class_name": "function",
    "config": PACKAGE + "hard_sigmoid",
    "module": "builtins",
    "registered_name": "function",
}
"""How a description names the hard sigmoid of Keras 1 and 2."""

OLD_LAYERS = frozenset(
    PACKAGE + name
    for name in (
        *("Attention", "LayerNormalization", "LocallyConnected1D", "LocallyConnected2D"),
        *("RandomCrop", "SyncBatchNormalization", "UpSampling2D", "hard_sigmoid"),
    )
)
"""What `old_layers` has in place of what old files name."""

DTYPES = {
    *("float16", "bfloat16", "float32", "float64", "bool"),
    *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
}
"""Of numbers inside a description; NumPy knows others whose every number takes gigabytes."""

OPERATIONS = {
    "core": "Cast ConvertToTensor SaturateCast Slice StopGradient Unstack",
    "image": """
        CropImages ExtractPatches GaussianBlur HSVToRGB PadImages RGBToGrayscale RGBToHSV Resize
        SobelEdges""",
    "math": "Erf Logsumexp Rsqrt TopK",
    "nn": """
        AdaptiveAveragePool AdaptiveMaxPool AveragePool BatchNorm Celu Conv ConvTranspose
        DepthToSpace DepthwiseConv DotProductAttention Elu Gelu Glu HardShrink HardSigmoid HardSilu
        HardTanh LayerNorm LeakyRelu LogSigmoid LogSoftmax MaxPool Moments Normalize OneHot RMSNorm
        Relu Relu6 Selu SeparableConv Sigmoid Silu SoftShrink Softmax Softplus Softsign SpaceToDepth
        Sparsemax SparsePlus SparseSigmoid Squareplus TanhShrink Threshold""",
    "numpy": """
        Abs Absolute Add All Amax Amin Any Append Arctan Arctan2 Argmax Argmin Average BroadcastTo
        Cbrt Ceil Clip Concatenate Copy Cos Cosh Cumsum Divide DivideNoNan Dot Einsum Equal Exp Exp2
        ExpandDims Expm1 Fabs Flip Floor FloorDivide Fmax Fmin GetItem Greater GreaterEqual Hstack
        Hypot Isfinite Isinf Isnan Less LessEqual Log Log10 Log1p Log2 Logaddexp LogicalAnd
        LogicalNot LogicalOr LogicalXor Matmul Max Maximum Mean Median Min Minimum Mod Moveaxis
        Multiply NanToNum Negative NotEqual OnesLike Pad Power Prod Ravel Reciprocal Repeat Reshape
        Roll Rot90 Round Sign Sin Sinh Sort Split Sqrt Square Squeeze Stack Std Subtract Sum
        Swapaxes Take TakeAlongAxis Tan Tanh Tensordot Tile Transpose Tril Triu TrueDivide Trunc Var
        Vstack Where ZerosLike""",
}
"""What a network of pictures may compute between its layers, by the module of `keras.src.ops`."""


@cache
def allowed_layers() -> frozenset[str]:
    """Names of the layers of Keras that a file may use."""
    import keras

    names = {
        name
        for name, value in vars(keras.layers).items()
        if isinstance(value, type) and issubclass(value, keras.layers.Layer)
    }
    return frozenset(names - CODE_LAYERS - OTHER_LAYERS)


@cache
def allowed_functions() -> frozenset[str]:
    """Names of the activation functions of Keras; beside them stand helpers, which compute none."""
    import keras

    helpers = {"get", "serialize", "deserialize"}
    return frozenset(
        name
        for name, value in vars(keras.activations).items()
        if callable(value) and not name.startswith("_") and name not in helpers
    )


def is_allowed(item: Layer) -> bool:
    """Whether an object of a (repaired) description is one of Keras' own, and harmless."""
    name, module = item["class_name"], str(item.get("module") or "keras.layers")
    registered, settings = item.get("registered_name"), item.get("config")
    if registered in OLD_LAYERS:
        return True
    package, found, _ = str(registered).partition(">")
    if (found and not package.startswith("keras")) or (
        module != "builtins" and not _of_keras(item)
    ):
        return False
    if name in DATA_CLASSES:
        kind = settings.get("dtype") if isinstance(settings, dict) else None
        return name not in ("__tensor__", "__numpy__") or kind in DTYPES
    if name == "function":
        return settings in OLD_LAYERS or settings in allowed_functions()
    return _is_allowed_class(name, module)


def _is_allowed_class(name: str, module: str) -> bool:
    """Whether a class of a module of Keras is an allowed operation, model or layer."""
    if module.startswith("keras.src.ops."):
        return name in OPERATIONS.get(module.removeprefix("keras.src.ops."), "").split()
    if module == "keras" or module.startswith("keras.src.models"):
        return name in MODELS
    return name in allowed_layers() or APPLICATION_LAYERS.get(name) == module


def _of_keras(item: Layer) -> bool:
    return str(item.get("module") or "keras").split(".")[0] == "keras"


def check_config(
    config: Layer, file: str, *, trust: bool = False, code_beside: bool = False
) -> None:
    """Refuse a description that brings code, or that would compute while it is put together.

    Args:
        config: the repaired description of the model.
        file: its name, for the sentence.
        trust: let Lambda layers and objects of the user's own through.
        code_beside: whether the code of such objects lies beside the file.

    Raises:
        UnsafeFileError: with the names of the layers and the way out; a `CodeRefusedError` if
            `trust` is one.
    """
    if trust:
        return
    code: list[str] = []
    custom: list[str] = []
    needless: list[str] = []
    hidden = False
    for item in objects(config):
        name, settings = item["class_name"], item.get("config")
        if name in CODE_LAYERS:
            code.append(str(settings.get("name", name) if isinstance(settings, dict) else name))
        elif name == "__lambda__":
            hidden = True
        elif not is_allowed(item):
            kind = needless if item.get("module") and _of_keras(item) else custom
            kind.append(str(settings if name == "function" else name)[:60])
        elif not all(_is_fed(node) for node in _calls(item)):
            raise UnsafeFileError(
                f"{file} has a layer ({name}) that computes without anything going into it; save "
                "the model with Keras' own layers, each fed by the one before."
            )
    if code or hidden:
        _refuse_code(code or ["a function"], file)
    if custom:
        found = f"{file} uses {_count(custom, 'part')} that Keras does not have ({_listed(custom)})"
        _refuse_custom(found, code_beside)
    if needless:
        raise CodeRefusedError(
            f"{file} uses {_count(needless, 'part')} of Keras that no network for pictures needs "
            f"({_listed(needless)})",
            "if you trust whoever made it open it with --trust, otherwise ask for a model "
            "without them.",
        )


def _refuse_code(code: list[str], file: str) -> NoReturn:
    raise CodeRefusedError(
        f"{file} carries code of its own in {_count(code, 'layer')} "
        f"({_listed(code)}), which could do anything on this computer",
        "if you trust whoever made it open it with --trust, otherwise ask for the model with "
        "Keras' own layers.",
    )


def _refuse_custom(found: str, code_beside: bool) -> NoReturn:
    """Refuse objects that are not of Keras; to trust the file only helps where their code is."""
    if code_beside:
        raise CodeRefusedError(
            f"{found}, and the code in {CUSTOM_OBJECTS} beside it could do anything on this "
            "computer",
            "if you trust whoever made it open the file with --trust, otherwise ask for the model "
            "with Keras' own layers.",
        )
    raise UnsafeFileError(
        f"{found}; put the Python code of it as {CUSTOM_OBJECTS} beside the file and open it again "
        "with trust (--trust), or save the model with Keras' own layers."
    )


def _calls(item: Layer) -> list[Any]:
    nodes = item.get("inbound_nodes")
    return nodes if isinstance(nodes, list) else []


def _is_fed(node: Any) -> bool:
    """Whether a tensor of the network goes into a call; Keras then only notes it, for later."""
    if isinstance(node, list):
        return bool(node)  # as Keras 2 wrote it, with nothing but references to layers
    given = [node.get("args"), node.get("kwargs")] if isinstance(node, dict) else []
    return any(_is_tensor(item) for item in _plain(given))


def _plain(given: Any) -> Iterator[Any]:
    """What lists and tables hold, as far as Keras takes them for such."""
    waiting = [given]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, dict) and not {"class_name", "config"} <= item.keys():
            waiting.extend(item.values())
        else:
            yield item


def _is_tensor(item: Any) -> bool:
    return isinstance(item, dict) and item["class_name"] == "__keras_tensor__"


def _count(names: list[str], what: str) -> str:
    number = len(set(names))
    return f"{number} {what}" + ("s" if number != 1 else "")


def _listed(names: list[str], most: int = 5) -> str:
    unique = list(dict.fromkeys(names))
    return ", ".join(unique[:most]) + (", ..." if len(unique) > most else "")
