"""What it takes to begin a training, to go on with it, and to save what came of it."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from visualizer.engine.errors import UserError
from visualizer.models import catalog, training_data
from visualizer.models.training_data import TrainingData

if TYPE_CHECKING:
    import keras

    from visualizer.engine.network import Network
    from visualizer.engine.training.loop import Training
    from visualizer.engine.training.train_settings import TrainSettings
    from visualizer.engine.training.transfer import Transfer

MOST_TEXT, MOST_SIDE = 4096, 1024


class RecipeError(UserError):
    """A training that cannot be begun."""


@dataclass(frozen=True)
class Recipe:
    """The data and the network of a training; how it learns is in its settings.

    Attributes:
        data: a name of `training_data.DATA`, the path of a folder, or `training_data.OWN`.
        model: a name of `networks.MODELS`; with `transfer`, one of the catalogue or a model file.
        transfer: the stage where that network is cut, or "auto"; None to train from scratch.
        unfreeze: of a transfer: how many of the last kept stages learn too, or the name of the
            first that does, once a new head has learnt; None to train the head alone.
        part: of the pictures of a folder that are for validation; see `training_data.opening`.
        layers: of the network, as `bricks.to_list` writes them, where they were built by hand.
        pictures: of `training_data.OWN`: the SHA-256 of the file that holds them, as
            `kept_pictures.keeping` returned it.
        side: of `training_data.OWN`: pixels that they are brought to; see `training_data.own`.
        labels: SHA-256 of the labels of all pictures and the names of their classes, once they have
            been read: a training goes on with no others.
        network: SHA-256 of the network that was cut, once it has been opened; likewise.
    """

    data: str = "digits"
    model: str = "lenet"
    transfer: str | None = None
    unfreeze: str | None = None
    part: float = 0.2
    layers: list[dict[str, Any]] | None = None
    pictures: str = ""
    side: int | None = None
    labels: str = ""
    network: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As a JSON-serialisable dict; `from_dict` reads it back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, kept: dict[str, Any]) -> Recipe:
        """Read what `to_dict` made.

        Raises:
            RecipeError: it is something else.
        """
        try:
            recipe = cls(**kept)
            texts = [recipe.data, recipe.model, recipe.pictures, recipe.labels, recipe.network]
            texts += [recipe.transfer or "", recipe.unfreeze or ""]
            if not all(isinstance(text, str) and len(text) < MOST_TEXT for text in texts):
                raise ValueError("names are missing")
            if not 0 < float(recipe.part) < 1:
                raise ValueError("its part is out of range")
            if recipe.side is not None and not 1 <= int(recipe.side) <= MOST_SIDE:
                raise ValueError("its pictures have no size")
        except (TypeError, ValueError) as error:
            raise RecipeError(
                f"The training's recipe is damaged ({str(error)[:200]}); begin a new one."
            ) from None
        return recipe


@dataclass(frozen=True)
class Prepared:
    """A training that can begin.

    Attributes:
        recipe: what it was made from.
        data: the pictures.
        training: the training; of a transfer, that of the head on kept features, or of the
            unfrozen network on pictures.
        transfer: the network that was cut; None of one that is trained from scratch.
        head_accuracy: of the new head alone, on the validation pictures, before they did.
    """

    recipe: Recipe
    data: TrainingData
    training: Training
    transfer: Transfer | None = None
    head_accuracy: float | None = None

    def model(self) -> keras.Model:
        """The whole network as it is now, of logits: live, but a copy where a head is trained."""
        if self.recipe.unfreeze is not None:
            return self.training.model.layers[-1]  # after what turns pixels into its input
        if self.transfer is None:
            return self.training.model
        return self.transfer.whole(self.training.model)

    def network(self, name: str = "mine", title: str = "My network") -> Network:
        """The network of now, for all that can be done with one.

        It shares the weights with the training, and so is always that of now, unless only a head is
        trained.
        """
        if self.transfer is not None:
            return self.transfer.result(self.model(), name, title)
        from visualizer.engine.training.fresh import explorable

        return explorable(self.training, title, name)

    def keep(self, title: str) -> str:
        """Save the network into the catalogue, under a title.

        Returns:
            Its name there: what `catalog.open_network` and the option --network take.

        Raises:
            SaveError: the folder may not be written to, or the disk is full.
        """
        return self.save(catalog.path_to_keep(title), title).stem

    def save(self, path: Path, title: str = "") -> Path:
        """Write the network as a `.keras` file with its card; see `trained.save_trained`.

        Args:
            path: ends in `.keras`.
            title: what the network is to be called; that of the file if it is "".

        Raises:
            SaveError: the folder may not be written to, or the disk is full.
        """
        from visualizer.models.trained import HISTORY_ROWS, save_trained

        training, network = self.training, self.network()
        last = training.history.epochs[-1] if training.history.epochs else None
        base = None if self.transfer is None else self.transfer.network
        card = {
            "title": title,
            "source": "Trained here" if base is None else f"Trained here, on {base.title}",
            "licence": "" if base is None else (base.card or {}).get("licence", ""),
            "data": self.data.title,
            "credit": self.data.credit,
            "recipe": self.recipe.to_dict(),
            "settings": training.settings.to_dict(),
            "validation_accuracy": None if last is None else last.validation_accuracy,
            "history": training.history.to_dict(HISTORY_ROWS),
        }
        return save_trained(path, network.model, network.classes, network.preprocessing, card)


def preparing(
    recipe: Recipe,
    settings: TrainSettings,
    data: TrainingData | None = None,
    *,
    anew: bool = True,
) -> Generator[Any, None, Prepared]:
    """Open the data, build or open the network, and compute features if it is cut.

    For the compute thread: yields progress with `step` and `total`.

    Args:
        recipe: of the training.
        settings: how it learns; its seed decides the initial weights and the split too.
        data: pictures of the camera or the tray, in place of those that the recipe names.
        anew: False if the weights will be those of a file, so that no head need be trained before
            stages are unfrozen.

    Raises:
        UserError: one sentence on what is wrong and what to do.
    """
    from visualizer.engine.training import bricks
    from visualizer.engine.training.fresh import new_training
    from visualizer.engine.training.networks import MODELS, layers_of

    if recipe.transfer is None and recipe.layers is None and recipe.model not in MODELS:
        known = ", ".join(MODELS)
        raise RecipeError(
            f"From scratch {known} can be trained; to teach {recipe.model} other classes, name "
            "the stage where it is cut, as in --transfer auto."
        )
    if data is None and recipe.data == training_data.OWN:
        raise RecipeError(
            "The pictures of this training were held up to the camera or chosen in the tray; begin "
            "it in the window, or go on with the file that it was saved as."
        )
    if recipe.transfer is not None:
        return (yield from _transferring(recipe, settings, data, anew))
    if data is None:
        data = yield from training_data.opening(recipe.data, settings.seed, part=recipe.part)
    recipe = _with_labels(recipe, data)
    shape = data.split.train.pictures.shape[1:]
    layers = (
        layers_of(recipe.model, shape) if recipe.layers is None else bricks.from_list(recipe.layers)
    )
    return Prepared(recipe, data, new_training(layers, data.split, settings))


def _with_labels(recipe: Recipe, data: TrainingData) -> Recipe:
    """The recipe with the fingerprint of its data.

    Raises:
        RecipeError: it was begun with others.
    """
    digest = hashlib.sha256("\n".join(data.split.classes).encode())
    for side in (data.split.train, data.split.validation):
        digest.update(side.labels.astype("<i8").tobytes())
    if recipe.labels not in ("", digest.hexdigest()):
        raise RecipeError(
            f"The pictures of {data.title} are others than this training was begun with; put them "
            "back as they were, or begin a new training."
        )
    return replace(recipe, labels=digest.hexdigest())


def resuming(path: Path) -> Generator[Any, None, Prepared]:
    """Open the training that a file holds, and bring it to where it was stopped.

    For the compute thread: yields progress with `step` and `total`.

    Args:
        path: of `training_file.save`. Pictures of the camera and the tray are in a file beside it,
            which has the same name and ends in `kept_pictures.SUFFIX`.

    Raises:
        UserError: the file, its data or its pictures are gone, damaged or others.
    """
    from visualizer.engine.training import kept_pictures, training_file

    recipe = Recipe.from_dict(training_file.read_recipe(path))
    settings = training_file.read_settings(path)
    data = None
    if recipe.data == training_data.OWN:
        file = path.with_suffix(kept_pictures.SUFFIX)
        pictures = yield from kept_pictures.reading(file, recipe.pictures)
        data = training_data.own(pictures, recipe.side, settings.seed, recipe.part)
    prepared = yield from preparing(recipe, settings, data, anew=False)
    training_file.resume(prepared.training, path)
    return prepared


def _transferring(
    recipe: Recipe, settings: TrainSettings, data: TrainingData | None, anew: bool
) -> Generator[Any, None, Prepared]:
    from visualizer.engine.training.loop import Training
    from visualizer.engine.training.split import Split
    from visualizer.engine.training.train_settings import HEAD, TrainSettings
    from visualizer.engine.training.transfer import Transfer

    network = yield from catalog.opening(recipe.model)
    if data is None:
        data = yield from training_data.opening(
            recipe.data, settings.seed, part=recipe.part, size=network.size
        )
    recipe = _with_labels(recipe, data)
    if recipe.network not in ("", network.sha256):
        raise RecipeError(
            f"The network {recipe.model} is another one than this training was begun with; put "
            "that one back, or begin a new training."
        )
    recipe = replace(recipe, network=network.sha256)
    assert recipe.transfer is not None
    transfer = Transfer(network, data.split.classes, recipe.transfer)
    head, accuracy = transfer.head(), None
    if recipe.unfreeze is None or anew:
        train = yield from transfer.features(data.split.train, fit=True)
        validation = yield from transfer.features(data.split.validation)
        features = Split(train, validation)
        if recipe.unfreeze is None:
            return Prepared(recipe, data, Training(head, features, settings), transfer)
        learnt = Training(head, features, TrainSettings(**HEAD, seed=settings.seed))
        for _ in learnt.run():
            yield None
        accuracy = learnt.history.epochs[-1].validation_accuracy
    assert recipe.unfreeze is not None
    model = transfer.unfreeze(transfer.whole(head), recipe.unfreeze)
    pictures = Split(transfer.pictures(data.split.train), transfer.pictures(data.split.validation))
    return Prepared(recipe, data, Training(model, pictures, settings), transfer, accuracy)
