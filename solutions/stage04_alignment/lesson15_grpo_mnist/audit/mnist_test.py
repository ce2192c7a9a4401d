"""The embedded digits and their loader."""

import gzip
import struct

import pytest
import torch
from lesson15_grpo_mnist.given import mnist

from course.base.errors import UsageError


def idx(kind, numbers, *shape):
    return struct.pack(f">I{len(shape)}I", kind, *shape) + bytes(numbers)


def images(count, first=0):
    return idx(mnist.IMAGES, [(first + i) % 256 for i in range(count * 784)], count, 28, 28)


def labels(*digits):
    return idx(mnist.LABELS, digits, len(digits))


@pytest.fixture
def folder(tmp_path):
    """A small data set: two images to train on, one to test."""
    (tmp_path / "train-images-idx3-ubyte").write_bytes(images(2))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(labels(7, 2))
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(images(1, first=5))
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(labels(0))
    return tmp_path


def refused(folder):
    with pytest.raises(UsageError) as caught:
        mnist.load(folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_embedded_digits_are_mnist():
    data = mnist.load()
    assert (data.train_images.shape, data.test_images.shape) == ((60_000, 784), (10_000, 784))
    assert (data.train_images.dtype, data.train_labels.dtype) == (torch.float32, torch.int64)
    assert data.train_labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert data.train_labels.bincount().tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert data.test_labels.bincount().tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert (data.train_images.min().item(), data.train_images.max().item()) == (0.0, 1.0)
    assert abs(data.train_images.double().mean().item() - 0.1307) < 1e-4  # the well-known mean


def test_standardised_by_the_training_pixels_alone(folder):
    data = mnist.load(folder)
    made = mnist.standardised(data)
    assert abs(made.train_images.mean().item()) < 1e-5 and abs(made.train_images.std().item() - 1) < 1e-5
    scale = (data.test_images[0, 1] - data.test_images[0, 0]) / (made.test_images[0, 1] - made.test_images[0, 0])
    assert scale.item() == pytest.approx(data.train_images.std().item(), rel=1e-4)
    assert data.train_images.min() == 0 and torch.equal(made.test_labels, data.test_labels)  # the first are as before


def test_the_archives_hold_no_time_stamp():
    for path in mnist.EMBEDDED.glob("*.gz"):
        assert path.read_bytes()[4:8] == bytes(4)


def test_a_folder_of_plain_files(folder):
    data = mnist.load(folder)
    assert data.train_images[0, :3].tolist() == pytest.approx([0.0, 1 / 255, 2 / 255])
    assert data.train_labels.tolist() == [7, 2]
    assert data.test_images[0, 250].item() == 1.0


def test_gzipped_files_give_the_same(folder):
    plain = mnist.load(folder)
    for path in list(folder.iterdir()):
        (folder / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    zipped = mnist.load(folder)
    assert all(torch.equal(a, b) for a, b in zip(vars(plain).values(), vars(zipped).values(), strict=True))


def test_a_missing_folder_and_a_missing_file(folder):
    assert "is not a folder" in refused(folder / "nowhere")
    (folder / "t10k-labels-idx1-ubyte").unlink()
    assert "t10k-labels-idx1-ubyte is missing" in refused(folder)


@pytest.mark.parametrize(("name", "content", "says"), [
    ("train-images-idx3-ubyte", images(2)[:-1], "cut short"),
    ("train-images-idx3-ubyte", labels(7, 2), "mixed up"),
    ("train-labels-idx1-ubyte", b"<html>not found</html>", "not a whole IDX file of labels"),
    ("train-labels-idx1-ubyte", labels(7), "one label from 0 to 9 for each of its 2 images"),
    ("t10k-labels-idx1-ubyte", labels(10), "one label from 0 to 9"),
    ("t10k-images-idx3-ubyte.gz", gzip.compress(images(1))[:-20], "cannot be unpacked"),
])  # fmt: skip
def test_a_bad_file_is_named(folder, name, content, says):
    (folder / name.removesuffix(".gz")).unlink()
    (folder / name).write_bytes(content)
    message = refused(folder)
    assert says in message and (name in message or "one label" in says)
