"""Style transfer: its loss by hand, and that both ways of seeking make it small."""

import numpy as np
import pytest

from visualizer.engine import backend
from visualizer.engine.ascent import style as style_module
from visualizer.engine.ascent.diversity import gram
from visualizer.engine.ascent.style import StyleLoss, StyleSettings, style_steps
from visualizer.engine.errors import UserError
from visualizer.engine.objective import parse_targets
from visualizer.engine.specimen import Provenance, Specimen


@pytest.fixture(scope="module")
def pictures():
    """Noise, and stripes of red and blue to paint it with."""
    both = np.random.default_rng(8).uniform(0.1, 0.9, (2, 24, 32, 3)).astype(np.float32)
    both[1] *= 0.3
    both[1, ::4, :, 0] = both[1, 2::4, :, 2] = 0.95
    return both


def test_gram_by_hand():
    maps = np.random.default_rng(0).normal(0, 1, (2, 3, 4, 5)).astype(np.float32)
    by_hand = np.stack([m.reshape(12, 5).T @ m.reshape(12, 5) / 12 for m in maps])
    np.testing.assert_allclose(backend.compiled(gram)(maps), by_hand, rtol=1e-4, atol=1e-5)


def test_the_loss_by_hand(flat, pictures):
    content, painted = pictures
    x = np.random.default_rng(9).uniform(0, 1, content.shape).astype(np.float32)
    targets = parse_targets("conv1"), parse_targets("0.5*conv1 + data")
    loss = StyleLoss(flat, painted, *targets, (2.0, 3.0, 0.1))
    value, parts, gradient = loss(x, content)
    matrix = flat.model.get_weights()[0][0, 0]

    def relative(a, b):
        return ((a - b) ** 2).mean() / (b**2).mean()

    def products(maps):
        flat_maps = maps.reshape(-1, maps.shape[-1])
        return flat_maps.T @ flat_maps / len(flat_maps)

    far = relative(x @ matrix, content @ matrix)
    unlike = 0.5 * relative(products(x @ matrix), products(painted @ matrix))
    unlike += relative(products(x), products(painted))
    rough = (np.diff(x, axis=0) ** 2).mean() + (np.diff(x, axis=1) ** 2).mean()
    assert parts["content"] == pytest.approx(far, rel=1e-3)
    assert parts["style"] == pytest.approx(unlike, rel=1e-3)
    assert parts["roughness"] == pytest.approx(rough, rel=1e-3)
    assert value == pytest.approx(2 * far + 3 * unlike + 10 * rough, rel=1e-3)
    direction = gradient / np.linalg.norm(gradient)
    ends = [loss(x + s * 1e-2 * direction, content)[0] for s in (1, -1)]
    assert np.linalg.norm(gradient) == pytest.approx((ends[0] - ends[1]) / 2e-2, rel=0.03)


def test_a_picture_is_at_no_distance_from_itself(hill, pictures):
    targets = parse_targets("conv2"), parse_targets("conv1 + conv2")
    loss = StyleLoss(hill, pictures[0], *targets, (1.0, 1.0, 0.0))
    x = pictures[0] + np.float32(1e-4)
    value, _, _ = loss(x, pictures[0])
    assert 0 <= value < 1e-4


@pytest.mark.parametrize("optimiser", ["adam", "lbfgs"])
@pytest.mark.parametrize("start", ["content", "noise"])
def test_the_loss_becomes_small(hill, pictures, optimiser, start):
    how = StyleSettings(
        content_stages="conv2",
        style_stages="conv1 + conv2",
        optimiser=optimiser,
        start=start,
        steps=15,
        variation=0.0,
    )
    steps = list(style_steps(hill, *pictures, how))
    assert len(steps) == 15
    values = [numbers["objective"] for _, numbers in steps]
    assert values[-1] < 0.8 * values[0]
    assert all(0 <= picture.min() <= picture.max() <= 1 for picture, _ in steps)


@pytest.mark.parametrize("stages", ["output", "conv1:2", "conv9"])
def test_stages_that_cannot_stand_for_style_are_said(hill, pictures, stages):
    with pytest.raises(UserError, match=r"cannot stand for|no stage"):
        next(style_steps(hill, *pictures, StyleSettings(style_stages=stages)))


def test_pictures_too_small_are_said(hill, pictures):
    content, painted = pictures
    for pair in ((content[:4], painted), (content, painted[:4])):
        how = StyleSettings(content_stages="conv2", style_stages="conv1")
        with pytest.raises(UserError, match=r"32 x 4 pixels, too small .* needs 5 x 5"):
            next(style_steps(hill, *pair, how))


def test_l_bfgs_ends_where_nothing_is_better(hill, pictures):
    """A picture in its own style is the best there is."""
    content, _ = pictures
    how = StyleSettings(
        content_stages="conv2", style_stages="conv1", optimiser="lbfgs", variation=0.0, steps=400
    )
    nearly = content.copy()
    nearly[0, 0] += 0.01
    steps = list(style_steps(hill, nearly, content, how))
    assert len(steps) < 400


def test_the_last_frame_tells_what_came_of_it(hill, pictures, monkeypatch):
    content, painted = pictures
    monkeypatch.setattr(style_module, "named_picture", lambda name: painted)
    specimen = Specimen(content, "Noise", Provenance("test"))
    how = StyleSettings(
        style="stripes", content_stages="conv2", style_stages="conv1", steps=5, side=32
    )
    frames = list(style_module.style(hill, specimen, how))
    assert [frame.step for frame in frames] == [1, 2, 3, 4, 5]
    pending = frames[-1].numbers
    loss = style_module.style_loss(hill, painted, how)
    assert pending["at the start"] == pytest.approx(loss(content, content)[0], rel=1e-4)
    assert pending["at the end"] == pytest.approx(loss(frames[-1].picture, content)[0], rel=1e-4)
    assert pending["at the end"] < pending["at the start"]
