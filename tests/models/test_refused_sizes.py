"""A small file cannot ask for much memory, whatever it says of itself."""

import io
import json
import re
import sys
import time
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from tests.models.editing import edit, save
from tests.models.editing import layers as entries
from tests.models.refusals import refused, small
from visualizer.engine.errors import UserError
from visualizer.models import loader, safety


@pytest.mark.parametrize(
    ("layer", "setting", "value"),
    [
        ("Dense", "units", 10**9),
        ("Dense", "units", 10**30),
        ("Conv2D", "filters", 10**10),
        ("Conv2D", "kernel_size", [10**5, 10**5]),
        ("InputLayer", "batch_shape", [None, 10**6, 10**6, 3]),
        ("InputLayer", "batch_shape", [None, 8000, 8000, 3]),
        ("InputLayer", "batch_shape", [None, -4, 8, 3]),
        ("InputLayer", "batch_shape", [None, 0, 8, 3]),
    ],
)
def test_a_small_file_cannot_ask_for_terabytes(layer, setting, value, file):
    def change(config):
        entries(config, layer)[0]["config"][setting] = value
        config["config"].pop("build_input_shape", None)
        config.pop("build_config", None)

    started = time.process_time()  # what it works, however busy the computer is otherwise
    refused(edit(file, change), "net")
    assert time.process_time() - started < 20


@pytest.mark.parametrize(
    ("class_name", "settings"),
    [
        ("UpSampling2D", {"size": [10**6, 10**6]}),
        ("ZeroPadding2D", {"padding": [[10**7, 0], [10**7, 0]]}),
        ("Resizing", {"height": 10**6, "width": 10**6}),
    ],
)
def test_maps_that_fit_nowhere_are_refused(class_name, settings, tmp_path):
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Activation("relu", name="x"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2),
        ]
    )

    def change(config):
        entry = entries(config, "Activation")[0]
        entry["class_name"], entry["config"] = class_name, {"name": "big", **settings}

    refused(edit(save(model, tmp_path / "n.keras"), change), "big.*numbers for one picture")


def test_a_data_set_larger_than_what_is_there(tmp_path, files):
    path = tmp_path / "net.h5"
    path.write_bytes(files[".h5"])
    with h5py.File(path, "r+") as file:
        file["model_weights"].create_dataset(
            "bomb", (10**6, 10**6), "f4", chunks=(1000, 1000), compression="gzip"
        )
    refused(path, "bomb.*only 0 bytes are there")


def test_data_in_other_files_is_refused(tmp_path, files):
    path = tmp_path / "net.h5"
    for link in (h5py.ExternalLink("/etc/passwd", "/x"), h5py.SoftLink("/model_weights")):
        path.write_bytes(files[".h5"])
        with h5py.File(path, "r+") as file:
            file["elsewhere"] = link
        refused(path, "outside itself")
    path.write_bytes(files[".h5"])
    with h5py.File(path, "r+") as file:
        file.create_dataset("far", (10,), "f4", external=[("/etc/passwd", 0, 40)])
    refused(path, "another file")


def test_a_zip_bomb(tmp_path, files):
    path = tmp_path / "net.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        with zipfile.ZipFile(io.BytesIO(files[".keras"])) as good:
            archive.writestr("config.json", good.read("config.json"))
        with archive.open("model.weights.h5", "w", force_zip64=True) as member:
            for _ in range(64):
                member.write(bytes(1 << 20))
    assert path.stat().st_size < 200_000
    refused(path, "would unpack")


def test_archives_inside_archives_unpack_no_further_than_one(tmp_path, files):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        with zipfile.ZipFile(io.BytesIO(files[".keras"])) as good:
            archive.writestr("config.json", good.read("config.json"))
        for name in ("model.weights.h5", "more"):
            archive.writestr(name, bytes(16 << 20))  # alone it might
    path = tmp_path / "net.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("net.keras", inner.getvalue())
    refused(path, "would unpack from [0-9]+ kB to 3[0-9] MB")


def test_one_data_set_of_many_names_counts_once(tmp_path):
    path = tmp_path / "net.h5"
    with h5py.File(path, "w") as file:
        file["a"] = np.ones(1000, np.float32)
        for place in range(50):
            file[f"again{place}"] = file["a"]
    with h5py.File(path, "r") as file:
        assert safety.check_hdf5(file, "net.h5", path.stat().st_size) == 1000


def test_what_is_declared_keeps_to_what_is_on_disk(tmp_path):
    path = tmp_path / "net.h5"
    with h5py.File(path, "w") as file:
        file["a"] = np.ones(5_000_000, np.float32)
    with h5py.File(path, "r") as file:
        assert safety.check_hdf5(file, "net.h5", 20_000_000) == 5_000_000
        with pytest.raises(UserError, match="only 100 kB are there"):
            safety.check_hdf5(file, "net.h5", 100_000)


def test_an_archive_that_lies_about_its_sizes(tmp_path):
    path = tmp_path / "net.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", b" " * (1 << 20))
        archive.writestr("model.weights.h5", b"x")
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\x01\x02", 0, data.rfind(b"PK\x01\x02"))
    data[at + 24 : at + 28] = (10).to_bytes(4, "little")
    path.write_bytes(data)
    refused(path, "damaged|description")


def test_brackets_without_end(tmp_path, files):
    path = tmp_path / "net.h5"
    path.write_bytes(files[".h5"])
    with h5py.File(path, "r+") as file:
        file.attrs["model_config"] = "[" * 60_000
    refused(path, "description.*damaged")


def test_layers_inside_each_other_a_thousand_times(file):
    def change(config):
        for _ in range(300):
            inner = json.loads(
                json.dumps(
                    {
                        "class_name": "Sequential",
                        "config": {"name": "deep", "layers": [dict(config)]},
                    }
                )
            )
            config.clear()
            config.update(inner)

    try:
        path = edit(file, change)
    except (RecursionError, RuntimeError, OSError):
        pytest.skip("this JSON or HDF5 cannot even write it")
    refused(path, "damaged")


def test_a_folder_of_loops(files, tmp_path):
    path = tmp_path / "net.h5"
    path.write_bytes(files[".h5"])
    with h5py.File(path, "r+") as file:
        file["model_weights/conv/again"] = file["model_weights"]
    network = loader.open_file(path)
    assert network.stage("output").units == 3


def test_weights_that_are_no_numbers(tmp_path):
    model = small()
    kernel, bias = model.get_layer("conv").get_weights()
    model.get_layer("conv").set_weights([kernel * np.nan, bias])
    refused(save(model, tmp_path / "net.keras"), "not numbers.*conv")


# Memory


def peak_memory(work) -> int:
    """How many bytes of memory `work` takes at most, beyond what was in use."""
    Path("/proc/self/clear_refs").write_text("5")
    before = memory("VmRSS")
    work()
    return memory("VmHWM") - before


def memory(field: str) -> int:
    (line,) = re.findall(rf"{field}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(line) * 1024


def wide(side, channels, count):
    """The description of a network whose few weights look at much: `count` maps of all pixels."""
    model = keras.Sequential([keras.Input((8, 8, 3))])
    for place in range(count):
        model.add(layers.Conv2D(channels, 1, activation="relu", name=f"conv{place}"))
    model.add(layers.GlobalAveragePooling2D())
    model.add(layers.Dense(2, activation="softmax"))

    def change(config):
        entries(config, "InputLayer")[0]["config"]["batch_shape"] = [None, side, side, 3]
        config["config"].pop("build_input_shape", None)
        config.pop("build_config", None)
        for layer in config["config"]["layers"]:
            layer.pop("build_config", None)

    return model, change


@pytest.mark.skipif(sys.platform != "linux", reason="the system does not tell the peak of memory")
@pytest.mark.parametrize(
    ("side", "channels", "count", "pattern"),
    [
        (8000, 2, 1, "conv0|data|input.* numbers for one picture"),
        (4000, 4, 5, "The layers in wide.keras give"),
        (1200, 8, 1, None),
    ],
)
def test_few_weights_that_look_at_many_pixels(side, channels, count, pattern, tmp_path):
    model, change = wide(side, channels, count)
    path = edit(save(model, tmp_path / "wide.keras"), change)
    loader.open_file(save(small(), tmp_path / "warm.keras"))  # what every first opening takes

    def work():
        if pattern is None:
            assert loader.open_file(path).size == (side, side)
        else:
            refused(path, pattern)

    assert peak_memory(work) < (1 << 30 if pattern is None else 100 << 20)


@pytest.mark.skipif(sys.platform != "linux", reason="the system does not tell the peak of memory")
@pytest.mark.parametrize("units", [10**6, 10**8])
def test_more_weights_than_the_file_holds_are_not_made(units, file):
    def change(config):
        entries(config, "Dense")[0]["config"]["units"] = units

    edit(file, change)
    taken = peak_memory(lambda: refused(file, "far more weights than the [0-9,]+ that are in it"))
    assert taken < 100 << 20


def test_hollow_data_sets_do_not_add_up(tmp_path, files):
    path = tmp_path / "net.h5"
    path.write_bytes(files[".h5"])
    with h5py.File(path, "r+") as file:
        for place in range(40):  # 15 MB each, of which nothing is there
            file["model_weights"].create_dataset(
                f"hollow{place}", (3_750_000,), "f4", chunks=(1000,), compression="gzip"
            )
    refused(path, "says that it holds")


def test_the_bounds_let_every_keras_application_through():
    assert safety.MAX_WEIGHT_BYTES > 4 * 143_667_240  # VGG19
    assert safety.MAX_MAP_NUMBERS > 17_400_000  # EfficientNet-B7, the largest map
    assert safety.MAPS_PER_WEIGHT * 66_700_000 > 1_046_100_000  # all its maps, and its weights
    assert safety.MAPS_PER_WEIGHT * 88_900_000 > 290_600_000  # NASNetLarge
    assert safety.FREE_MAP_NUMBERS > 79_100_000  # ResNet152
