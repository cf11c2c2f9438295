"""A panel of glass in front of a phone's camera (HARDWARE.md 1.3 to 1.7).

Glass is a picture of 0 (dark) and 1 (lit, or white), what it is made of, and what surrounds it. A shot
of it is what the phone's preview gets: light, lens, exposure, sensor noise. Nothing here reads codes or
knows what a good picture is.

All light is linear, 1.0 is what just saturates the sensor. Chance comes from the generator handed in.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Bits: TypeAlias = NDArray[np.uint8]
Light: TypeAlias = NDArray[np.float32]
Image: TypeAlias = NDArray[np.uint8]

# Pixels of bezel around the glass, in pixels of the panel.
BEZEL_PX = 6
# E-paper keeps a light border of its own between picture and bezel (border waveform, HARDWARE.md 1.6).
PAPER_BORDER_PX = 2
# The aperture of a sensor's pixel, as the sigma of a Gaussian, in camera pixels.
APERTURE = 0.35
# Points drawn for each camera pixel before the lens, whose blur is 0.7 camera pixels at the least.
POINTS_PER_CAMERA_PX = 2
# The phone is held askew by so many degrees, and tilted so that lines converge by so much.
TILT_DEGREES = 6.0
KEYSTONE = 0.04
# Sigma of the sensor's noise.
NOISE = 0.03
GAMMA = 2.2


@dataclass(frozen=True)
class Optics:
    """How the phone looks at the panel."""

    # Camera pixels for each pixel of the panel.
    zoom: float
    # Sigma of the lens's blur in camera pixels: 0.6 is in focus, 1.2 is not.
    blur: float
    # Exposure, as a factor of the right one.
    gain: float = 1.0
    # Share of the light that spreads around what is brightly lit.
    bloom: float = 0.05


@dataclass(frozen=True)
class Glass:
    """A panel and what stands on it."""

    picture: Bits
    paper: bool
    # What stood there before: e-paper that was refreshed partially keeps a shadow of it.
    previous: Bits | None = None
    ghost: float = 0.0
    # First row and number of rows that are dark while the shutter is open: OLEDs light one row at a
    # time, and whole rows, so that the band has whole rows too (HARDWARE.md 1.5).
    band: tuple[int, int] = (0, 0)


def shoot(glass: Glass, optics: Optics, rng: np.random.Generator) -> Image:
    """One frame of the phone's preview."""
    points = max(3, math.ceil(POINTS_PER_CAMERA_PX * optics.zoom))
    light = _paper(glass, points, rng) if glass.paper else _oled(glass, points, rng)
    if optics.bloom > 0:
        light += optics.bloom * _glow(light, points)
    # Lens and aperture, before the picture is turned: a Gaussian looks the same from all sides.
    sigma = math.hypot(APERTURE, optics.blur) * points / optics.zoom
    light = cv2.GaussianBlur(light, (0, 0), sigma)
    seen = _pose(light, optics.zoom / points, rng)
    return _sensor(seen * optics.gain, rng)


def _glow(light: Light, points: int) -> Light:
    """The light of the neighbours, 1.2 pixels of the panel around: too soft to need every point."""
    height, width = light.shape
    size = (width // points, height // points)
    soft = cv2.GaussianBlur(cv2.resize(light, size, interpolation=cv2.INTER_AREA), (0, 0), 1.2)
    return cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR)


def _oled(glass: Glass, points: int, rng: np.random.Generator) -> Light:
    """Shining squares with gaps between them, in a dark bezel."""
    lit, dark, ambient, bezel = 0.87, 0.03, 0.02, 0.06
    picture = glass.picture.astype(np.float32)
    first, rows = glass.band
    picture[first : first + rows] = 0
    cell = _cell(points, float(rng.uniform(0.88, 1.0)))
    shine = _enlarged(picture, points) * np.tile(cell, picture.shape)
    return _framed(lit * shine + (dark + ambient), BEZEL_PX * points, bezel)


def _paper(glass: Glass, points: int, rng: np.random.Generator) -> Light:
    """Grey ink on light grey paper, lit from somewhere, with what is left of the last picture."""
    white, black = rng.uniform(0.6, 0.9), rng.uniform(0.05, 0.1)
    ink = glass.picture.astype(np.float32)
    if glass.previous is not None:
        ink = (1 - glass.ghost) * ink + glass.ghost * glass.previous
    paper = _framed(_enlarged(ink, points), PAPER_BORDER_PX * points, 1.0)
    reflected = _framed(black + (white - black) * paper, BEZEL_PX * points, 0.3)
    return reflected * _daylight(reflected.shape, rng)


def _cell(points: int, fill: float) -> Light:
    """One pixel of an OLED: a square that fills so much of its width."""
    edges = np.arange(points + 1) / points
    low, high = (1 - fill) / 2, (1 + fill) / 2
    covered = np.clip(edges[1:], low, high) - np.clip(edges[:-1], low, high)
    profile = covered * points
    return np.outer(profile, profile).astype(np.float32)


def _daylight(shape: tuple[int, ...], rng: np.random.Generator) -> Light:
    """A room is brighter on one side: by up to a fifth across the panel."""
    across = np.linspace(0, 1, shape[1], dtype=np.float32) * rng.uniform(-0.2, 0.2)
    down = np.linspace(0, 1, shape[0], dtype=np.float32) * rng.uniform(-0.2, 0.2)
    return (1 + across[None, :] + down[:, None]).astype(np.float32)


def _enlarged(picture: Light, points: int) -> Light:
    return picture.repeat(points, axis=0).repeat(points, axis=1)


def _framed(light: Light, width: int, value: float) -> Light:
    return np.pad(light, width, constant_values=np.float32(value)).astype(np.float32)


def _pose(light: Light, scale: float, rng: np.random.Generator) -> Light:
    """The picture as it falls on the sensor: smaller, askew, with converging lines, off the grid."""
    height, width = light.shape
    out_w, out_h = int(width * scale * 1.25) + 8, int(height * scale * 1.25) + 8
    angle = math.radians(rng.uniform(-TILT_DEGREES, TILT_DEGREES))
    cos, sin = scale * math.cos(angle), scale * math.sin(angle)
    keystone = rng.uniform(-KEYSTONE, KEYSTONE, 2) * 2 / max(out_w, out_h)
    offset = rng.uniform(-0.5, 0.5, 2) + (out_w / 2, out_h / 2)
    to_middle = np.array([[1, 0, -width / 2], [0, 1, -height / 2], [0, 0, 1]])
    turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    tilt = np.array([[1, 0, 0], [0, 1, 0], [*keystone, 1]])
    to_sensor = np.array([[1, 0, offset[0]], [0, 1, offset[1]], [0, 0, 1]])
    wall = float(light[0, 0])
    return cv2.warpPerspective(
        light,
        to_sensor @ tilt @ turn @ to_middle,
        (out_w, out_h),
        flags=cv2.INTER_LINEAR,
        borderValue=wall,
    )


def _sensor(light: Light, rng: np.random.Generator) -> Image:
    """Clipping, gamma, noise, eight bits."""
    signal = cv2.pow(np.clip(light, 0, 1), 1 / GAMMA)
    signal += NOISE * rng.standard_normal(signal.shape, dtype=np.float32)
    return (np.clip(signal, 0, 1) * 255).astype(np.uint8)
