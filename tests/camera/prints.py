"""What the frame printer left: the boards, and the pictures that stand on their glass."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.uint8]


@dataclass(frozen=True)
class Board:
    """A board with a panel."""

    name: str
    title: str
    # Boards of one format show the same picture.
    format: str
    pitch_um: int


@dataclass(frozen=True)
class Code:
    """Where a code stands, in pixels of the panel, as an independent reader measured it."""

    version: int
    correction: str
    modules: int
    scale: int
    left: int
    top: int
    quiet: int

    @property
    def span(self) -> int:
        """Pixels on a side."""
        return self.modules * self.scale

    def __str__(self) -> str:
        return f"v{self.version}-{self.correction}"


@dataclass(frozen=True)
class Print:
    """One picture of a text on a kind of panel."""

    format: str
    paper: bool
    variant: str
    bytes: int
    text: str
    picture: Bits
    code: Code | None
    fault: str | None


@dataclass(frozen=True)
class Prints:
    """Everything that was printed."""

    boards: list[Board]
    all: list[Print]

    def of(self, format: str, variant: str, length: int) -> list[Print]:
        """The pictures of several texts of one length."""
        wanted = (format, variant, length)
        return [p for p in self.all if (p.format, p.variant, p.bytes) == wanted]


def load(folder: Path) -> Prints:
    """Reads the manifest and the pictures beside it."""
    manifest = json.loads((folder / "manifest.json").read_text())
    boards = [Board(**board) for board in manifest["boards"]]
    return Prints(boards, [_print(folder, entry) for entry in manifest["prints"]])


def _print(folder: Path, entry: dict[str, object]) -> Print:
    image = cv2.imread(str(folder / str(entry["png"])), cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise ValueError(f"{folder / str(entry['png'])} is not a picture")
    code = entry["code"]
    fault = entry["fault"]
    return Print(
        format=str(entry["format"]),
        paper=entry["medium"] == "paper",
        variant=str(entry["variant"]),
        bytes=int(str(entry["bytes"])),
        text=str(entry["text"]),
        picture=(image > 127).astype(np.uint8),
        code=Code(**code) if isinstance(code, dict) else None,
        fault=None if fault is None else str(fault),
    )
