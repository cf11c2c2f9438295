"""What no phone can read, so that the camera shows that it can say no."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from camera import Bits, Glass, Optics
from prints import Code

# What partial refreshes leave of the last code if nobody counts them (HARDWARE.md 1.6).
GHOST = 0.45
# A panel at full brightness in a dark room (HARDWARE.md 1.5).
GLARE_GAIN, GLARE_BLOOM = 4.0, 0.6


@dataclass(frozen=True)
class Mutant:
    """A way to spoil a scene, and who must be unable to read it."""

    edit: Callable[[Glass, Optics, Code], tuple[Glass, Optics]]
    # Of `zxing` and `zbar`. zxing-cpp looks for light codes on dark ground, too: phones do not.
    blind: tuple[str, ...]
    # On e-paper, or on OLEDs.
    paper: bool


def _inverted(glass: Glass, optics: Optics, _code: Code) -> tuple[Glass, Optics]:
    return replace(glass, picture=1 - glass.picture), optics


def _no_quiet_zone(glass: Glass, optics: Optics, code: Code) -> tuple[Glass, Optics]:
    rows, columns = _place(code)
    picture: Bits = np.zeros_like(glass.picture)
    picture[rows, columns] = glass.picture[rows, columns]
    return replace(glass, picture=picture), optics


def _cropped(glass: Glass, optics: Optics, code: Code) -> tuple[Glass, Optics]:
    """The lowest eight modules, and with them a finder pattern, are off the glass."""
    picture = glass.picture[: code.top + code.span - 8 * code.scale]
    previous = None if glass.previous is None else glass.previous[: picture.shape[0]]
    return replace(glass, picture=picture, previous=previous), optics


def _ghost(glass: Glass, optics: Optics, _code: Code) -> tuple[Glass, Optics]:
    return replace(glass, ghost=GHOST), optics


def _glare(glass: Glass, optics: Optics, _code: Code) -> tuple[Glass, Optics]:
    return glass, replace(optics, gain=GLARE_GAIN, bloom=GLARE_BLOOM)


def _place(code: Code) -> tuple[slice, slice]:
    return (
        slice(code.top, code.top + code.span),
        slice(code.left, code.left + code.span),
    )


BOTH = ("zxing", "zbar")
ALL: dict[str, Mutant] = {
    "light on dark": Mutant(_inverted, ("zbar",), paper=False),
    "no quiet zone": Mutant(_no_quiet_zone, ("zxing",), paper=False),
    "cropped by 8 modules": Mutant(_cropped, BOTH, paper=False),
    "exposed 4x, bloom 0.6": Mutant(_glare, BOTH, paper=False),
    "light on dark, paper": Mutant(_inverted, ("zbar",), paper=True),
    "cropped by 8, paper": Mutant(_cropped, BOTH, paper=True),
    "ghost of 45 %": Mutant(_ghost, BOTH, paper=True),
}
