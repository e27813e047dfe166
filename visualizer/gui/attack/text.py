"""What the Attack workspace says: the explanation, the sizes and the verdicts, in words."""

from __future__ import annotations

import json
import math
from functools import cache
from typing import TYPE_CHECKING, Any

from visualizer.engine.adversarial import attacks
from visualizer.engine.adversarial.advice import advice, classifier_warning
from visualizer.engine.resources import MissingFileError, resource
from visualizer.gui.attack.answer_bars import ROWS, Share
from visualizer.gui.attack.robustness_table import Verdict
from visualizer.gui.attack.triptych import Panels
from visualizer.gui.core.pages import page
from visualizer.gui.workspace import Explanation
from visualizer.models import catalog

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from visualizer.engine.adversarial.attack_result import AttackResult
    from visualizer.engine.adversarial.transform_robustness import Transfer, TransformResult
    from visualizer.engine.network import Network
    from visualizer.gui.attack.drawing import DrawnAttack
    from visualizer.models.entry import Entry

FORMULAS = {
    "fgsm": "x' = clip( x + ε · sign ∇<sub>x</sub> L(x, y) )",
    "bim": "x<sub>t+1</sub> = clip<sub>ε</sub>( x<sub>t</sub> + α · sign ∇ L(x<sub>t</sub>, y) )",
    "mim": "g<sub>t+1</sub> = μ · g<sub>t</sub> + ∇ L / ‖∇ L‖<sub>1</sub>,  "
    "x<sub>t+1</sub> = clip<sub>ε</sub>( x<sub>t</sub> + α · sign g<sub>t+1</sub> )",
    "pgd": "x<sub>0</sub> = x + noise,  "
    "x<sub>t+1</sub> = Π<sub>ε</sub>( x<sub>t</sub> + α · sign ∇ L(x<sub>t</sub>, y) )",
    "deepfool": "r = |f<sub>k</sub> − f<sub>y</sub>| / ‖∇ f<sub>k</sub> − ∇ f<sub>y</sub>‖² · "
    "( ∇ f<sub>k</sub> − ∇ f<sub>y</sub> )",
    "lbfgs": "minimise  c · ‖r‖² + L(x + r, y')  with  0 ≤ x + r ≤ 1",
    "noise": "x' = x ± ε, each sign by chance",
}
EMPTY = (
    "A small change of the pixels, chosen with the network's own gradient, makes it see something "
    "else. Open a picture and a network, and turn the dial."
)


def explanation(method: str, drawn: DrawnAttack | None) -> Explanation:
    """Explain a method and what came of it."""
    technique, parts = attacks()[method], page("attack")
    if drawn is None or drawn.result.request.method != method:
        return Explanation(f"Attack: {technique.title}", EMPTY, FORMULAS[method], page="attack")
    words = {
        "method": technique.title,
        "method_text": technique.explanation,
        "factor": str(drawn.options.factor),
        "outcome": outcome(drawn),
    }
    size = drawn.size
    return Explanation(
        title=parts["title"].format_map(words),
        body=f"{parts['text'].format_map(words)}\n\n**What to look for.** {parts['Look for']}",
        formula=FORMULAS[method],
        facts=(
            ("L∞", f"{size.linf * 255:.3g}/255"),
            ("L2", f"{size.l2:.4g}"),
            ("RMS", f"{size.rms:.5f}"),
            ("SSIM", f"{size.ssim:.4f}"),
            *(badge_facts() if method == "fgsm" else ()),
        ),
        paper=technique.paper,
        page="attack",
    )


@cache
def badge_facts() -> tuple[tuple[str, str], ...]:
    """The paper's own numbers and ours, as `visualizer badges` found them."""
    try:
        found = json.loads(resource("badges.json").read_text(encoding="utf-8"))["badges"]
    except (MissingFileError, ValueError, KeyError):
        return ()
    return tuple((each["name"], _badge(each)) for each in found)


def _badge(found: dict[str, Any]) -> str:
    both = f"paper {found['published']:.1%}, here {found['ours']:.1%}"
    return both if found["reproduced"] else f"{both}: differs ({found['remark']})"


def outcome(drawn: DrawnAttack) -> str:
    """Say what became of the answer, and what else is to be known of what is on show."""
    result, options = drawn.result, drawn.options
    said = [_outcome(result)]
    network, first = result.network, int(result.outcome.before.argmax())
    if result.truth not in (None, first):
        shown = network.label(result.truth)
        said.insert(0, f"It was misclassified already: by its folder this is {shown}.")
    if options.instead_of:
        used = attacks()[result.request.method].title
        said.append(f"On the camera {used} stands in for {options.instead_of}.")
    if options.noise:
        said.append("This, and what survives, is said of the attack, not of its twin on show.")
    return " ".join(filter(None, [*said, classifier_warning(network)]))


def _outcome(result: AttackResult) -> str:
    network, attacked, settings = result.network, result.outcome, result.request.settings
    first, now = int(attacked.before.argmax()), int(attacked.after.argmax())
    name, after = network.label(first), network.label(now)
    share = attacked.after[now]
    if attacked.targeted and attacked.label == first:
        return f"The network answers **{name}** already, so there was nothing to reach."
    if attacked.targeted and not attacked.success:
        wanted, near = network.label(attacked.label), attacked.after[attacked.label]
        return (
            f"**{wanted}** was not reached ({near:.2%} now); the answer is {after}, {share:.0%}. "
            + advice(attacked.method, settings)
        )
    if attacked.success:
        return f"The network took it for **{name}** and now says **{after}**, {share:.0%}."
    held = f"The network holds out: it still says **{after}**, {share:.0%}."
    return held if attacked.size.linf == 0 else f"{held} {advice(attacked.method, settings)}"


def panels(drawn: DrawnAttack) -> Panels:
    """What the triptych shows of an attack."""
    result, options, size = drawn.result, drawn.options, drawn.size
    network, attacked = result.network, result.outcome
    after = result.passed.noise_probabilities if options.noise else attacked.after
    wrong = int(after.argmax()) != int(attacked.before.argmax())
    levels = f"{size.linf * 255:.3g}/255"
    target = attacked.label if attacked.targeted else None
    if options.noise:
        hint = f"each pixel moved by as much, up or down by chance ({levels})"
    elif size.linf == 0:
        hint = "not changed yet"
    else:
        hint = f"by at most {levels}: can you see it?"
    return Panels(
        pictures=drawn.pictures,
        titles=(
            "original",
            f"difference × {options.factor}",
            "random twin" if options.noise else "adversarial",
        ),
        hints=("as the network sees it, in 8 bits", "grey = unchanged", hint),
        before=shares(network, attacked.before, target),
        after=shares(network, after, target),
        wrong=wrong,
        numbers="   ".join(
            f"{name}\N{NO-BREAK SPACE}{value}"
            for name, value in (
                ("L∞", levels),
                ("L2", f"{size.l2:.2f}"),
                ("RMS", f"{size.rms:.4f}"),
                ("SSIM", f"{size.ssim:.3f}"),
            )
        ),
        noise=noise_words(result),
    )


def verdicts(found: Mapping[str, TransformResult], network: Network) -> dict[str, Verdict]:
    """What becomes of an attack after each change of its picture, by the table's own names."""
    return {
        "jpeg" if name.startswith("jpeg") else name: Verdict(
            each.survived, network.label(each.index), each.probability
        )
        for name, each in found.items()
    }


def transfer_verdict(found: Transfer, other: Network, result: AttackResult) -> tuple[Verdict, str]:
    """What another network makes of an attacked picture, and of both, in words."""
    attacked = result.outcome
    words = f"before: {other.label(found.before)}; after: {other.label(found.after)}"
    if attacked.targeted and found.wanted is None:
        wanted = result.network.label(attacked.label)
        words += f"; it does not know {wanted}, so any other answer counts"
    still = "still " if found.after == found.before else ""
    label = f"{still}{other.label(found.after)}"
    return Verdict(found.fooled, label, found.after_probability), words


def class_names(network: Network | None) -> list[str]:
    """The classes that can be aimed at; two where one number tells two apart."""
    if network is None:
        return []
    known = max(network.stages[-1].units, len(network.classes))
    return [network.label(index) for index in range(known)]


def other_networks(network: Network | None) -> list[tuple[str, str]]:
    """(name, title) of the networks to try a picture on: those at hand and most alike first."""

    def order(entry: Entry) -> tuple[bool, float]:
        known = len(class_names(network)) or entry.classes
        return not entry.available, abs(math.log(entry.classes / known))

    others = [each for each in catalog.entries() if network is None or each.name != network.name]
    return [(entry.name, entry.title) for entry in sorted(others, key=order)]


def shares(network: Network, probabilities: np.ndarray, target: int | None) -> list[Share]:
    """The likeliest classes of one answer; the target is among them, marked."""
    best = network.top(probabilities, ROWS)
    found = [Share(each.label, each.probability, each.index == target) for each in best]
    if target is not None and not any(each.marked for each in found):
        found[-1] = Share(network.label(target), float(probabilities[target]), True)
    return found


def noise_words(result: AttackResult) -> str:
    """What noise of the same size does."""
    network, noisy = result.network, result.passed.noise_probabilities
    now = int(noisy.argmax())
    still = "still " if now == int(result.outcome.before.argmax()) else "now "
    return f"noise of the same size: {still}{network.label(now)} {noisy[now]:.0%}"
