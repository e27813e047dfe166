"""The widest gap between two classes of points: what a straight line can do, exactly."""

from __future__ import annotations

from itertools import combinations

import numpy as np

TOLERANCE = 1e-9


def nearest_to_origin(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the point of a convex hull that is nearest to the origin, exactly.

    It lies on a face of at most as many corners as there are dimensions, so all of these are tried:
    for a few dozen points in three dimensions or less.

    Args:
        points: N x D, N at least 1.

    Returns:
        The nearest point (D), and its weights on the points (N, at least 0, sum 1); the origin
        itself where it is inside the hull.
    """
    count, dimensions = points.shape
    best, weights = points[0], np.eye(count)[0]
    for size in range(1, min(dimensions + 1, count) + 1):
        chosen = np.array(list(combinations(range(count), size)))
        corners = points[chosen]  # M x size x D
        # The nearest point of the plane through the corners: G w = λ 1, sum w = 1.
        system = np.zeros((len(chosen), size + 1, size + 1))
        system[:, :size, :size] = corners @ corners.transpose(0, 2, 1)
        system[:, :size, size] = system[:, size, :size] = 1
        right = np.zeros(size + 1)
        right[size] = 1
        solvable = np.abs(np.linalg.det(system)) > TOLERANCE**2
        if not solvable.any():
            continue
        found = np.linalg.solve(system[solvable], right[:, None])[:, :size, 0]
        inside = (found >= -TOLERANCE).all(1)
        if not inside.any():
            continue
        found, corners = found[inside], corners[solvable][inside]
        places = np.einsum("ms,msd->md", found, corners)
        lengths = np.einsum("md,md->m", places, places)
        nearest = int(lengths.argmin())
        if lengths[nearest] < best @ best - TOLERANCE**2:
            best = places[nearest]
            weights = np.zeros(count)
            weights[chosen[solvable][inside][nearest]] = found[nearest]
    return best, weights


def widest_margin(points: np.ndarray, signs: np.ndarray) -> tuple[float, np.ndarray]:
    """Return how wide two classes can be held apart by a line, counted as Novikoff (1962) does.

    Args:
        points: N x D; a constant 1 is appended to each, so that the line may lie anywhere.
        signs: N, +1 or -1.

    Returns:
        The margin γ = max over unit vectors w of min sign (w · (x, 1)), and w (D + 1, the last is
        the bias); 0 and zeros where no line parts them.
    """
    signed = signs[:, None] * np.column_stack([points, np.ones(len(points))])
    nearest, _ = nearest_to_origin(signed)
    length = float(np.linalg.norm(nearest))
    return (length, nearest / length) if length > 1e-6 else (0.0, np.zeros(signed.shape[1]))
