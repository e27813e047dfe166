"""The official archives' layouts, made small, and what is said when they are broken."""

import gzip
import struct

import cv2
import numpy as np
import pytest

from visualizer.engine.training.datasets import read_mnist, read_tiny_imagenet


def idx(array: np.ndarray) -> bytes:
    """The bytes of an array in the IDX format."""
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.tobytes()


@pytest.fixture
def tiny_imagenet(tmp_path):
    """An archive of three classes; each photo is one flat colour that tells its class."""
    wnids = ["n03", "n01", "n02"]
    (tmp_path / "wnids.txt").write_text("\n".join(wnids))
    photos = {}
    for k, wnid in enumerate(sorted(wnids)):
        folder = tmp_path / "train" / wnid / "images"
        folder.mkdir(parents=True)
        photos[wnid] = np.full((64, 64, 3), (0, 0, 80 * (k + 1)), np.uint8)  # BGR: red
        for i in range(4):
            cv2.imwrite(str(folder / f"{wnid}_{i}.JPEG"), photos[wnid])
    images = tmp_path / "val" / "images"
    images.mkdir(parents=True)
    cv2.imwrite(str(images / "val_0.JPEG"), photos["n02"])
    cv2.imwrite(str(images / "val_1.JPEG"), photos["n01"])
    (tmp_path / "val" / "val_annotations.txt").write_text(
        "val_0.JPEG\tn02\t0\t0\t9\t9\nval_1.JPEG\tn01\t0\t0\t9\t9\n"
    )
    return tmp_path


def test_tiny_imagenet_photos_are_rgb_and_labelled_in_sorted_order(tiny_imagenet):
    seen = []
    data = read_tiny_imagenet(tiny_imagenet, "train", lambda done, total: seen.append(done))
    assert data.classes == ("n01", "n02", "n03")
    assert data.pictures.shape == (12, 64, 64, 3)
    np.testing.assert_allclose(data.pictures[:, 0, 0, 0], 80 * (data.labels + 1.0), atol=4)
    assert data.pictures[..., 2].max() < 10
    assert seen[-1] == 12


def test_tiny_imagenet_validation_labels_come_from_the_annotations(tiny_imagenet):
    data = read_tiny_imagenet(tiny_imagenet, "val")
    assert data.labels.tolist() == [1, 0]
    np.testing.assert_allclose(data.pictures[:, 0, 0, 0], [160, 80], atol=4)


def test_split_off_takes_as_many_of_each_class_and_loses_none(tiny_imagenet):
    data = read_tiny_imagenet(tiny_imagenet, "train")
    rest, held_out = data.split_off(per_class=1, seed=3)
    assert sorted(held_out.labels) == [0, 1, 2]
    assert len(rest) == 9
    again = data.split_off(per_class=1, seed=3)[1]
    np.testing.assert_array_equal(again.pictures, held_out.pictures)


def test_a_folder_that_is_not_the_archive_is_said(tmp_path):
    with pytest.raises(ValueError, match=r"wnids\.txt.*tiny-imagenet-200\.zip"):
        read_tiny_imagenet(tmp_path, "train")


def test_a_broken_photo_is_named(tiny_imagenet):
    (tiny_imagenet / "val" / "images" / "val_1.JPEG").write_bytes(b"not a photo")
    with pytest.raises(ValueError, match=r"val_1\.JPEG is not a readable picture"):
        read_tiny_imagenet(tiny_imagenet, "val")


@pytest.mark.parametrize("zipped", [True, False])
def test_mnist_is_read_zipped_or_not(tmp_path, zipped):
    digits = np.arange(3 * 28 * 28, dtype=np.uint8).reshape(3, 28, 28)
    labels = np.array([7, 2, 1], np.uint8)
    for name, array in (("images-idx3", digits), ("labels-idx1", labels)):
        content = idx(array)
        if zipped:
            (tmp_path / f"t10k-{name}-ubyte.gz").write_bytes(gzip.compress(content))
        else:
            (tmp_path / f"t10k-{name}-ubyte").write_bytes(content)
    data = read_mnist(tmp_path, "test")
    np.testing.assert_array_equal(data.pictures[..., 0], digits)
    assert data.labels.tolist() == [7, 2, 1]
    assert data.classes == tuple("0123456789")


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"junk", "not an IDX file"), (idx(np.zeros((2, 28, 28), np.uint8))[:-1], "cut short")],
)
def test_a_broken_mnist_file_is_said(tmp_path, content, said):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(content)
    with pytest.raises(ValueError, match=said):
        read_mnist(tmp_path, "train")


def test_a_missing_mnist_file_is_named(tmp_path):
    with pytest.raises(ValueError, match="holds no t10k-images-idx3-ubyte"):
        read_mnist(tmp_path, "test")
