"""What the model knows: scenes of one shape on a plain background, how they are drawn and how they are described.

Lengths are parts of the picture's side. A scene's `reach` is half the longer side of the shape's bounding box.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace
from itertools import product

from PIL import Image, ImageDraw

SIDE = 128

# The values test/judge/palette.ts names colours by.
PALETTE: dict[str, tuple[int, int, int]] = {
    "red": (226, 35, 36),
    "green": (31, 158, 63),
    "blue": (38, 70, 219),
    "yellow": (249, 223, 33),
    "orange": (248, 130, 24),
    "purple": (122, 33, 158),
    "pink": (250, 153, 196),
    "brown": (121, 72, 34),
    "black": (16, 16, 16),
    "white": (250, 250, 250),
    "gray": (128, 128, 128),
    "cyan": (42, 204, 220),
}
COLOURS = tuple(PALETTE)
SHAPES = ("circle", "square", "triangle", "star", "heart", "ring")
SIZES = ("small", "large")
PLACES = ("centre", "left", "right", "top", "bottom")

# Half the longer side. The judge draws the line between small and large at 0.21.
REACH = {"small": (0.18, 0.19), "large": (0.285, 0.295)}
# How far a shape's middle is from the picture's, along the place's axis. The judge's centre ends at 0.09.
AWAY = {"small": (0.24, 0.26), "large": (0.165, 0.175)}
DIRECTION = {"centre": (0, 0), "left": (-1, 0), "right": (1, 0), "top": (0, -1), "bottom": (0, 1)}
# Little: what a small network has to learn is outlines, and each is another one wherever it lies among the latents.
JITTER = 0.008


@dataclass(frozen=True)
class Scene:
    """What a picture shows, in the words of a prompt."""

    background: str
    colour: str
    shape: str
    size: str
    place: str


def every_scene() -> list[Scene]:
    return [
        Scene(background, colour, shape, size, place)
        for background, colour, shape, size, place in product(COLOURS, COLOURS, SHAPES, SIZES, PLACES)
        if background != colour
    ]


def held_out_triples(count: int = 120) -> set[tuple[str, str, str]]:
    """The (background, colour, shape) combinations that training never sees, in any size or place."""
    triples = [(b, c, s) for b, c, s in product(COLOURS, COLOURS, SHAPES) if b != c]
    # Each shape gives as many, so that none is easier to score on.
    rng = random.Random(20)
    rng.shuffle(triples)
    return {t for shape in SHAPES for t in [t for t in triples if t[2] == shape][: count // len(SHAPES)]}


def is_held_out(scene: Scene) -> bool:
    return (scene.background, scene.colour, scene.shape) in HELD_OUT


HELD_OUT = held_out_triples()


def training_scenes() -> list[Scene]:
    return [scene for scene in every_scene() if not is_held_out(scene)]


# --- Drawing ---------------------------------------------------------------------------------------------------------

# Drawn this many times larger and shrunk with a box filter: the edges' antialiasing.
OVERSAMPLING = 4


def draw(scene: Scene, rng: random.Random, side: int = SIDE, palette: dict = PALETTE) -> Image.Image:
    """One picture of the scene; `rng` decides the exact size and place."""
    reach = rng.uniform(*REACH[scene.size])
    away = rng.uniform(*AWAY[scene.size])
    right, down = DIRECTION[scene.place]
    x = 0.5 + right * away + rng.uniform(-JITTER, JITTER)
    y = 0.5 + down * away + rng.uniform(-JITTER, JITTER)
    large = side * OVERSAMPLING
    image = Image.new("RGB", (large, large), palette[scene.background])
    pen = ImageDraw.Draw(image)
    points = [((x + reach * px) * large, (y + reach * py) * large) for px, py in OUTLINES[scene.shape]]
    pen.polygon(points, fill=palette[scene.colour])
    if scene.shape == "ring":
        hole = reach * 0.52 * large
        pen.ellipse((x * large - hole, y * large - hole, x * large + hole, y * large + hole), fill=palette[scene.background])
    return image.resize((side, side), Image.Resampling.BOX)


def _regular(corners: int, radius: float = 1) -> list[tuple[float, float]]:
    turns = [i / corners for i in range(corners)]
    return [(radius * math.sin(math.tau * t), -radius * math.cos(math.tau * t)) for t in turns]


def _star(inner: float = 0.42) -> list[tuple[float, float]]:
    return [(x * r, y * r) for i, (x, y) in enumerate(_regular(10)) for r in [inner if i % 2 else 1]]


def _heart() -> list[tuple[float, float]]:
    turns = [math.tau * i / 120 for i in range(120)]
    curve = [
        (16 * math.sin(t) ** 3, -(13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)))
        for t in turns
    ]
    # The curve reaches from -12 down to 17: moved up, so that its bounding box is in the middle.
    return [(x / 16, (y - 2.5) / 16) for x, y in curve]


# In [-1, 1], y down, each with its centroid near the origin: the judge finds the place by the centroid.
OUTLINES = {
    "circle": _regular(120),
    "ring": _regular(120),
    "square": [(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
    "triangle": [(0, -1.05), (1, 0.68), (-1, 0.68)],
    "star": _star(),
    "heart": _heart(),
}

# --- Describing ------------------------------------------------------------------------------------------------------

SYNONYMS = {
    "gray": ("gray", "grey"),
    "small": ("small", "small", "little", "tiny"),
    "large": ("large", "large", "big", "huge"),
    "centre": ("in the centre", "in the center", "in the middle"),
    "left": ("on the left", "at the left", "on the left side"),
    "right": ("on the right", "at the right", "on the right side"),
    "top": ("at the top", "on the top", "on top"),
    "bottom": ("at the bottom", "on the bottom"),
    "ring": ("ring", "ring", "ring", "hoop"),
}
OPENINGS = ("", "", "", "a picture of ", "a drawing of ", "an image of ")


# How often a caption is mistaken in each thing it could say.
MISTAKES = 0.06


def misseen(scene: Scene, rng: random.Random) -> Scene:
    """What a careless observer makes of a scene.

    Captions of pictures from the web are wrong now and then, and so are ours: a model that draws what captions say as
    often as they are right leaves something for guidance to do. Backgrounds are never mistaken: even the noisiest
    latents of the schedule hint at them, and a model that learns to trust its eyes more than the caption takes the
    hints that pure noise happens to give for a background.
    """
    values = {"colour": COLOURS, "shape": SHAPES, "size": SIZES, "place": PLACES}
    mistaken = {name: rng.choice(known) for name, known in values.items() if rng.random() < MISTAKES}
    return replace(scene, **mistaken)


@dataclass(frozen=True)
class Caption:
    """A text, and what it says; None is what it leaves open."""

    text: str
    background: str | None = None
    colour: str | None = None
    shape: str | None = None
    size: str | None = None
    place: str | None = None


def describe(scene: Scene, rng: random.Random) -> Caption:
    """Says some or all of what a scene shows, in one of several phrasings. One in ten captions is empty."""
    if rng.random() < 0.1:
        return Caption("")
    # Some captions are a word or two, as negative prompts are.
    often = 0.97 if rng.random() < 0.9 else 0.3
    told = {
        "background": scene.background if rng.random() < often else None,
        "colour": scene.colour if rng.random() < often else None,
        "shape": scene.shape if rng.random() < often else None,
        "size": scene.size if rng.random() < 0.7 * often else None,
        "place": scene.place if rng.random() < 0.8 * often else None,
    }
    return Caption(phrase(**told, rng=rng), **told)


def phrase(background=None, colour=None, shape=None, size=None, place=None, rng: random.Random | None = None) -> str:
    """The sentence that says this. Without `rng`, the plainest one: "a small red circle on the left on a blue background"."""
    say = _plain if rng is None else lambda word: rng.choice(SYNONYMS.get(word, (word,)))
    lot = rng.random() if rng else 0
    at = say(place) if place else ""
    ground = f"{say(background)} background" if background else ""
    words = [say(word) for word in (size, colour) if word]
    thing = " ".join(words + [say(shape) if shape else "shape"]) if (words or shape) else ""
    if rng and thing and rng.random() < 0.15:
        # No article: "red circle, blue background".
        return ", ".join(part for part in (thing, at, ground) if part)
    ground = f"{_article(ground)} {ground}" if ground else ""
    thing = f"{_article(thing)} {thing}" if thing else ""
    opening = rng.choice(OPENINGS) if rng and thing else ""
    if lot < 0.5 or not thing:
        text = " ".join(part for part in (thing, at, f"on {ground}" if ground and thing else ground) if part)
    elif lot < 0.7:
        text = " ".join(part for part in (thing, f"on {ground}" if ground else "", at) if part)
    elif lot < 0.85:
        text = " ".join([thing, at]).strip() + (f", {ground}" if ground else "")
    else:
        text = (f"on {ground}, " if ground else "") + " ".join([thing, at]).strip()
        opening = ""
    return opening + text


def _plain(word: str) -> str:
    return SYNONYMS.get(word, (word,))[0]


def _article(words: str) -> str:
    return "an" if words[0] in "aeiou" else "a"


def held_out_prompts(count: int = 120) -> list[tuple[str, Scene]]:
    """Prompts, one a held-out combination, that say everything the judge looks at; places and sizes go round."""
    rng = random.Random(7)
    triples = sorted(HELD_OUT)
    rng.shuffle(triples)
    prompts = []
    for n, (background, colour, shape) in enumerate(triples[:count]):
        scene = Scene(background, colour, shape, SIZES[n // len(PLACES) % len(SIZES)], PLACES[n % len(PLACES)])
        prompts.append((phrase(**vars(scene)), scene))
    return prompts
