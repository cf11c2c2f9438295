"""What is photographed how often, and what has to come of it.

Distances are in camera pixels for each module of the code, whatever the panel: 3 and 4. Sharp is a lens
in focus, soft is one that is not (a phone held nearer than its main lens can focus).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

import mutants
from camera import Glass, Optics, shoot
from prints import Print
from readers import READERS

# Bytes of today's pairing text, and of the others worth knowing (HARDWARE.md 1.1).
TODAY, OTHERS = 239, (219, 277)

SHARP, SOFT = 0.6, 1.2
# (camera pixels a module, blur)
VIEWS = ((3, SHARP), (4, SHARP), (3, SOFT), (4, SOFT))
# Share of a panel's rows in the dark band.
BAND = 0.05
# What partial refreshes leave of the last code at the most (HARDWARE.md 1.6).
GHOST = 0.15

# All thresholds are for today's text; the other lengths are there to know.
# Percent. Both decoders on e-paper and on OLEDs with two pixels a module or more; zxing-cpp on OLEDs with
# one. Not asked of 3 pixels out of focus: no decoder resolves less than 4 there (HARDWARE.md 1.3).
READ_MIN = 95
READ_VIEWS = ((3, SHARP), (4, SHARP), (4, SOFT))
# Percent, of v11-M on OLEDs with one pixel a module, under the band, read by at least one of the two.
# This is met by a hair and by no decoder alone (zxing-cpp: 68 %): a band that crosses a finder pattern
# is beyond both, and the finders stand on 14 of 64 rows, 21 of 62 places of the band. Where it leaves
# them alone zxing-cpp reads every shot. HARDWARE.md 1.5 counts a shot as read by any of five decoders.
BAND_MIN = 70
BAND_VIEWS = ((4, SHARP),)


@dataclass(frozen=True)
class Case:
    """Some shots that differ in nothing but chance."""

    format: str
    variant: str
    bytes: int
    pixels: int
    blur: float
    band: bool = False
    mutant: str = ""
    shots: int = 200


@dataclass(frozen=True)
class Tally:
    """How many shots of a case were read."""

    shots: int
    zxing: int
    zbar: int
    either: int

    def percent(self, which: str) -> float:
        """Share read by `zxing`, `zbar` or `either` of them."""
        return 100 * float(getattr(self, which)) / self.shots


def photograph(case: Case, subjects: list[Print]) -> Tally:
    """Takes the shots of a case. The same case always gives the same tally."""
    rng = np.random.default_rng(zlib.crc32(repr(case).encode()))
    read = {name: [False] * case.shots for name in READERS}
    for shot in range(case.shots):
        subject = subjects[shot % len(subjects)]
        image = shoot(*_scene(case, subjects, shot), rng)
        for name, reader in READERS.items():
            read[name][shot] = subject.text in reader(image)
    zxing, zbar = read["zxing-cpp"], read["zbar"]
    either = [a or b for a, b in zip(zxing, zbar, strict=True)]
    return Tally(case.shots, sum(zxing), sum(zbar), sum(either))


def _scene(case: Case, subjects: list[Print], shot: int) -> tuple[Glass, Optics]:
    subject, before = subjects[shot % len(subjects)], subjects[(shot + 1) % len(subjects)]
    if subject.code is None:
        raise ValueError(f"{case.format} shows no code of {case.bytes} bytes")
    glass = Glass(
        subject.picture,
        subject.paper,
        before.picture if subject.paper else None,
        GHOST if subject.paper else 0.0,
        _band(case, subject, shot),
    )
    optics = Optics(case.pixels / subject.code.scale, case.blur)
    if case.mutant:
        return mutants.ALL[case.mutant].edit(glass, optics, subject.code)
    return glass, optics


def _band(case: Case, subject: Print, shot: int) -> tuple[int, int]:
    """A dark band that lies on the glass as a whole, at every place equally often.

    A band that leaves at the bottom and comes in at the top would take the quiet zone on both sides and
    cost about 3 percent more.
    """
    if not case.band:
        return (0, 0)
    height = subject.picture.shape[0]
    rows = round(height * BAND)
    places = height - rows + 1
    return (int(places * (shot + 0.5) / case.shots), rows)
