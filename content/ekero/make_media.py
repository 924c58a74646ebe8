#!/usr/bin/env python3
"""Make the film and the recorded sound of the Ekerö pack.

The results are in the repository, so nobody needs this script to run the product. To make them anew:

    apt-get install espeak-ng fonts-dejavu-core
    pip install pillow av
    python content/ekero/make_media.py [film|sound]

It makes
* `courses/valkommen-till-ekero/media/langs-linjen.mp4` (H.264 and AAC) with captions in Swedish and English, and
* for two stops of the tour, the story read aloud by a synthetic voice (AAC, mono).

Everything is drawn here; nothing is downloaded and no other work is copied.
"""

from __future__ import annotations

import io
import math
import re
import subprocess
import sys
import wave
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from PIL import Image, ImageDraw, ImageFont

PACK = Path(__file__).resolve().parent
COURSE_MEDIA = PACK / "courses" / "valkommen-till-ekero" / "media"
TOUR = PACK / "activities" / "ekero-runt"
SPOKEN_STOPS = ("ekero-centrum", "hovgarden")
LANGUAGES = ("sv", "en")

RATE = 22050  # samples a second, as espeak-ng speaks
WORDS_PER_MINUTE = {"sv": 148, "en": 150}
SOUND_BITS = 24_000  # a second; speech needs no more, and a phone plan thanks us

WIDTH, HEIGHT, FPS = 960, 540, 25
UNIT = 3  # pixels drawn per unit of the 640 × 360 drawing, before the frame is made smaller
HORIZON = 214

INK, PAPER, WATER, LAND = "#16242E", "#F6F4EE", "#DCECF3", "#E1EFDF"
AMBER, LAKE, EDGE = "#FBECCB", "#0B5A7D", "#72808A"

Point = tuple[float, float]


# --- what is said --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Scene:
    """A place on the line: where it is in the panorama, what its plate says, and what is said of it."""

    at: float
    plate: str
    spoken: str
    captions: dict[str, str]


SCENES = (
    Scene(
        330,
        "Ekerö centrum",
        "Välkommen till Ekerö. Din linje börjar här.",
        {"sv": "Välkommen till Ekerö.\nDin linje börjar här.", "en": "Welcome to Ekerö.\nYour line begins here."},
    ),
    Scene(
        990,
        "Drottningholm",
        "På Lovön ligger Drottningholm. Det är Sveriges första världsarv.",
        {
            "sv": "På Lovön ligger Drottningholm.\nDet är Sveriges första världsarv.",
            "en": "Drottningholm is on Lovön.\nIt is Sweden's first world heritage site.",
        },
    ),
    Scene(
        1650,
        "Färingsö",
        "På Färingsö finns skolor, äldreomsorg och bördig jord.",
        {
            "sv": "På Färingsö finns skolor,\näldreomsorg och bördig jord.",
            "en": "On Färingsö there are schools,\ncare for the elderly and fertile soil.",
        },
    ),
    Scene(
        2310,
        "Munsö",
        "På Munsö står en rund kyrka från elvahundratalet.",
        {
            "sv": "På Munsö står en rund kyrka\nfrån 1100-talet.",
            "en": "On Munsö stands a round church\nfrom the twelfth century.",
        },
    ),
    Scene(
        3080,
        "Adelsö",
        "Till Adelsö tar du färjan. På andra sidan vattnet ligger Birka.",
        {
            "sv": "Till Adelsö tar du färjan.\nPå andra sidan vattnet ligger Birka.",
            "en": "You take the ferry to Adelsö.\nAcross the water lies Birka.",
        },
    ),
    Scene(
        3640,
        "",
        "Överallt arbetar dina kollegor. Nu är du en av oss.",
        {
            "sv": "Överallt arbetar dina kollegor.\nNu är du en av oss.",
            "en": "Your colleagues are at work in all these places.\nNow you are one of us.",
        },
    ),
)
START_AT, PANORAMA_END = 40.0, 4300
BUS_AT, SIGHT_AHEAD = 150, 200  # where the bus is in the picture, and how far ahead of it the sight stands
QUAY_WEST, QUAY_EAST = 2700.0, 3400.0  # between them the bus is on the ferry


# --- sound ---------------------------------------------------------------------------------------------------------


def speak(text: str, language: str) -> array[int]:
    """Let espeak-ng read the text; return its samples."""
    command = ["espeak-ng", "-v", language, "-s", str(WORDS_PER_MINUTE[language]), "-a", "78", "--stdout"]
    result = subprocess.run(command, input=text.encode(), capture_output=True, check=True)
    with wave.open(io.BytesIO(result.stdout)) as spoken:
        assert (spoken.getframerate(), spoken.getnchannels()) == (RATE, 1)
        samples = array("h")
        samples.frombytes(spoken.readframes(10**9))
    return samples


def silence(seconds: float) -> array[int]:
    return array("h", bytes(2 * round(seconds * RATE)))


def plain_paragraphs(markdown: str) -> list[str]:
    """The words of a simple Markdown text, one paragraph or list item each, with no marks left to read out."""
    paragraphs: list[str] = []
    for block in re.split(r"\n\s*\n|\n(?=- |\d+\. )", markdown.strip()):
        text = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", " ".join(block.split()))
        text = re.sub(r"^(#+|-|>|\d+\.)\s+", "", text)
        text = re.sub(r"[*_`]", "", text)
        paragraphs.append(text if text[-1] in ".?!:" else text + ".")
    return paragraphs


def add_sound_stream(container: av.container.OutputContainer) -> av.AudioStream:
    stream = container.add_stream("aac", rate=RATE, layout="mono")
    stream.bit_rate = SOUND_BITS
    return stream


def encode_sound(container: av.container.OutputContainer, stream: av.AudioStream, samples: array[int]) -> None:
    resampler = av.AudioResampler(format="fltp", layout="mono", rate=RATE, frame_size=1024)
    frame = av.AudioFrame(format="s16", layout="mono", samples=len(samples))
    frame.sample_rate = RATE
    frame.pts = 0
    frame.planes[0].update(samples.tobytes())
    for piece in [*resampler.resample(frame), *resampler.resample(None)]:
        container.mux(stream.encode(piece))
    container.mux(stream.encode(None))


def make_sound() -> None:
    """Read the stories of the chosen stops aloud, in both languages."""
    for stop in SPOKEN_STOPS:
        for language in LANGUAGES:
            story = (TOUR / language / f"{stop}.md").read_text(encoding="utf-8")
            samples = silence(0.3)
            for paragraph in plain_paragraphs(story):
                samples += speak(paragraph, language) + silence(0.25)
            path = TOUR / "media" / f"{stop}.{language}.m4a"
            with av.open(str(path), "w", format="ipod", options={"movflags": "+faststart"}) as container:
                encode_sound(container, add_sound_stream(container), samples)
            print(f"{path.name}: {len(samples) / RATE:.0f} s, {path.stat().st_size // 1000} kB")


# --- drawing -------------------------------------------------------------------------------------------------------


class Pen:
    """Draws in the units of the illustrations (640 × 360) with their two-unit ink stroke."""

    def __init__(self, image: Image.Image, left: float = 0, top: float = 0, scale: float = 1) -> None:
        self.draw, self.left, self.top, self.scale = ImageDraw.Draw(image), left, top, scale
        self.ink = 2 * UNIT

    def moved(self, x: float, y: float, scale: float = 1) -> Pen:
        pen = object.__new__(Pen)
        pen.draw, pen.ink = self.draw, self.ink
        pen.left, pen.top, pen.scale = self.left + x * self.scale, self.top + y * self.scale, self.scale * scale
        return pen

    def at(self, point: Point) -> Point:
        return (self.left + point[0] * self.scale) * UNIT, (self.top + point[1] * self.scale) * UNIT

    def shape(self, points: list[Point], fill: str) -> None:
        dots = [self.at(point) for point in points]
        self.draw.polygon(dots, fill=fill)
        self.draw.line([*dots, dots[0], dots[1]], fill=INK, width=self.ink, joint="curve")

    def stroke(self, *points: Point, colour: str = INK, width: float = 2) -> None:
        dots = [self.at(point) for point in points]
        self.draw.line(dots, fill=colour, width=round(width * UNIT), joint="curve")

    def box(self, x: float, y: float, width: float, height: float, fill: str, radius: float = 0) -> None:
        corners = [*self.at((x, y)), *self.at((x + width, y + height))]
        self.draw.rounded_rectangle(corners, radius * self.scale * UNIT, fill, INK, self.ink)

    def disc(self, x: float, y: float, radius: float, fill: str, outline: str = INK) -> None:
        corners = [*self.at((x - radius, y - radius)), *self.at((x + radius, y + radius))]
        self.draw.ellipse(corners, fill, outline, self.ink)


def curve(start: Point, *bends: tuple[Point, Point, Point], steps: int = 24) -> list[Point]:
    """Points along joined cubic Bézier curves."""
    points = [start]
    for one, two, end in bends:
        begin = points[-1]
        for step in range(1, steps + 1):
            t = step / steps
            a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
            points.append(
                (
                    a * begin[0] + b * one[0] + c * two[0] + d * end[0],
                    a * begin[1] + b * one[1] + c * two[1] + d * end[1],
                )
            )
    return points


def draw_pine(pen: Pen) -> None:
    pen.stroke((0, 0), (0, -10))
    pen.shape([(-15, -10), (15, -10), (6, -28), (11, -28), (0, -52), (-11, -28), (-6, -28)], LAND)


def draw_oak(pen: Pen) -> None:
    pen.stroke((0, 0), (0, -34))
    pen.shape(
        curve(
            (-22, -26),
            ((-36, -32), (-32, -50), (-20, -50)),
            ((-18, -64), (2, -68), (8, -58)),
            ((24, -60), (28, -46), (20, -38)),
            ((24, -28), (12, -20), (2, -24)),
            ((-6, -18), (-18, -20), (-22, -26)),
        ),
        LAND,
    )
    pen.stroke((0, -18), (8, -27))


def windows(pen: Pen, left: float, top: float, count: int, gap: float, size: Point = (10, 15)) -> None:
    for number in range(count):
        pen.box(left + number * gap, top, size[0], size[1], PAPER)


def draw_town(pen: Pen) -> None:
    pen.box(-150, -90, 110, 90, AMBER)
    pen.shape([(-158, -90), (-95, -124), (-32, -90)], PAPER)
    windows(pen, -138, -74, 4, 25)
    windows(pen, -138, -40, 4, 25)
    pen.box(40, -66, 120, 66, PAPER)
    windows(pen, 54, -52, 4, 26)
    pen.box(54, -26, 42, 26, PAPER)
    pen.box(106, -26, 42, 26, PAPER)
    pen.box(-26, -112, 54, 112, AMBER)
    pen.shape([(-34, -112), (1, -148), (36, -112)], PAPER)
    pen.disc(1, -90, 13, PAPER)
    pen.stroke((1, -98), (1, -90), (7, -87))
    windows(pen, -14, -66, 2, 20)
    windows(pen, -14, -38, 2, 20)


def draw_palace(pen: Pen) -> None:
    pen.box(-140, -62, 280, 62, AMBER)
    pen.shape([(-146, -62), (-124, -92), (124, -92), (146, -62)], PAPER)
    pen.box(-52, -84, 104, 84, AMBER)
    pen.shape([(-60, -84), (-36, -114), (36, -114), (60, -84)], PAPER)
    pen.box(-10, -138, 20, 18, PAPER)
    pen.shape(curve((-15, -138), ((-8, -156), (8, -156), (15, -138))), PAPER)
    pen.stroke((0, -151), (0, -166))
    pen.shape([(-10, -120), (10, -120), (16, -114), (-16, -114)], PAPER)
    windows(pen, -42, -72, 5, 18, (9, 20))
    windows(pen, -42, -34, 2, 18, (9, 16))
    windows(pen, 12, -34, 2, 18, (9, 16))
    pen.box(-7, -26, 14, 26, PAPER)
    for side in (-1, 1):
        pen.box(side * 161 - 21, -58, 42, 58, AMBER)
        pen.shape(
            curve(
                (side * 161 - 26, -58),
                ((side * 161 - 26, -92), (side * 161 - 2, -96), (side * 161, -98)),
                ((side * 161 + 2, -96), (side * 161 + 26, -92), (side * 161 + 26, -58)),
            ),
            PAPER,
        )
        pen.stroke((side * 161, -98), (side * 161, -112))
        windows(pen, side * 161 - 13, -46, 2, 17)
        windows(pen, side * 161 - 13, -22, 2, 17)
        windows(pen, side * 95 - 27, -50, 3, 22, (10, 18))
        windows(pen, side * 95 - 27, -22, 3, 22, (10, 14))


def draw_farm(pen: Pen) -> None:
    pen.box(-90, -58, 120, 58, AMBER)
    pen.shape([(-100, -58), (-78, -86), (18, -86), (40, -58)], PAPER)
    windows(pen, -78, -44, 4, 26, (14, 16))
    pen.box(-38, -26, 16, 26, PAPER)
    pen.box(70, -52, 92, 52, PAPER)
    pen.shape([(62, -52), (92, -82), (140, -82), (170, -52)], PAPER)
    pen.box(98, -32, 36, 32, PAPER)
    pen.stroke((98, -32), (134, 0))
    pen.stroke((134, -32), (98, 0))


def draw_church(pen: Pen) -> None:
    pen.box(52, -66, 84, 66, PAPER)
    pen.shape([(48, -66), (66, -98), (124, -98), (142, -66)], AMBER)
    windows(pen, 78, -48, 2, 28, (11, 22))
    pen.box(-46, -92, 96, 92, PAPER)
    pen.shape(
        curve(
            (-54, -92),
            ((-50, -122), (-24, -124), (-12, -146)),
            ((-4, -156), (0, -164), (2, -180)),
            ((4, -164), (8, -156), (16, -146)),
            ((28, -124), (54, -122), (58, -92)),
        ),
        AMBER,
    )
    pen.stroke((2, -180), (2, -198))
    pen.stroke((-4, -192), (8, -192))
    windows(pen, -32, -72, 3, 29, (10, 26))
    pen.box(-88, -40, 42, 40, PAPER)
    pen.shape([(-94, -40), (-67, -64), (-40, -40)], AMBER)
    pen.box(-74, -24, 14, 24, PAPER)


def draw_mounds(pen: Pen) -> None:
    for x, width, height in ((60, 90, 40), (-70, 130, 62), (170, 70, 28)):
        pen.shape(
            curve((x - width / 2, 4), ((x - width / 4, -height), (x + width / 4, -height), (x + width / 2, 4))), LAND
        )
    pen.shape(curve((196, 6), ((190, -34), (204, -50), (214, -50)), ((230, -48), (236, -20), (234, 6))), PAPER)


def draw_ship(pen: Pen) -> None:
    pen.shape(
        curve(
            (0, 0),
            ((34, 16), (92, 16), (126, 0)),
            ((122, 24), (106, 32), (92, 32)),
            ((72, 32), (54, 32), (34, 32)),
            ((20, 32), (4, 24), (0, 0)),
        ),
        AMBER,
    )
    pen.stroke((63, 12), (63, -96))
    pen.shape(
        curve(
            (24, -88),
            ((40, -88), (86, -88), (102, -88)),
            ((110, -60), (110, -46), (102, -22)),
            ((86, -22), (40, -22), (24, -22)),
            ((32, -46), (32, -60), (24, -88)),
        ),
        PAPER,
    )
    for x in (44, 63, 82):
        pen.stroke((x, -88), (x + 6, -54), (x, -22))
    pen.stroke(*curve((0, 0), ((-12, -14), (-10, -32), (4, -38))))
    pen.stroke(*curve((126, 0), ((138, -14), (136, -30), (124, -36))))


def draw_bus(pen: Pen, travelled: float) -> None:
    pen.box(0, 0, 132, 50, LAKE, 8)
    for x in (8, 34, 60):
        pen.box(x, 8, 20, 18, PAPER, 3)
    pen.box(86, 8, 14, 36, PAPER, 3)
    pen.box(106, 8, 18, 18, PAPER, 2)
    for x in (28, 106):
        pen.disc(x, 50, 10, PAPER)
        for spoke in range(3):
            angle = travelled / 10 + spoke * math.pi / 3
            dx, dy = 8 * math.cos(angle), 8 * math.sin(angle)
            pen.stroke((x - dx, 50 - dy), (x + dx, 50 + dy), width=1)
        pen.disc(x, 50, 2.5, INK)


def draw_ferry(pen: Pen) -> None:
    pen.shape([(-106, 0), (106, 0), (88, 26), (-88, 26)], AMBER)
    pen.stroke((-106, 0), (-122, -12))
    pen.stroke((106, 0), (122, -12))


def draw_waves(pen: Pen, start: float, end: float, top: float) -> None:
    for number in range(int((end - start) // 90)):
        x, y = start + 20 + number * 90 + (number * 37) % 31, top + (number * 29) % 46
        pen.stroke(
            *curve(
                (x, y), ((x + 8, y - 5), (x + 16, y - 5), (x + 22, y)), ((x + 28, y + 5), (x + 36, y + 5), (x + 44, y))
            )
        )


# --- the panorama --------------------------------------------------------------------------------------------------


def make_sky_and_hills(width: float) -> Image.Image:
    """The slow layer: sky, far hills, the one horizon, and the lake."""
    image = Image.new("RGB", (round(width * UNIT), 360 * UNIT), PAPER)
    pen = Pen(image)
    for number in range(int(width // 230) + 2):
        left, height = number * 230 - 60, 26 + (number * 17) % 24
        pen.shape(
            curve(
                (left, HORIZON), ((left + 80, HORIZON - height), (left + 170, HORIZON - height), (left + 300, HORIZON))
            ),
            LAND,
        )
    pen.draw.rectangle([0, HORIZON * UNIT, image.width, image.height], WATER)
    pen.stroke((0, HORIZON), (width, HORIZON))
    return image


def make_shore() -> Image.Image:
    """The near layer, transparent where the far one shows: land, houses, trees and the road."""
    image = Image.new("RGBA", (PANORAMA_END * UNIT, 360 * UNIT), (0, 0, 0, 0))
    pen = Pen(image)
    draw_land(pen, -40, QUAY_WEST + 60)
    draw_land(pen, QUAY_EAST - 60, PANORAMA_END + 40)
    draw_town(pen.moved(330 + SIGHT_AHEAD, 232))
    draw_palace(pen.moved(990 + SIGHT_AHEAD, 232))
    draw_farm(pen.moved(1650 + SIGHT_AHEAD, 232))
    draw_church(pen.moved(2310 + SIGHT_AHEAD, 232, 0.92))
    draw_mounds(pen.moved(3640 + SIGHT_AHEAD, 236))
    for number, x in enumerate(
        (
            60,
            150,
            200,
            770,
            810,
            870,
            930,
            1450,
            1490,
            1540,
            1590,
            1660,
            2080,
            2130,
            2200,
            2290,
            2690,
            2730,
            3480,
            3530,
            3620,
            4120,
            4160,
            4220,
        )
    ):
        tree = pen.moved(x, 236 + number % 3 * 3, 1 + number % 4 * 0.12)
        (draw_oak if number % 3 == 0 else draw_pine)(tree)
    draw_ship(pen.moved(3170, 192, 0.8))
    draw_waves(pen, QUAY_WEST + 90, QUAY_EAST - 80, 250)
    return image


def draw_land(pen: Pen, left: float, right: float) -> None:
    pen.shape([(left, 232), (right, 232), (right, 300), (left, 300)], LAND)
    pen.shape([(left, 262), (right, 262), (right, 282), (left, 282)], PAPER)


# --- the film ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stay:
    """A stretch of the film: the bus goes from one place to the next and stays while the voice speaks."""

    scene: Scene
    number: int
    begins: float
    arrives: float
    ends: float
    origin: float


def plan(voices: list[array[int]]) -> list[Stay]:
    stays: list[Stay] = []
    clock, place = 0.4, START_AT
    for number, (scene, voice) in enumerate(zip(SCENES, voices, strict=True)):
        travel = 1.1 + abs(scene.at - place) / 560
        arrives = clock + travel
        ends = max(arrives + 0.8, clock + 0.7 * travel + len(voice) / RATE + 0.4)
        stays.append(Stay(scene, number, clock, arrives, ends, place))
        clock, place = ends, scene.at
    return stays


def speaks_at(stay: Stay) -> float:
    return stay.begins + 0.7 * (stay.arrives - stay.begins)


def eased(share: float) -> float:
    share = min(1.0, max(0.0, share))
    return share * share * (3 - 2 * share)


def where(stay: Stay, now: float) -> float:
    return stay.origin + (stay.scene.at - stay.origin) * eased((now - stay.begins) / (stay.arrives - stay.begins))


def draw_plate(pen: Pen, text: str, font: ImageFont.FreeTypeFont, shown: float) -> None:
    if not text or shown <= 0:
        return
    width, height = pen.draw.textlength(text, font=font) / UNIT + 36, 42
    lift = -60 * (1 - eased(shown))
    pen.box(BUS_AT - width / 2, 24 + lift, width, height, "#FFFFFF", 12)
    pen.draw.text((BUS_AT * UNIT, (24 + lift + height / 2) * UNIT), text, INK, font, anchor="mm")


def draw_line(pen: Pen, done: int, progress: float) -> None:
    """The line of the product along the foot of the picture, travelled part in colour."""
    stops = [80 + 120 * number for number in range(5)]
    reached = stops[0] + (stops[-1] - stops[0]) * progress
    pen.stroke((-10, 332), (650, 332), colour=EDGE, width=5)
    pen.stroke((-10, 332), (reached if done < 5 else 650, 332), colour=LAKE, width=5)
    for number, x in enumerate(stops):
        pen.disc(x, 332, 12, LAKE if number < done else PAPER)
        if number < done:
            pen.stroke((x - 5, 332), (x - 1.5, 336), (x + 6, 327), colour=PAPER, width=2.5)


def make_frame(
    far: Image.Image, near: Image.Image, font: ImageFont.FreeTypeFont, stay: Stay, now: float
) -> Image.Image:
    place = where(stay, now)
    camera = min(max(place - BUS_AT, 0), PANORAMA_END - 640)
    slow = camera * 0.25
    box = (round(slow * UNIT), 0, round(slow * UNIT) + 640 * UNIT, 360 * UNIT)
    frame = far.crop(box)
    shore = near.crop((round(camera * UNIT), 0, round(camera * UNIT) + 640 * UNIT, 360 * UNIT))
    frame.paste(shore, (0, 0), shore)
    pen = Pen(frame)
    ferry = min(max(place, QUAY_WEST + 166), QUAY_EAST - 166)
    afloat = QUAY_WEST + 60 < place < QUAY_EAST - 60
    swell = 1.5 * math.sin(now * 2.4)
    if -200 < ferry - camera < 840:
        draw_ferry(pen.moved(ferry - camera, 276 + swell))
    draw_bus(pen.moved(place - camera - 66, 220 + (swell if afloat else 0)), place)
    arrived = (now - stay.arrives + 0.4) / 0.5
    done = min(5, stay.number + (1 if now >= stay.arrives else 0))
    share = (stay.number - 1 + eased((now - stay.begins) / (stay.arrives - stay.begins))) / 4
    draw_line(pen, done, min(1.0, max(0.0, share)))
    leaving = (stay.ends - now) / 0.3
    draw_plate(pen, stay.scene.plate, font, min(arrived, leaving, 1.0))
    return frame.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def frames(stays: list[Stay]) -> Iterator[Image.Image]:
    far, near = make_sky_and_hills(640 + PANORAMA_END * 0.25), make_shore()
    font = ImageFont.truetype("DejaVuSans.ttf", 19 * UNIT)
    ends = stays[-1].ends + 0.8
    for number in range(round(ends * FPS)):
        now = number / FPS
        stay = next((stay for stay in stays if now < stay.ends), stays[-1])
        yield make_frame(far, near, font, stay, now)


def narration(stays: list[Stay], voices: list[array[int]]) -> array[int]:
    samples = array("h")
    for stay, voice in zip(stays, voices, strict=True):
        samples += silence(speaks_at(stay) - len(samples) / RATE) + voice
    return samples + silence(stays[-1].ends + 0.8 - len(samples) / RATE)


def clock_text(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"00:{int(minutes):02}:{rest:06.3f}"


def write_captions(stays: list[Stay], voices: list[array[int]]) -> None:
    for language in LANGUAGES:
        cues = ["WEBVTT", ""]
        for stay, voice in zip(stays, voices, strict=True):
            begins = speaks_at(stay)
            ends = begins + len(voice) / RATE + 0.3
            cues += [f"{clock_text(begins)} --> {clock_text(ends)}", stay.scene.captions[language], ""]
        (COURSE_MEDIA / f"langs-linjen.{language}.vtt").write_text("\n".join(cues), encoding="utf-8")


def make_film() -> None:
    """Draw the trip along the line, with the voice and its captions."""
    voices = [speak(scene.spoken, "sv") for scene in SCENES]
    stays = plan(voices)
    write_captions(stays, voices)
    path = COURSE_MEDIA / "langs-linjen.mp4"
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=FPS, options={"crf": "25", "preset": "slow", "tune": "animation"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.time_base = Fraction(1, FPS)
        sound = add_sound_stream(container)
        for picture in frames(stays):
            container.mux(stream.encode(av.VideoFrame.from_image(picture)))
        container.mux(stream.encode(None))
        encode_sound(container, sound, narration(stays, voices))
    print(f"{path.name}: {stays[-1].ends + 0.8:.0f} s, {path.stat().st_size // 1000} kB")


def main() -> None:
    wanted = sys.argv[1:] or ["film", "sound"]
    if "film" in wanted:
        make_film()
    if "sound" in wanted:
        make_sound()


if __name__ == "__main__":
    main()
