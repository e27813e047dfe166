"""Make the shows that come with the program: each scene is set up in the real window and taken.

What takes long (stimuli, dreams, an evolution, trainings) is computed here and travels with the
show. Everything is seeded, so a show changes only where the program does.

Usage: python packaging/make_shows.py [NAME ...] [--to resources/shows]
"""

import argparse
import os
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from visualizer.engine.objective import Target
from visualizer.engine.shows.bundled import SHOWS
from visualizer.engine.shows.show import Animation, Show
from visualizer.engine.shows.show_file import write_show
from visualizer.gui.shell.workspaces import WORKSPACES
from visualizer.gui.tour import Appearance, Guide, work

CONV1_UNIT = 58
"""A first filter that sees no colours: stripes."""
SIZE = 1600, 900
"""Of the window that scenes are taken of, in pixels."""


class Maker(Guide):
    """The window, in which scenes are set up and taken."""

    def begin(self, title: str, minutes: int) -> None:
        """Begin a show."""
        self.window.shows.put(Show(title, minutes=minutes))

    def network(self, name: str) -> None:
        """Open a network."""
        if self.session.network is None or self.session.network.name != name:
            self.session.open_network(name)
            self.wait(lambda: self.session.network.name == name)
            self.wait()

    def look_at(self, picture: str, stage: str = "", unit: int | None = None) -> None:
        """Choose a picture of the tray by its title, a stage and a unit, the strongest for None."""
        (found,) = [each for each in self.session.specimens if each.title == picture]
        self.session.select(found.id)
        self.session.compare_with(None)
        self.wait()
        if stage:
            self.session.select_stage(stage)
            strongest = self.session.activations.strongest_unit(stage)
            self.session.select_unit(strongest if unit is None else unit)

    def workspace(self, name: str) -> Any:
        """Go to a workspace."""
        self.window.choose_workspace(WORKSPACES.index(name))
        self.wait()
        return self.window.workspace

    def patience_for(self, until: Callable[[], bool]) -> None:
        """Wait for what may take minutes."""
        while not until():
            work()

    def scene(self, title: str, notes: str, moves: str = "", **settings: Any) -> None:
        """Take what is on show."""
        shows = self.window.shows
        self.wait()
        before = shows.count
        shows.add_scene()
        self.wait(lambda: shows.count > before)
        at_once = settings.pop("at_once", False)
        animation = Animation(moves, settings, at_once) if moves else None
        notes = " ".join(notes.split())
        shows.edit(shows.show.changed(shows.index, title=title, notes=notes, animation=animation))
        print(f"  {shows.count:2} {title}", flush=True)


# 1


def hood(make: Maker) -> None:
    """A cup and a cat, from the pixels to the answer."""
    make.begin("What is going on under the hood", 15)
    layers = make.workspace("layers")
    make.look_at("Coffee cup", "data", 0)
    make.scene(
        "A picture, as the network gets it",
        """A network sees no cup. It gets numbers: three for each pixel, red, green and blue.
        Everything that follows is worked out from them. The network here is AlexNet (Krizhevsky,
        Sutskever and Hinton 2012), trained on 200 kinds of things.""",
    )
    make.scene(
        "From the picture to the answer",
        """Press on: the strip walks from the data to the output. Watch the maps grow smaller and
        more of them: the network gives up knowing exactly where, to know better what.""",
        "walk",
        seconds=15.0,
    )
    make.look_at("Coffee cup", "conv1")
    layers.header.kernels.setChecked(True)
    make.scene(
        "The first filters",
        """Nobody drew these. They came out of training: edges in all directions, and blobs of
        colour. Cells in the visual cortex of cats answer to the same things (Hubel and Wiesel
        1962), and almost every network learns them.""",
    )
    layers.header.kernels.setChecked(False)
    make.scene(
        "What the first filters find",
        """Each square is one filter laid over the whole picture: bright where it finds what it
        looks for. At the side the unit that answers loudest, and the patch of pixels it sees.""",
    )
    make.look_at("Coffee cup", "conv3")
    make.scene(
        "In the middle: corners, curves, textures",
        """A unit here looks at the answers of all units before it, so it sees a larger patch and
        can ask for more: two edges that meet, a curve, a grating. Zeiler and Fergus (2014) were
        the first to look at these stages one by one.""",
    )
    make.look_at("Coffee cup", "conv5")
    make.scene(
        "The last filters",
        """Few units answer, each for something of its own: a rim, a dark round thing, a handle.
        Walk through them with the arrow keys; the receptive field covers much of the picture
        now.""",
    )
    make.look_at("Chelsea the cat", "conv5")
    make.scene(
        "The same units, another picture",
        """The same filters, the same order of work, only the picture has changed: other units
        speak up. That is all that recognising is in this network.""",
    )
    make.look_at("Chelsea the cat", "output")
    make.scene(
        "The answer",
        """One number for each class, and they add up to one. The cat is a tabby with some doubt:
        an Egyptian cat is close. The network cannot say “I do not know”: the numbers always add
        up to one.""",
    )
    explain = make.workspace("explain")
    explain.controls.tick(["saliency", "grad-cam", "occlusion"])
    make.wait()
    make.scene(
        "Which pixels mattered?",
        """Three ways to ask: how each pixel would change the answer (Simonyan 2013), where the
        last maps speak for it (Grad-CAM, Selvaraju 2017), and covering the picture piece by piece
        (Zeiler and Fergus 2014). They do not quite agree, and that is worth a word.""",
    )
    explain.controls.tick(list(explain.cards))
    dream = make.workspace("dream")
    make.look_at("Coffee cup", "output")
    dream.choose_page(1)
    make.wait()
    make.scene(
        "What does “espresso” want to see?",
        """Turned around: the network stays as it is, and the picture is changed until this one
        answer is as large as can be (Erhan 2009; Olah, Mordvintsev and Schubert 2017). So this is
        what it took to be the essence of a cup.""",
    )


# 2


def fool(make: Maker) -> None:
    """A change that nobody sees."""
    make.begin("Fool me once", 15)
    attack = make.workspace("attack")
    make.look_at("Chelsea the cat")
    panel = attack.panel
    panel.factor.setValue(20)
    _method(panel, "fgsm")
    panel.dial.set_levels(0)
    make.scene(
        "A cat, says the network",
        """A tabby, and all the runners-up but one are cats, too. The three pictures are the photo,
        what is added to it, and the sum. Nothing is added yet.""",
    )
    make.scene(
        "Turn ε up",
        """Press on: every pixel may change by at most ε of its 255 levels, each in the direction
        that hurts the answer most. Below is the probability of the answer as ε grows. This is the
        fast gradient sign method of Goodfellow, Shlens and Szegedy (2015): one look at the
        gradient, one step.""",
        "turn",
        start=0.0,
        end=8 / 255,
        seconds=12.0,
    )
    panel.dial.set_levels(3)
    make.scene(
        "No cat any more",
        """To us it is the same cat. Below on the right: how far apart the two pictures are inside
        the network, stage by stage. The difference starts small and is blown up on the way.""",
    )
    panel.noise.setChecked(True)
    make.scene(
        "Noise of the same size does nothing",
        """As many levels, at random: the answer stays. So the network is not shaky. It is blind
        in one direction, and the attack finds that direction.""",
    )
    panel.noise.setChecked(False)
    _method(panel, "bim")
    make.network("efficientnet-lite0")
    make.look_at("Coffee cup")
    _method(panel, "bim")
    panel.target.set_target(_class_named(make, "ostrich"))
    panel.dial.set_levels(4)
    make.scene(
        "An ostrich",
        """The triptych of Szegedy and others (2014), who found it: a photo, a change magnified
        many times, and a picture that the network takes for an ostrich. This is another network,
        trained on a thousand classes; small steps one after the other lead to any class one
        likes (Kurakin 2017).""",
    )
    make.network("alexnet")
    make.look_at("Chelsea the cat")
    _method(panel, "pgd")
    panel.target.set_target(None)
    panel.dial.set_levels(3)
    make.wait()
    panel.walk.click()
    make.wait(lambda: make.window.workspace is not attack)
    make.wait()
    make.session.select_stage("conv5")
    make.scene(
        "Where it goes wrong",
        """Photo and fake side by side in every stage. Early on nobody could tell them apart; the
        number under each stage says how far they have drifted.""",
    )
    make.session.compare_with(None)
    attack = make.workspace("attack")
    make.look_at("Chelsea the cat")
    _method(panel, "deepfool")
    make.scene(
        "How little is enough?",
        """DeepFool (Moosavi-Dezfooli 2016) looks for the smallest change there is: it walks
        straight to the nearest border between two answers. For this cat it is next to nothing.""",
    )
    _method(panel, "pgd")
    panel.dial.set_levels(3)
    make.scene(
        "And what survives?",
        """At the side: moved, turned, blurred, saved as a JPEG, shown to another network. Some
        fakes survive being photographed (Kurakin 2017) and some fool networks that nobody
        attacked. The defence that holds best so far is to train on such pictures (Madry 2018).""",
    )


def _method(panel: Any, name: str) -> None:
    panel.methods.setCurrentIndex(panel.methods.findData(name))


def _class_named(make: Maker, name: str) -> str:
    network = make.session.network
    index = next(i for i in range(network.stages[-1].units) if network.label(i) == name)
    return f"#{index}"


def _some_stage(make: Maker, share: float) -> str:
    stages = [stage for stage in make.session.network.stages if stage.spatial]
    return str(stages[round(share * (len(stages) - 1))].name)


# 3


def evolve(make: Maker) -> None:
    """Pictures that are bred until the network is sure."""
    make.begin("Fool me twice", 15)
    make.network("lenet")
    make.look_at("Handwritten seven")
    space = make.workspace("evolve")
    _evolved(make, space, 0, encoding="direct")
    make.scene(
        "Noise, and a network that reads digits",
        """No photo to begin with this time. For each of the ten digits a picture, random at first;
        those that the network likes best have children. This is the wall before anything was
        bred. Press on: forty generations.""",
        "evolve",
        generations=40,
    )
    _evolved(make, space, 150, encoding="direct")
    make.scene(
        "Sure of nothing",
        """A hundred and fifty generations later. To us it is still noise; the network is sure.
        Nguyen, Yosinski and Clune (2015) called such pictures easy to breed, and networks easily
        fooled.""",
    )
    _evolved(make, space, 100, encoding="cppn")
    make.scene(
        "The same, drawn by formulas",
        """Now each picture is a small formula of the place of its pixels (a CPPN, Stanley 2007),
        so it has lines and symmetry. The network is as sure, and here one can see what it goes
        by: a stroke in the right place is enough.""",
    )
    make.network("alexnet")
    make.look_at("Coffee cup")
    _evolved(make, space, 260, encoding="cppn", population=120)
    make.scene(
        "Two hundred classes",
        """The same for photos. Walk over the wall: the network has a reason for each, a colour, a
        pattern, a repeated shape, but nobody would ever take it for the thing. Press on, and it
        goes on breeding from here.""",
        "evolve",
        generations=200,
    )
    frame = space.run.frame
    space.open_champion(int(frame.confidence.argmax()))
    make.wait()
    make.scene(
        "A champion and its ancestors",
        """Who it descends from, and what those were taken for: a champion of one class often came
        from another's. On the right whether it still fools when it is moved, drawn larger or
        saved as a JPEG.""",
    )
    space.back()
    space.controls.layers.click()
    make.wait(lambda: make.window.workspace is not space)
    make.wait()
    make.session.select_stage("conv5")
    make.scene(
        "Inside the network",
        """Through the layers as any photo: the units that speak up are the ones that the real
        thing wakes too. The picture has what the network listens for, and nothing else. Being
        sure is not the same as having understood.""",
    )


def _evolved(make: Maker, space: Any, generations: int, **settings: Any) -> None:
    form = space.controls.settings
    form.set_settings(replace(type(form.settings)(), **settings))
    space.start()
    make.wait(lambda: space.run.frame is not None)
    space.run.pause()
    make.wait()
    done = space.run.frame.step
    if generations > done:
        space.run.go_on(generations - done)
    make.patience_for(lambda: not space.run.running)
    make.wait()
    space.wall_page.wall.set_unit(0)


# 4


def dreams(make: Maker) -> None:
    """From edges to objects, and dreams."""
    make.begin("Dreams", 15)
    dream = make.workspace("dream")
    dream.choose_page(1)
    for stage, unit, title, notes in (
        (
            "conv1",
            CONV1_UNIT,
            "What a first filter wants to see",
            """The network stays as it is; the picture is changed, step by step, until one unit
            answers as loudly as it can. For a first filter that is its own stripes.""",
        ),
        (
            "conv3",
            None,
            "In the middle: a texture",
            """The same question, three stages later: the answer is a texture, for the unit asks
            for the same thing everywhere. Erhan and others asked first (2009).""",
        ),
        (
            "conv5",
            None,
            "The last filters: parts of things",
            """And later still, shapes that begin to look like something. Yosinski and others
            (2015) let everyone walk through them live; Olah, Mordvintsev and Schubert (2017) wrote
            down how to make them clear.""",
        ),
        (
            "output",
            4,
            "An alligator, says the network",
            """Of a class: scales and teeth all over. The network never had to know how many heads
            an alligator has, so there are as many as there is room for.""",
        ),
    ):
        make.look_at("Coffee cup", stage, unit)
        make.wait()
        make.scene(title, notes)
    dream.choose_page(0)
    page = dream.page
    make.look_at("Falcon 9 on its pad")
    page.start_from.setCurrentIndex(0)
    page.targets.set_targets([Target("conv5")])
    page.form.set_settings(replace(page.form.settings, side=270))
    page.start()
    make.patience_for(lambda: not page.run.running)
    make.scene(
        "A rocket dreams",
        """Deep Dream (Mordvintsev, Olah and Tyka 2015): whatever the last filters believe to see is
        made stronger, and shown again. Like seeing faces in clouds, with nobody to say stop.""",
    )
    page.start_from.setCurrentIndex(1)
    page.targets.set_targets([Target("output", (38,))])
    page.form.set_settings(replace(page.form.settings, side=270, steps=40))
    page.start()
    make.patience_for(lambda: not page.run.running)
    make.scene(
        "A dream out of nothing",
        """From white noise, towards one class. Everything in this picture came out of the
        network's weights. Press on, and it dreams on from here.""",
        "run",
    )
    dream.choose_page(3)
    page = dream.page
    make.look_at("Chelsea the cat")
    page.content.setCurrentIndex(0)
    dahlia = next(each for each in make.session.specimens if each.title == "Dahlia")
    page.style_from.choose(dahlia)
    page.form.set_settings(replace(page.form.settings, side=240, content=4.0))
    page.start()
    make.patience_for(lambda: not page.run.running)
    make.scene(
        "A cat, painted as a dahlia",
        """Where the maps are is the content; which of them speak together is the style. Gatys,
        Ecker and Bethge (2016) kept the one of this picture and the other of that. The network was
        never told what a style is.""",
    )


# 5


def training(make: Maker) -> None:
    """A network that learns."""
    make.begin("Training", 15)
    make.network("lenet")
    make.look_at("Handwritten seven")
    train = make.workspace("train")
    usual: Any = type(train.controls.train_settings)(optimizer="sgd", learning_rate=0.1, dropout=0)
    _fresh(make, train, usual)
    train.choose_page("step")
    train.step_page.trace_button.click()
    make.wait()
    make.scene(
        "One step, slowly",
        """A picture of the next batch goes through the network; the loss says how wrong it is; the
        gradient goes back and says of every weight which way is better; every weight moves a
        little. Walk with the arrows. That is all there is to it (Rumelhart, Hinton and Williams
        1986; LeCun 1998), many thousand times.""",
    )
    train.choose_page("curves")
    for rate, batches, title, notes in (
        (
            0.0005,
            150,
            "Too small: it crawls",
            """A hundred and fifty batches, and next to nothing has come of it: the steps point the
            right way and are tiny. Press on, and wait longer.""",
        ),
        (
            0.1,
            80,
            "Just right: it learns",
            """The same network and batches, two hundred times the rate. Press on: the filters on
            the right change while you look.""",
        ),
        (
            10.0,
            0,
            "Too large: it explodes",
            """Press on. Each step jumps across the valley and lands higher up, until the loss is no
            number any more. The program notices, goes back, and suggests another rate.""",
        ),
    ):
        _fresh(make, train, replace(usual, learning_rate=rate))
        if batches:
            train.run.take_batches(batches)
            make.patience_for(lambda: not train.run.running)
        make.scene(title, notes, "train")
    _fresh(make, train, replace(usual, learning_rate=0.3))
    make.scene(
        "Change it on the way",
        """At batch 200 the rate is cut to a tenth: the curve falls once more and goes quiet. That
        is why schedules end small (Bengio 2012; Smith 2017). Then turn the dial yourself.""",
        "rate",
        batch=200,
        learning_rate=0.03,
    )
    _fresh(make, train, usual)
    train.run.take_batches(400)
    make.patience_for(lambda: not train.run.running)
    train.choose_page("mistakes")
    make.wait()
    make.scene(
        "What it still gets wrong",
        """A network that has seen four hundred batches. Its mistakes are not silly: look at the
        pictures, and you would hesitate too. It goes on from here whenever you press play.""",
        "train",
    )


def _fresh(make: Maker, train: Any, settings: Any) -> None:
    """An untrained network with these settings."""
    train.run.clear()
    train.controls.settings.set_settings(settings)
    train.set_rate(settings.learning_rate)
    train.begin()
    make.wait(lambda: train.run.frame is not None)
    make.wait()


# 6


def lesson(make: Maker) -> None:
    """The ideas behind it, played."""
    make.begin("A first lesson", 20)

    def show(name: str, steps: int = 0, **settings: Any) -> Any:
        learn = make.workspace("learn")
        learn.open_lesson(name)
        page = learn.page
        page.form.set_settings(type(page.form.settings)(**settings))
        page.reset(1)
        make.wait()
        if steps:
            page.step(steps)
            make.wait()
        return page

    show("perceptron")
    make.scene(
        "A line that learns from its mistakes",
        """Press on: the perceptron (Rosenblatt 1958) looks at one point after the other. Where one
        is on the wrong side, it is added to the weights, and the line turns. As long as a line can
        part the colours, it comes to rest (Novikoff 1962).""",
        "play",
        seconds=5.0,
    )
    show("perceptron", points="XOR", steps=3).strip.show_question(1)
    make.scene(
        "Four points that no line can part",
        """XOR: opposite corners belong together. Press on, and wait as long as you like. Minsky and
        Papert (1969) showed what a single layer cannot do, and for years few people asked what
        two could.""",
        "play",
        seconds=5.0,
    )
    page = show("perceptron", points="XOR", hidden_neurons=4)
    page.strip.show_question(2)
    page.bar.set_speed(100)
    make.scene(
        "A layer in between can",
        """Four neurons between the points and the answer, each with a line of its own. The slope of
        the error says how to move all of them (Rumelhart, Hinton and Williams 1986). Press on,
        and the plane folds itself.""",
        "play",
        seconds=8.0,
    )
    show("playground", steps=150)
    make.scene(
        "More layers: a spiral",
        """The same idea with three layers of eight neurons. Every small square is what one neuron
        says of the whole plane: lines on the left, curves and patches on the right, put together
        from them. Press on to let it learn.""",
        "play",
        seconds=10.0,
    )
    show("convolution", steps=4)
    make.scene(
        "Convolution: one small window, everywhere",
        """For pictures the neurons share their weights: the same nine numbers slide over the
        picture, and say at each place how well it fits (LeCun 1989). Press on to slide them to the
        end: 4 3 4, 2 4 3, 2 3 4.""",
        "play",
        seconds=5.0,
    )
    show("pooling", steps=2)
    make.scene(
        "Pooling: near enough is good enough",
        """Of each window only the largest number is kept. The map gets smaller, and a small shift
        of the picture changes little: that the corner is there matters more than where.""",
        "play",
        seconds=5.0,
    )
    show("softmax", steps=5)
    make.scene(
        "Softmax: from scores to an answer",
        """The last layer gives a score a class. The exponential makes all of them positive, the
        division makes them add up to one, and the logarithm of the right one says how wrong the
        answer is. Training makes that number small, over all pictures. That was all of it.""",
    )


TALKS: dict[str, Callable[[Maker], None]] = {
    "hood": hood,
    "fool": fool,
    "evolve": evolve,
    "dreams": dreams,
    "training": training,
    "lesson": lesson,
}


def main() -> None:
    """Make the shows that are named, or all."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("names", nargs="*", metavar="NAME")
    options.add_argument("--to", type=Path, default=Path("resources/shows"))
    chosen = options.parse_args()
    chosen.to.mkdir(parents=True, exist_ok=True)
    for name in chosen.names or [show.name for show in SHOWS]:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
            os.environ["VISUALIZER_HOME"] = home
            make = Maker()
            try:
                make.open("alexnet", ())
                make.apply(Appearance("light", SIZE))
                print(name, flush=True)
                TALKS[name](make)
                path = write_show(make.window.shows.show, chosen.to / f"{name}.show")
                print(f"  {path.stat().st_size / 1e6:.2f} MB", flush=True)
            finally:
                make.close()


if __name__ == "__main__":
    main()
