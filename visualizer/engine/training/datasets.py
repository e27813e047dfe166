"""Reads labelled picture collections in the layout of their official archives."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np


@dataclass(frozen=True)
class Dataset:
    """Labelled pictures, held in memory as bytes.

    Attributes:
        pictures: uint8, N x H x W x C, RGB or one grey channel, 0-255.
        labels: int64, N, each an index into `classes`.
        classes: one identifier a class (WordNet ids, or digits).
    """

    pictures: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)

    def split_off(self, per_class: int, seed: int) -> tuple[Dataset, Dataset]:
        """Return (the rest, a held-out part with `per_class` pictures of each class)."""
        order = np.random.default_rng(seed).permutation(len(self))
        held = np.concatenate(
            [order[self.labels[order] == k][:per_class] for k in range(len(self.classes))]
        )
        rest = np.setdiff1d(np.arange(len(self)), held)
        return self.subset(rest), self.subset(held)

    def subset(self, indices: np.ndarray) -> Dataset:
        """Return the pictures at `indices`, in that order."""
        return Dataset(self.pictures[indices], self.labels[indices], self.classes)


def _decode(path: Path) -> np.ndarray:
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise ValueError(f"{path} is not a readable picture; unpack the archive again.")
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def read_tiny_imagenet(
    folder: Path, split: str, progress: Callable[[int, int], None] = lambda _done, _total: None
) -> Dataset:
    """Read the `train` or `val` photos of the unpacked `tiny-imagenet-200.zip`.

    Classes are the 200 WordNet ids in sorted order. Pictures are 64 x 64 x 3.

    Args:
        folder: the unpacked archive: it holds `wnids.txt`, `train/` and `val/`.
        split: `train` (100,000 photos) or `val` (10,000).
        progress: called with (photos read, photos in all) a hundred times or so.

    Raises:
        ValueError: the folder is not the archive's, or a photo is broken.
    """
    folder = Path(folder)
    listing = folder / "wnids.txt"
    if not listing.is_file():
        raise ValueError(
            f"{folder} holds no wnids.txt; give the folder that tiny-imagenet-200.zip unpacks to."
        )
    classes = tuple(sorted(listing.read_text().split()))
    index = {wnid: k for k, wnid in enumerate(classes)}
    if split == "train":
        paths = [
            p for c in classes for p in sorted((folder / "train" / c / "images").glob("*.JPEG"))
        ]
        labels = [index[p.parent.parent.name] for p in paths]
    elif split == "val":
        rows = [
            line.split("\t")
            for line in (folder / "val" / "val_annotations.txt").read_text().splitlines()
        ]
        paths = [folder / "val" / "images" / row[0] for row in rows]
        labels = [index[row[1]] for row in rows]
    else:
        raise ValueError(f"split was {split!r}; it must be 'train' or 'val'.")
    if not paths:
        raise ValueError(f"{folder} holds no {split} photos; unpack the archive again.")
    pictures = np.empty((len(paths), 64, 64, 3), np.uint8)
    stride = max(1, len(paths) // 100)
    with ThreadPoolExecutor() as pool:
        for i, picture in enumerate(pool.map(_decode, paths, chunksize=64)):
            pictures[i] = picture
            if i % stride == 0:
                progress(i, len(paths))
    progress(len(paths), len(paths))
    return Dataset(pictures, np.array(labels, np.int64), classes)


def _read_idx(path: Path) -> np.ndarray:
    """Read one file of the IDX format (LeCun's MNIST page): magic, sizes, bytes."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rb") as file:
        data = file.read()
    if data[:3] != b"\x00\x00\x08":
        raise ValueError(f"{path} is not an IDX file of bytes; download it again.")
    rank = data[3]
    shape = np.frombuffer(data, ">u4", rank, offset=4)
    values = np.frombuffer(data, np.uint8, offset=4 + 4 * rank)
    if values.size != np.prod(shape):
        raise ValueError(f"{path} is cut short; download it again.")
    return values.reshape(shape)


def read_mnist(folder: Path, split: str) -> Dataset:
    """Read the `train` (60,000) or `test` (10,000) digits of MNIST's four official IDX files.

    Pictures are 28 x 28 x 1. The files may be gzipped or not.

    Raises:
        ValueError: a file is missing or broken.
    """
    folder = Path(folder)
    prefix = {"train": "train", "test": "t10k"}.get(split)
    if prefix is None:
        raise ValueError(f"split was {split!r}; it must be 'train' or 'test'.")

    def read(name: str) -> np.ndarray:
        for candidate in (folder / f"{name}.gz", folder / name):
            if candidate.is_file():
                return _read_idx(candidate)
        raise ValueError(f"{folder} holds no {name}(.gz); give the folder of MNIST's four files.")

    pictures = read(f"{prefix}-images-idx3-ubyte")[..., None]
    labels = read(f"{prefix}-labels-idx1-ubyte").astype(np.int64)
    return Dataset(pictures, labels, tuple("0123456789"))


def read_digits() -> Dataset:
    """The 1,797 handwritten digits of 8 x 8 pixels that come with scikit-learn, white on black.

    UCI Optical Recognition of Handwritten Digits (E. Alpaydin and C. Kaynak, CC BY 4.0).
    """
    from sklearn.datasets import load_digits

    found = load_digits()
    pictures = np.round(found.images * (255 / 16)).astype(np.uint8)[..., None]
    return Dataset(pictures, found.target.astype(np.int64), tuple("0123456789"))
