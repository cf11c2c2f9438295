"""The two decoders that judge a shot: zxing-cpp and zbar, one of which most apps contain.

A shot counts as read when a decoder finds the very text that was on show.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import zxingcpp
from numpy.typing import NDArray
from pyzbar import pyzbar

Image = NDArray[np.uint8]


def zxing(image: Image) -> set[str]:
    """All texts zxing-cpp finds, with its own defaults."""
    found = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)
    return {barcode.text for barcode in found}


def zbar(image: Image) -> set[str]:
    """All texts zbar finds."""
    found = pyzbar.decode(image, symbols=[pyzbar.ZBarSymbol.QRCODE])
    return {barcode.data.decode("utf-8", "replace") for barcode in found}


READERS: dict[str, Callable[[Image], set[str]]] = {"zxing-cpp": zxing, "zbar": zbar}
