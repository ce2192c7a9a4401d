"""MNIST: 60,000 images of handwritten digits to train on, 10,000 to test. Embedded; no download.

    data = mnist.load()                     the files in tutorial/stage04_alignment/lesson15_grpo_mnist/given/mnist
    data = mnist.load(Path("my_digits"))    a folder of IDX files of your own, plain or gzipped (.gz)

The four files keep their original names and format (IDX: big-endian header, then one byte for each number).
"""

from __future__ import annotations

import gzip
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from course.base.errors import UsageError

EMBEDDED = Path(__file__).resolve().parent / "mnist"
SIDE, DIGITS = 28, 10
LABELS, IMAGES = 0x0801, 0x0803  # the first four bytes of an IDX file: bytes, in 1 or 3 dimensions
KINDS = {LABELS: "labels", IMAGES: "images"}


@dataclass
class Digits:
    """Images float32 in [0, 1], one row of 784 pixels each, line by line; labels int64, 0 to 9."""

    train_images: Tensor  # (N, 784)
    train_labels: Tensor  # (N,)
    test_images: Tensor
    test_labels: Tensor


def load(folder: Path = EMBEDDED) -> Digits:
    """Reads the four files of `folder`. Raises UsageError that names the file and what is wrong with it."""
    folder = Path(folder)
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder; give one that holds MNIST's four IDX files, or none at all")
    return Digits(*_read_pair(folder, "train"), *_read_pair(folder, "t10k"))


def standardised(digits: Digits) -> Digits:
    """All pixels less the mean of the training pixels, over their standard deviation: numbers around 0, of size 1."""
    mean, std = digits.train_images.mean(), digits.train_images.std()
    train, test = ((images - mean) / std for images in (digits.train_images, digits.test_images))
    return Digits(train, digits.train_labels, test, digits.test_labels)


def _read_pair(folder: Path, part: str) -> tuple[Tensor, Tensor]:
    images_path, labels_path = _find(folder, f"{part}-images-idx3-ubyte"), _find(folder, f"{part}-labels-idx1-ubyte")
    images, labels = _read(images_path, IMAGES), _read(labels_path, LABELS)
    if len(images) != len(labels):
        raise UsageError(
            f"{labels_path} holds {len(labels)} labels, but {images_path.name} holds {len(images)} images; "
            "take both files from one data set"
        )
    if len(labels) and labels.max() >= DIGITS:
        at = int((labels >= DIGITS).argmax())
        raise UsageError(f"{labels_path}: label {at} is {labels[at]}; digits are 0 to 9")
    pixels = torch.from_numpy(images.reshape(len(images), -1).astype(np.float32)).div_(255)
    return pixels, torch.from_numpy(labels.astype(np.int64))


def _find(folder: Path, name: str) -> Path:
    """The file of that name, plain or with .gz."""
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    raise UsageError(f"{folder / name} is missing, and so is {name}.gz; MNIST is four files, put them all there")


def _read(path: Path, kind: int) -> np.ndarray:
    """The numbers of an IDX file: (N,) labels or (N, 28, 28) images, as bytes (the array cannot be written to)."""
    try:
        raw = path.read_bytes()
        if raw[:2] == b"\x1f\x8b":  # gzipped, whatever its name says
            raw = gzip.decompress(raw)
        elif path.suffix == ".gz":
            raise UsageError(f"{path} is not a gzip file, though its name ends in .gz; rename it or fetch it again")
    except (OSError, EOFError, zlib.error) as error:
        raise UsageError(f"{path} cannot be read, it is damaged or cut short: {error}; fetch it again") from None
    header = 4 + 4 * (kind & 0xFF)  # the lowest byte counts the dimensions
    magic = int.from_bytes(raw[:4], "big") if len(raw) >= 4 else None
    if magic is not None and magic != kind:
        found = (
            f"an IDX file of {KINDS[magic]}" if magic in KINDS else f"no IDX file of bytes (it begins {raw[:4].hex()})"
        )
        raise UsageError(f"{path} is {found}, where {KINDS[kind]} are expected; are two files mixed up?")
    if len(raw) < header:
        raise UsageError(f"{path} is truncated: it has {len(raw)} bytes, and an IDX header takes {header}")
    shape = struct.unpack(f">{kind & 0xFF}I", raw[4:header])
    if kind == IMAGES and shape[1:] != (SIDE, SIDE):
        raise UsageError(f"{path} holds images of {shape[1]} x {shape[2]} pixels; MNIST's are {SIDE} x {SIDE}")
    expected = header + int(np.prod(shape, dtype=object))
    if len(raw) != expected:
        wrong = "truncated" if len(raw) < expected else "too long"
        raise UsageError(f"{path} is {wrong}: {shape[0]} {KINDS[kind]} take {expected} bytes, it has {len(raw)}")
    return np.frombuffer(raw, np.uint8, offset=header).reshape(shape)
