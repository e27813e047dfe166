"""What the pages of the Dream workspace say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from visualizer.engine.technique import techniques
from visualizer.gui.core.pages import page
from visualizer.gui.workspace import Explanation

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.objective import Target
    from visualizer.gui.core.session import Session

Facts = tuple[tuple[str, str], ...]

DREAM_HINT = "Choose a picture in the tray and press Start (N): every step appears here."
STIMULUS_HINT = "Choose a stage and a unit: what it most wants to see grows here."
WALL_HINT = "Open a network: what its units want to see fills this wall."
STYLE_HINT = "Choose a content and a style from the tray, and press Start (N)."
DEAD = "Nothing that the picture could change moves this unit: it is dead."

DREAM_FORMULA = "x ← clip( x + α · g / mean|g| ),   g = ∇<sub>x</sub> mean( a<sub>stage</sub>(x)² )"
GUIDED_FORMULA = (
    "g = ∇<sub>x</sub> Σ<sub>p</sub> max<sub>q</sub> a<sub>p</sub>(x) · a<sub>q</sub>(guide)"
)
STIMULUS_FORMULAS = {
    "stimulus": "z* = argmax<sub>z</sub>  E<sub>τ</sub>[ a<sub>unit</sub>( τ( σ( C · F⁻¹ z ) ) ) ]",
    "regularised": "x ← r<sub>θ</sub>( x + η · ∂a<sub>unit</sub> / ∂x )",
}
STYLE_FORMULA = (
    "L = α · Σ ‖F<sub>l</sub>(x) − F<sub>l</sub>(content)‖² + "
    "β · Σ ‖G<sub>l</sub>(x) − G<sub>l</sub>(style)‖² + γ · TV(x),   G = F<sup>T</sup>F"
)


def unit_words(network: Network, stage: str, unit: int) -> str:
    """A unit in words: "goldfish (output 0)" or "conv5, unit 12"."""
    if stage == network.stages[-1].name and unit < len(network.classes):
        return f"{network.label(unit)} ({stage} {unit})"
    return f"{stage}, unit {unit}"


def targets(network: Network | None, climbed: Sequence[Target]) -> str:
    """What is climbed in words: "conv5", or "espresso (output 193) and conv3, unit 7"."""
    said = []
    for target in climbed:
        if network is None or len(target.channels) != 1 or target.position is not None:
            said.append(str(replace(target, weight=1.0)))
        else:
            said.append(unit_words(network, target.stage, target.channels[0]))
    return " and ".join(said)


def question(session: Session, least: bool) -> str:
    """What the page Stimulus answers."""
    network = session.network
    if network is None or not session.stage:
        return ""
    who = unit_words(network, session.stage, session.unit)
    return f"What does {who} want to see {'least' if least else 'most'}?"


def dream(target: str, settings: Any, guide: str, facts: Facts) -> Explanation:
    """Explain the dream on show; `guide` is the title of the picture that leads it, or ""."""
    words = {
        "target": target or "nothing yet",
        "steps": str(settings.steps),
        "octaves": str(settings.octaves),
        "scale": f"{settings.octave_scale:g}",
        "guide_sentence": (f"Here it is led by the features of **{guide}**." if guide else ""),
    }
    formula = GUIDED_FORMULA if guide else DREAM_FORMULA
    return _explanation("dream-deep-dream", words, formula, "dream", facts)


def stimulus(session: Session, method: str, least: bool, facts: Facts) -> Explanation:
    """Explain the stimulus on show."""
    network = session.network
    who = "a unit" if network is None else unit_words(network, session.stage, session.unit)
    words = {"who": who, "most": "least" if least else "most"}
    formula = STIMULUS_FORMULAS[method]
    return _explanation("dream-stimulus", words, formula, method, facts)


def wall(session: Session, every: bool) -> Explanation:
    """Explain the wall on show."""
    name = "dream-hierarchy" if every else "dream-wall"
    formula = STIMULUS_FORMULAS["stimulus"]
    return _explanation(name, {"stage": session.stage or "a stage"}, formula, "wall", ())


def style(settings: Any, facts: Facts) -> Explanation:
    """Explain the painting on show."""
    words = {"content": settings.content_stages, "style": settings.style_stages}
    return _explanation("dream-style", words, STYLE_FORMULA, "style", facts)


def _explanation(
    name: str, words: Mapping[str, str], formula: str, technique: str, facts: Facts
) -> Explanation:
    parts = page(name)
    body = parts["text"].format_map(words).strip()
    return Explanation(
        title=parts["title"].format_map(words),
        body=f"{body}\n\n**What to look for.** {parts['Look for'].format_map(words)}",
        formula=formula,
        facts=facts,
        paper=techniques()[technique].paper,
        page=name,
    )
