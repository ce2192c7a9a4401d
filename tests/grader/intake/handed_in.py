"""Names of the files that students hand in, in the tests of intake, and archives of them."""

import io
import tarfile
import zipfile

from grader.intake import parsing

A, B, C = "lesson01_one/loss/a.py", "lesson01_one/data/same.py", "lesson02_two/loss/b.py"
SAME = "lesson02_two/data/same.py"
ALL = [A, B, C, SAME]
DEEP = "tutorial/stage01_x/"


def parsed_here(files, needs=None):
    return {
        name: parsing.found_in(data.decode(), (needs or {}).get(name.split("/")[0], [])) for name, data in files.items()
    }


def zipped(files, packing=zipfile.ZIP_DEFLATED):
    """A zip of {name or ZipInfo: bytes}."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def tarred(files, mode="w:gz", **more):
    """A tar of {name or TarInfo: bytes}, or of such pairs."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode, **more) as archive:
        for name, data in files.items() if isinstance(files, dict) else files:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()
