"""A picture to explain."""

import numpy as np
import pytest


@pytest.fixture(scope="session")
def picture():
    return np.random.default_rng(0).uniform(0, 1, (8, 8, 3)).astype(np.float32)
