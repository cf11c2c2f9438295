"""Photographs every board's QR screen and says how many shots are read: `tests/camera/run` calls it.

    shoot.py FOLDER     where the frame printer left its pictures

Prints tables that can be pasted into a README. Ends with 1 when a threshold of `cases.py` is missed or
a spoilt picture is read, and says which.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2

import mutants
from cases import (
    BAND_MIN,
    BAND_VIEWS,
    OTHERS,
    READ_MIN,
    READ_VIEWS,
    SHARP,
    TODAY,
    VIEWS,
    Case,
    Tally,
    photograph,
)
from prints import Code, Print, Prints, load

# Shots of a case: those that are judged, and those that are good to know.
SHOTS, SHOTS_OTHERS, SHOTS_MUTANT = 200, 40, 40
# What the unreadable may be read by accident, in percent.
BLIND_MAX = 0

Results = dict[Case, Tally]


def views(format: str, variant: str, length: int, shots: int) -> list[Case]:
    """Every view of a kind of picture, with the dark band where the panel can have one."""
    bands = (False, True) if format.startswith("oled") else (False,)
    return [
        Case(format, variant, length, pixels, blur, band, shots=shots)
        for band in bands
        for pixels, blur in VIEWS
    ]


def formats(prints: Prints) -> list[str]:
    """Of all boards, each once."""
    return list(dict.fromkeys(board.format for board in prints.boards))


def all_cases(prints: Prints) -> Iterator[Case]:
    """Everything there is to photograph."""
    for format in formats(prints):
        if subject(prints, format, "screen", TODAY).code is None:
            continue
        yield from views(format, "screen", TODAY, SHOTS)
        for length in OTHERS:
            if subject(prints, format, "screen", length).code:
                yield from views(format, "screen", length, SHOTS_OTHERS)
        if prints.of(format, "smallest", TODAY):
            yield from views(format, "smallest", TODAY, SHOTS)
        yield from mutant_cases(prints, format)


def mutant_cases(prints: Prints, format: str) -> Iterator[Case]:
    """The spoilt pictures of a kind of panel."""
    paper = subject(prints, format, "screen", TODAY).paper
    for name, mutant in mutants.ALL.items():
        if mutant.paper == paper:
            yield Case(format, "screen", TODAY, 4, SHARP, mutant=name, shots=SHOTS_MUTANT)


def subject(prints: Prints, format: str, variant: str, length: int) -> Print:
    """One of several pictures that differ in their text alone."""
    return prints.of(format, variant, length)[0]


_prints: Prints | None = None


def _start(folder: Path) -> None:
    """Each worker reads the pictures once and keeps to its own core."""
    global _prints
    cv2.setNumThreads(1)
    _prints = load(folder)


def _work(case: Case) -> tuple[Case, Tally]:
    assert _prints is not None
    return case, photograph(case, _prints.of(case.format, case.variant, case.bytes))


def take(folder: Path, cases: list[Case]) -> Results:
    """Photographs on all cores, the longest cases first."""
    cases = sorted(cases, key=lambda case: -case.shots)
    with multiprocessing.Pool(os.cpu_count(), _start, (folder,)) as pool:
        return dict(pool.imap_unordered(_work, cases))


def percents(tally: Tally) -> str:
    """Like `100/98`: zxing-cpp, then zbar."""
    return f"{int(tally.percent('zxing'))}/{int(tally.percent('zbar'))}"


def row(first: str, code: Code, tail: list[str], results: Results, cases: list[Case]) -> str:
    """A line of a table; `-` where the panel cannot have a band."""
    shares = [percents(results[case]) for case in cases]
    shares += ["-"] * (2 * len(VIEWS) - len(shares))
    cells = [first, str(code), f"{code.scale}", f"{code.quiet}", *tail, *shares]
    return "| " + " | ".join(cells) + " |"


def heading(first: str, tail: list[str]) -> str:
    """Of the columns of `row`."""
    columns = [f"{pixels} px {'sharp' if blur == SHARP else 'soft'}" for pixels, blur in VIEWS]
    cells = [first, "code", "scale", "quiet px", *tail, *columns, *(f"band {c}" for c in columns)]
    return "| " + " | ".join(cells) + " |\n|" + "---|" * len(cells)


def print_boards(prints: Prints, results: Results) -> None:
    """The table of the boards."""
    print("\nEvery board, today's code of 239 bytes: percent of shots read by zxing-cpp / zbar\n")
    print(heading("board", ["module mm"]))
    for board in prints.boards:
        code = subject(prints, board.format, "screen", TODAY).code
        if code is None:
            print(f"| {board.name} | none: it shows the page" + " |" * (2 * len(VIEWS) + 4))
            continue
        module_mm = f"{code.scale * board.pitch_um / 1000:.2f}"
        cases = views(board.format, "screen", TODAY, SHOTS)
        print(row(board.name, code, [module_mm], results, cases))


def print_lengths(prints: Prints, results: Results) -> None:
    """The table of the other lengths."""
    print("\nCodes of other lengths, not judged\n")
    print(heading("panel", ["bytes"]))
    for format in formats(prints):
        for length in OTHERS:
            first = subject(prints, format, "screen", length)
            if first.code is None:
                print(f"| {format} | no code | | | {length} |" + " |" * (2 * len(VIEWS)))
                continue
            cases = views(format, "screen", length, SHOTS_OTHERS)
            print(row(format, first.code, [str(length)], results, cases))


def print_choice(prints: Prints, results: Results) -> None:
    """Why 64 rows get the better error correction rather than the smaller version."""
    print("\nOne pixel a module: the code with the best correction, and the smallest one\n")
    print(heading("panel", ["under the band by at least one, 3 px, 4 px sharp"]))
    for format in formats(prints):
        for variant in ("screen", "smallest"):
            found = prints.of(format, variant, TODAY)
            if not prints.of(format, "smallest", TODAY) or found[0].code is None:
                continue
            cases = views(format, variant, TODAY, SHOTS)
            banded = [case for case in cases if case.band and case.blur == SHARP]
            share = ", ".join(f"{results[case].percent('either'):.1f} %" for case in banded)
            print(row(format, found[0].code, [share], results, cases))


def print_mutants(prints: Prints, results: Results) -> None:
    """What the camera says no to."""
    print("\nThe camera can say no: spoilt pictures at 4 px a module, sharp\n")
    print("| panel | spoilt | zxing-cpp/zbar | must be 0 for |\n|---|---|---|---|")
    for format in formats(prints):
        for case in (c for c in mutant_cases(prints, format) if c in results):
            blind = " and ".join(mutants.ALL[case.mutant].blind)
            print(f"| {format} | {case.mutant} | {percents(results[case])} | {blind} |")


def faults(prints: Prints, results: Results) -> Iterator[str]:
    """What is not as it has to be."""
    for case, tally in results.items():
        if case.mutant:
            limits = {name: (0, BLIND_MAX) for name in mutants.ALL[case.mutant].blind}
        else:
            limits = {name: (least, 100) for name, least in owed(prints, case).items()}
        for name, (least, most) in limits.items():
            share = tally.percent(name)
            if not least <= share <= most:
                yield f"{case}: {name} read {share:.1f} %, not {least} to {most} %"


def owed(prints: Prints, case: Case) -> dict[str, int]:
    """The shares a case must reach, in percent."""
    first = subject(prints, case.format, case.variant, case.bytes)
    view = (case.pixels, case.blur)
    if case.variant != "screen" or case.bytes != TODAY or first.code is None:
        return {}
    fine = not first.paper and first.code.scale == 1
    if case.band:
        judged = fine and str(first.code) == "v11-M" and view in BAND_VIEWS
        return {"either": BAND_MIN} if judged else {}
    if view not in READ_VIEWS:
        return {}
    return {"zxing": READ_MIN} if fine else {"zxing": READ_MIN, "zbar": READ_MIN}


def main(folder: Path) -> int:
    """Photographs, prints, judges."""
    began = time.monotonic()
    prints = load(folder)
    broken = [f"{p.format}, {p.bytes} bytes: {p.fault}" for p in prints.all if p.fault]
    if broken:
        print("camera: not a proper code on " + "; ".join(broken), file=sys.stderr)
        return 1
    results = take(folder, list(all_cases(prints)))
    print_boards(prints, results)
    print_lengths(prints, results)
    print_choice(prints, results)
    print_mutants(prints, results)
    shots = sum(tally.shots for tally in results.values())
    print(f"\n{shots} shots in {time.monotonic() - began:.0f} s")
    found = list(faults(prints, results))
    for fault in found:
        print(f"camera: {fault}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: shoot.py FOLDER")
    sys.exit(main(Path(sys.argv[1])))
