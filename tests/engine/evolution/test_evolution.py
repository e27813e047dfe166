"""Whole evolutions of small networks: sure, repeatable, and the same after a stop."""

from __future__ import annotations

import gzip
import json

import keras
import numpy as np
import pytest
from PIL import Image

from visualizer.engine.errors import UserError
from visualizer.engine.evolution import storage
from visualizer.engine.evolution.evolution import Evolution, Generation
from visualizer.engine.evolution.fooling import (
    EvolveSettings,
    champion_picture,
    new_evolution,
    sheet,
)
from visualizer.engine.evolution.gallery import GAP, LETTER, SIDE, gallery
from visualizer.engine.evolution.scoring import BATCH, ClassScores
from visualizer.engine.evolution.survival import survivals
from visualizer.engine.technique import techniques

QUICK = EvolveSettings(population=30, random_starts=60, generations=6, seed=3)


def generations(evolution: Evolution, count: int) -> list[Generation]:
    return [news for _ in range(count) for news in evolution.step() if isinstance(news, Generation)]


def state_of(evolution: Evolution) -> tuple:
    archive = evolution.archive
    genomes = [
        evolution.encoding.packed(archive.champion(int(cell)).genome, True)
        for cell in archive.filled
    ]
    return archive.scores.tolist(), archive.champions.tolist(), genomes, evolution.generation


@pytest.fixture(params=["cppn", "direct"])
def settings(request):
    return EvolveSettings(**{**QUICK.to_dict(), "encoding": request.param})


def test_confidence_rises_and_champions_are_what_the_network_says(plain, settings):
    evolution = new_evolution(plain, settings)
    first = generations(evolution, 2)[-1]
    early = evolution.archive.scores.copy()
    generations(evolution, 15)
    assert first.evaluations == 60
    assert (evolution.archive.scores >= early).all()
    assert evolution.archive.scores.mean() > early.mean()
    for cell in range(5):
        picture = champion_picture(evolution, cell).astype(np.float32) / 255
        said = plain.forward(picture[None])["output"][0, cell]
        assert np.exp(evolution.archive.scores[cell]) == pytest.approx(said, rel=1e-4)
    assert sheet(evolution).dtype == np.float32


def test_the_same_seed_gives_the_same_archive_and_another_another(plain, settings):
    runs = []
    for seed in (3, 3, 4):
        evolution = new_evolution(plain, EvolveSettings(**{**settings.to_dict(), "seed": seed}))
        generations(evolution, 6)
        runs.append(state_of(evolution))
    assert runs[0] == runs[1] != runs[2]


def test_interrupted_and_gone_on_with_it_is_as_if_never_stopped(plain, settings, tmp_path):
    whole = new_evolution(plain, settings)
    generations(whole, 8)
    first = new_evolution(plain, settings)
    generations(first, 5)
    storage.save(first, tmp_path, settings.to_dict())
    second = new_evolution(plain, settings)
    storage.restore(second, storage.read(tmp_path), tmp_path)
    assert state_of(second) == state_of(first)
    generations(second, 3)
    assert state_of(second) == state_of(whole)
    if settings.encoding == "cppn":
        assert [i.number for i in second.archive.line(0)] == [
            i.number for i in whole.archive.line(0)
        ]


def test_a_generation_that_is_broken_off_is_taken_again_as_it_was(plain, settings):
    whole, broken = new_evolution(plain, settings), new_evolution(plain, settings)
    generations(whole, 5)
    generations(broken, 3)
    for slices in (1, 3):
        step = broken.step()
        for _ in range(slices):
            next(step)
        step.close()
    step = broken.step()
    while not isinstance(next(step), Generation):
        pass
    step.close()  # after its end: it stays
    generations(broken, 1)
    assert state_of(broken) == state_of(whole)


def test_what_is_saved_within_a_generation_is_what_was_before_it(plain, settings, tmp_path):
    whole, first = new_evolution(plain, settings), new_evolution(plain, settings)
    generations(whole, 5)
    generations(first, 3)
    step = first.step()
    next(step)
    storage.save(first, tmp_path, settings.to_dict())
    second = new_evolution(plain, settings)
    storage.restore(second, storage.read(tmp_path), tmp_path)
    generations(second, 2)
    assert state_of(second) == state_of(whole)
    for _ in step:  # and the one that was begun is not disturbed
        pass
    generations(first, 1)
    assert state_of(first) == state_of(whole)


def test_a_genome_from_elsewhere_wins_where_it_is_better(plain):
    evolution, other = new_evolution(plain, QUICK), new_evolution(plain, QUICK)
    generations(evolution, 8)
    best = int(evolution.archive.scores.argmax())
    champion = evolution.archive.champion(best)
    assert best in other.introduce(champion.genome)
    assert other.archive.scores[best] == pytest.approx(evolution.archive.scores[best], abs=1e-5)
    assert other.archive.evaluations == 1
    assert len(evolution.introduce(champion.genome)) == 0


def test_what_is_known_of_a_generation_is_not_computed_again(plain, settings, tmp_path):
    whole, first = new_evolution(plain, settings), new_evolution(plain, settings)
    generations(whole, 4)
    generations(first, 3)
    step = first.step()
    while not first.rows:
        next(step)
    storage.save(first, tmp_path, settings.to_dict())
    second = new_evolution(plain, settings)
    storage.restore(second, storage.read(tmp_path), tmp_path)
    asked = []
    exact = second.scores.exact
    second.scores.exact = lambda pictures: (asked.append(len(pictures)), exact(pictures))[1]
    generations(second, 1)
    assert sum(asked) == 30 - sum(map(len, first.rows)) < 30
    assert state_of(second) == state_of(whole)


def test_a_genome_that_joins_does_away_with_what_was_known(plain):
    evolution = new_evolution(plain, QUICK)
    generations(evolution, 2)
    step = evolution.step()
    while not evolution.rows:
        next(step)
    step.close()
    evolution.introduce(evolution.encoding.random(np.random.default_rng(0)))
    assert evolution.rows == []


def test_robust_champions_are_as_sure_of_their_versions(plain):
    settings = EvolveSettings(**{**QUICK.to_dict(), "robust": True})
    evolution = new_evolution(plain, settings)
    generations(evolution, 8)
    for cell in range(5):
        found = survivals(evolution.scores, cell, None, champion_picture(evolution, cell))
        sure = {each.name: each.probability for each in found}
        least = min(sure[n] for n in ("as it is", "as JPEG, quality 75", "moved by 2 pixels"))
        assert np.exp(evolution.archive.scores[cell]) == pytest.approx(least, rel=1e-4)


def test_what_is_left_at_other_sizes_and_after_changes(plain):
    evolution = new_evolution(plain, QUICK)
    generations(evolution, 8)
    cell = int(evolution.archive.scores.argmax())
    genome, own = evolution.archive.champion(cell).genome, champion_picture(evolution, cell)
    draw = lambda height, width: evolution.encoding.picture(genome, height, width)  # noqa: E731
    found = {each.name: each for each in survivals(evolution.scores, cell, draw, own)}
    sure = np.exp(evolution.archive.scores[cell])
    assert found["as it is"].probability == pytest.approx(sure, rel=1e-4)
    large = plain.fit(draw(48, 48).astype(np.float32) / 255)
    said = plain.forward(large[None])["output"][0]
    assert found["drawn at 2 × the size"].probability == pytest.approx(said[cell], abs=0.02)
    assert found["drawn at 2 × the size"].best >= found["drawn at 2 × the size"].probability
    assert {"as JPEG, quality 75", "moved by 2 pixels"} < set(found)
    assert not any("size" in each.name for each in survivals(evolution.scores, cell, None, own))


def test_the_gallery_names_every_champion(plain):
    evolution = new_evolution(plain, QUICK)
    generations(evolution, 3)
    steps = gallery(evolution)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            sheet = end.value
            break
    assert sheet.dtype == np.uint8
    best = int(evolution.archive.scores.argmax())
    drawn = np.asarray(
        Image.fromarray(champion_picture(evolution, best)).resize((SIDE, SIDE)), np.uint8
    )
    np.testing.assert_array_equal(sheet[GAP : GAP + SIDE, GAP : GAP + SIDE], drawn)
    assert (sheet[GAP + SIDE : GAP + SIDE + LETTER] < 128).any()  # words


def test_the_technique_shows_a_sheet_and_ends_with_its_numbers(plain, photo):
    from visualizer.engine.specimen import Provenance, Specimen

    specimen = Specimen(photo, "Photo", Provenance("test"))
    frames = list(techniques()["evolve"](plain, specimen, QUICK))
    assert frames[-1].step == frames[-1].total == 6
    assert frames[-1].picture is not None
    assert frames[-1].numbers["evaluations"] == 60 + 4 * 30
    assert 0 < frames[-1].numbers["median_confidence"] <= 1
    assert len(frames) > 12  # with breaths


def test_chosen_classes_alone_have_cells(plain):
    evolution = new_evolution(plain, QUICK, classes=[3, 1])
    generations(evolution, 4)
    picture = champion_picture(evolution, 0).astype(np.float32) / 255
    said = plain.forward(picture[None])["output"][0, 3]
    assert np.exp(evolution.archive.scores[0]) == pytest.approx(said, rel=1e-4)


def classifier(units: int, activation: str | None, explore, **options):
    layers = [
        keras.layers.Input((12, 12, 3)),
        keras.layers.Conv2D(4, 3, activation="relu"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(units, activation=activation),
    ]
    return explore(keras.Sequential(layers), **options)


def test_two_classes_in_one_number(explore):
    network = classifier(1, "sigmoid", explore, classes=["cat", "dog"])
    scores = ClassScores(network)
    pictures = np.random.default_rng(0).integers(0, 256, (3, 12, 12, 3), dtype=np.uint8)
    said = network.forward(pictures.astype(np.float32) / 255)["output"][:, 0]
    np.testing.assert_allclose(
        np.exp(scores.exact(pictures)), np.stack([1 - said, said], 1), rtol=1e-4
    )


def test_a_thousand_classes_and_classes_by_themselves(explore):
    for units, activation in ((1000, "softmax"), (7, "sigmoid")):
        network = classifier(units, activation, explore)
        evolution = new_evolution(network, QUICK)
        generations(evolution, 2)
        assert len(evolution.archive.filled) == units


@pytest.mark.parametrize(
    ("units", "activation", "classes", "words"),
    [
        (1, None, [], "does not tell classes apart"),
        (1, "softmax", ["cat"], "does not tell classes apart"),
        (3, None, [], "plain values and not with classes"),
    ],
    ids=["regression", "one class", "regression of a vector"],
)
def test_what_is_no_classifier_is_refused(units, activation, classes, words, explore):
    with pytest.raises(UserError, match=words):
        new_evolution(classifier(units, activation, explore, classes=classes), QUICK)


def test_named_scores_are_of_classes(explore):
    network = classifier(3, None, explore, classes=["ant", "bee", "cat"])
    evolution = new_evolution(network, QUICK)
    generations(evolution, 2)
    assert len(evolution.archive.filled) == 3


def test_answers_that_are_no_numbers_win_nothing(explore):
    network = classifier(3, "softmax", explore)
    network.model.layers[-1].bias.assign([np.nan] * 3)
    evolution = new_evolution(network, QUICK)
    generations(evolution, 3)
    assert len(evolution.archive.filled) == 0
    assert sheet(evolution) is None
    assert evolution.summary()["median_confidence"] == 0


def test_a_score_does_not_depend_on_its_neighbours(plain):
    scores = ClassScores(plain, screen=False)
    pictures = np.random.default_rng(0).integers(0, 256, (BATCH + 3, 24, 24, 3), dtype=np.uint8)
    together = scores.exact(pictures)
    alone = np.concatenate([scores.exact(picture[None]) for picture in pictures])
    np.testing.assert_array_equal(together, alone)


def test_screening_changes_no_archive(plain, monkeypatch):
    """A screen that is as wrong as it may be: the same champions as without."""
    exact, rng = new_evolution(plain, QUICK), np.random.default_rng(0)
    generations(exact, 6)
    screened = new_evolution(plain, QUICK)
    wrong = screened.scores
    wrong._screen, wrong.margin = wrong._exact, 0.4
    monkeypatch.setattr(
        wrong, "screened", lambda x: wrong.exact(x) + rng.uniform(-0.4, 0.4, (len(x), 5))
    )
    generations(screened, 6)
    assert state_of(screened)[0] == state_of(exact)[0]
    assert state_of(screened)[2] == state_of(exact)[2]


# Files


@pytest.fixture
def saved(plain, tmp_path):
    evolution = new_evolution(plain, QUICK)
    generations(evolution, 3)
    storage.save(evolution, tmp_path, QUICK.to_dict())
    return tmp_path


def test_another_networks_evolution_is_refused(saved, residual, explore):
    network = classifier(5, "softmax", explore, title="Other", sha256="ff")
    with pytest.raises(UserError, match="of the network plain, not of Other"):
        storage.restore(new_evolution(network, QUICK), storage.read(saved), saved)


def test_a_folder_without_one_is_said(tmp_path):
    with pytest.raises(UserError, match="no evolution"):
        storage.read(tmp_path)


def test_a_full_disk_leaves_the_old_state(saved, plain, monkeypatch):
    import errno
    from pathlib import Path

    before = (saved / storage.FILE).read_bytes()
    monkeypatch.setattr(
        Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(errno.ENOSPC, ""))
    )
    with pytest.raises(UserError, match="disk is full"):
        storage.save(new_evolution(plain, QUICK), saved, {})
    assert (saved / storage.FILE).read_bytes() == before
    assert list(saved.iterdir()) == [saved / storage.FILE]


def test_it_is_saved_in_slices_and_only_what_is_new_is_written_down(
    plain, settings, tmp_path, monkeypatch
):
    monkeypatch.setattr(storage, "WRITTEN_AT_ONCE", 2)
    monkeypatch.setattr(storage, "PIXELS_AT_ONCE", 2)
    evolution = new_evolution(plain, settings)
    generations(evolution, 4)
    first = sum(1 for _ in storage.saving(evolution, tmp_path, settings.to_dict()))
    saved = (tmp_path / storage.FILE).read_bytes()
    again = sum(1 for _ in storage.saving(evolution, tmp_path, settings.to_dict()))
    assert first - again == -(-len(evolution.archive.individuals) // 2) > 2
    assert (tmp_path / storage.FILE).read_bytes() == saved
    generations(evolution, 1)
    steps = storage.saving(evolution, tmp_path, settings.to_dict())
    next(steps)
    steps.close()
    assert (tmp_path / storage.FILE).read_bytes() == saved
    assert list(tmp_path.iterdir()) == [tmp_path / storage.FILE]


def changed(folder, change):
    path = folder / storage.FILE
    state = json.loads(gzip.decompress(path.read_bytes()))
    change(state)
    path.write_bytes(gzip.compress(json.dumps(state).encode()))


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.update(champions=[99] * 5),
        lambda s: s.update(champions=["x"] * 5),
        lambda s: s.update(scores=[1, 2]),
        lambda s: s.update(scores=["nan"] * 5),
        lambda s: s.update(classes=[0]),
        lambda s: s.update(random={"bit_generator": "os"}),
        lambda s: s.update(individuals=[[1]]),
        lambda s: s["individuals"][0].__setitem__(4, {"outputs": 3}),
        lambda s: s["individuals"][0].__setitem__(0, -1),
        lambda s: s.update(generation=1.5),
        lambda s: s.pop("since"),
        lambda s: s["individuals"][0].__setitem__(1, [s["individuals"][0][0]]),
        lambda s: s["individuals"][0].__setitem__(3, [5]),
        lambda s: s.update(evaluations=0),
        lambda s: s.update(scores=[float("inf")] * 5),
        lambda s: s.update(champions=[-1] * 5),
        lambda s: s.update(rows=["0000"]),
        lambda s: s.update(rows=[7]),
    ],
)
def test_hostile_states_are_refused_in_a_sentence(saved, plain, change):
    changed(saved, change)
    with pytest.raises(UserError, match="damaged"):
        storage.restore(new_evolution(plain, QUICK), storage.read(saved), saved)


@pytest.mark.parametrize(
    "data",
    [b"", b"\x1f\x8b", gzip.compress(b"[]"), gzip.compress(b"{" * 9999)],
    ids=["empty", "cut", "list", "no JSON"],
)
def test_files_that_are_no_state_are_refused(saved, data):
    assert storage.saved_evaluations(saved, "") == 90
    (saved / storage.FILE).write_bytes(data)
    assert storage.saved_evaluations(saved, "") is None
    with pytest.raises(UserError, match="damaged"):
        storage.read(saved)


def test_more_values_than_fit_into_memory_are_not_read(saved, monkeypatch):
    monkeypatch.setattr(storage, "MAX_VALUES", 1000)
    (saved / storage.FILE).write_bytes(gzip.compress(b"[" + b"[]," * 1000 + b"0]"))
    with pytest.raises(UserError, match="too large"):
        storage.read(saved)


def test_a_bomb_is_not_inflated(saved, monkeypatch):
    monkeypatch.setattr(storage, "MAX_BYTES", 1000)
    (saved / storage.FILE).write_bytes(gzip.compress(b" " * 100_000))
    with pytest.raises(UserError, match="too large"):
        storage.read(saved)
