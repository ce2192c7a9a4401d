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
    """Reads the four files of `folder`. Raises UsageError that names the file and the problem."""
    folder = Path(folder)
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder; name one that holds MNIST's four IDX files, or none")
    return Digits(*_read_pair(folder, "train"), *_read_pair(folder, "t10k"))


def standardised(digits: Digits) -> Digits:
    """Returns all pixels minus the mean of the training pixels, divided by their standard deviation."""
    mean, std = digits.train_images.mean(), digits.train_images.std()
    train, test = ((images - mean) / std for images in (digits.train_images, digits.test_images))
    return Digits(train, digits.train_labels, test, digits.test_labels)


def _read_pair(folder: Path, part: str) -> tuple[Tensor, Tensor]:
    images, labels = (
        _read(folder, f"{part}-images-idx3-ubyte", IMAGES),
        _read(folder, f"{part}-labels-idx1-ubyte", LABELS),
    )
    if len(images) != len(labels) or (labels >= DIGITS).any():
        raise UsageError(f"{folder}: {part} needs one label from 0 to 9 for each of its {len(images)} images")
    pixels = torch.from_numpy(images.reshape(len(images), -1).astype(np.float32)).div_(255)
    return pixels, torch.from_numpy(labels.astype(np.int64))


def _read(folder: Path, name: str, kind: int) -> np.ndarray:
    """The numbers of an IDX file, plain or with .gz: (N,) labels or (N, 28, 28) images, as bytes."""
    path = next((p for p in (folder / name, folder / f"{name}.gz") if p.is_file()), None)
    if path is None:
        raise UsageError(f"{folder / name} is missing, and so is {name}.gz; MNIST is four files, put them all there")
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise UsageError(f"{path} cannot be unpacked: {error}; download it again") from None
    sides = (SIDE, SIDE) if kind == IMAGES else ()
    count = int.from_bytes(raw[4:8], "big")
    header = struct.pack(f">{2 + len(sides)}I", kind, count, *sides)
    if not raw.startswith(header) or len(raw) != len(header) + count * int(np.prod(sides)):
        raise UsageError(f"{path} is not a whole IDX file of {KINDS[kind]}; is it cut short, or mixed up with another?")
    return np.frombuffer(raw, np.uint8, offset=len(header)).reshape(count, *sides)
