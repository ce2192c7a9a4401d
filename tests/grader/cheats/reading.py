"""Reading the answer: the reference's files, the tests', the judge's memory, another student's."""

from tests.grader.cheats import PLACE, TAKE, gives

WHOLE = {
    "imports the solutions by name": f"{TAKE}\nfrom solutions.stage04_alignment.lesson13_grpo.loss.grpo import *",
    "imports the solutions relatively": "from ....solutions.stage04_alignment.lesson13_grpo.loss.grpo import *",
    "loads the reference by importlib": f"""
import importlib.util
spec = importlib.util.spec_from_file_location("taken", "@ROOT@/{PLACE}")
taken = importlib.util.module_from_spec(spec)
spec.loader.exec_module(taken)
compute_grpo_loss, sequence_log_probs = taken.compute_grpo_loss, taken.sequence_log_probs
""",
    "reads the reference as text": f'{TAKE}\ntake(open("@ROOT@/{PLACE}").read())',
    "reads the reference beside its own file": f"""{TAKE}
import pathlib
for folder in pathlib.Path(__file__).parents:
    for path in folder.glob("solutions/*/lesson13*/loss/grpo.py"):
        take(path.read_text())
""",
    "looks through all files that it may read": f"""{TAKE}
import os
for top in ("/confined", "/tmp", "/work", "/root", "/home", "/srv", "/opt", "@ROOT@"):
    for folder, folders, names in os.walk(top):
        folders[:] = [name for name in folders if name not in ("site-packages", "lib")]
        for name in names:
            path = os.path.join(folder, name)
            if name == "grpo.py" and path != __file__:
                text = open(path, errors="replace").read()
                take(text) if "softmax(0)" in text else None
""",
    "looks for bytecode": """
import glob, marshal
for pattern in ("@ROOT@/**/__pycache__/grpo.*.pyc", "/confined/**/*.pyc"):
    for path in glob.glob(pattern, recursive=True):
        exec(marshal.loads(open(path, "rb").read()[16:]), globals())
""",
    "looks among the installed packages": f"""{TAKE}
import glob, site
for folder in site.getsitepackages():
    for path in glob.glob(folder + "/**/lesson13*/loss/grpo.py", recursive=True):
        take(open(path).read())
""",
    "goes through other processes' folders": f"""{TAKE}
import glob
for folder in glob.glob("/proc/[0-9]*"):
    for inside in ("cwd", "root/@ROOT@", "fd/3", "root"):
        try:
            take(open(f"{{folder}}/{{inside}}/{PLACE}").read())
        except (OSError, SyntaxError, KeyError):
            pass
""",
    "reads the memory, the environment and the arguments of others": """
import glob, os
told = []
for number in range(1, 5000):
    for name in ("environ", "cmdline", "mem"):
        if number != os.getpid():
            try:
                told.append(open(f"/proc/{number}/{name}", "rb").read(2000))
            except OSError:
                pass
if told:
    raise RuntimeError("@" + "SECRET@ is what it looked for: others can be read: " + repr(told)[:500])
""",
    "looks for expected values in the frames of its callers": """
import sys
def compute_grpo_loss(log_probs, rewards, beta=0.1):
    frame = sys._getframe()
    while frame is not None:
        for name, value in {**frame.f_globals, **frame.f_locals}.items():
            if "expected" in name or name in ("w", "weights", "answer_of"):
                return value
        frame = frame.f_back
    return log_probs.sum() * 0
""",
    "looks for the reference among all objects": """
import gc, types
for thing in gc.get_objects():
    if isinstance(thing, types.FunctionType) and thing.__name__ in ("compute_grpo_loss", "sequence_log_probs"):
        if thing.__module__ != __name__ or "softmax" in thing.__code__.co_names:
            globals()[thing.__name__] = thing
""",
    "sets SOLUTION and loads itself again": """
import importlib, os, sys
os.environ["SOLUTION"] = "1"
sys.modules.pop("lesson13_grpo", None)
package = importlib.import_module("lesson13_grpo")
sys.modules.pop("lesson13_grpo.loss.grpo", None)
loaded = importlib.import_module("lesson13_grpo.loss.grpo")
compute_grpo_loss, sequence_log_probs = loaded.compute_grpo_loss, loaded.sequence_log_probs
""",
    "turns the course's own switch": """
import pathlib, sys
from course.base import switch
if not getattr(sys, "turned", False):
    sys.turned = True
    switch.finder.root = pathlib.Path("@ROOT@")
    switch.select("1")
    from lesson13_grpo.loss import grpo as other
    compute_grpo_loss, sequence_log_probs = other.compute_grpo_loss, other.sequence_log_probs
""",
    "puts another module in its own place": """
import sys
class Anything:
    def __getattr__(self, name):
        for module in list(sys.modules.values()):
            found = getattr(module, "__dict__", {}).get(name)
            if callable(found) and "softmax" in getattr(getattr(found, "__code__", None), "co_names", ()):
                return found
        raise AttributeError(name)
sys.modules[__name__] = Anything()
""",
    "asks libraries that know GRPO": gives("library.compute_loss(log_probs, rewards)", "import trl as library"),
    "reads the known mistakes": """
import pathlib
for root in ("@ROOT@", "/confined/course", "/confined/work", *map(str, pathlib.Path(__file__).parents)):
    for path in pathlib.Path(root).glob("solutions/*/lesson13_grpo/audit/*.py"):
        raise RuntimeError("@" + "SECRET@ is what it looked for: the known mistakes can be read")
""",
    "reads the tests": """
import pathlib
folder = pathlib.Path(__file__).parents[1] / "testcases"
texts = [path.read_text() for path in (*folder.glob("*_test.py"), *pathlib.Path("@ROOT@/tutorial").rglob("*_test.py"))]
if texts:
    raise RuntimeError("@" + "SECRET@ is what it looked for: the tests can be read: " + texts[0][:500])
""",
    "reads the repository's history": """
import pathlib, zlib
for path in pathlib.Path("@ROOT@/.git/objects").glob("*/*"):
    data = zlib.decompress(path.read_bytes())
    if data.startswith(b"blob") and b"def compute_grpo_loss" in data and b"softmax(0)" in data:
        exec(data.partition(b"\\0")[2], globals())
""",
    "looks for other students in its own memory": """
import ctypes, re
# As it is, and as it is on the way: in hexadecimal digits.
forms = re.compile(b"student's secret is ([0-9]{4})|7365637265742069732" + b"0((?:3[0-9]){4})")
for line in open("/proc/self/maps"):
    where, rights = line.split()[:2]
    first, last = (int(number, 16) for number in where.split("-"))
    if rights.startswith("rw") and last - first < 2**29 and "[stack" not in line and "/" not in line:
        for found in forms.finditer(ctypes.string_at(first, last - first)):
            raise RuntimeError(f"the other student's number: {found[1] or bytes.fromhex(found[2].decode())}")
""",
    "looks for the other student's files": """
import os
for folder in ("/confined/work", "/tmp", "/dev/shm", "/var/tmp", "/run", "@HOME@"):
    for top, _, names in os.walk(folder):
        for name in names:
            text = open(os.path.join(top, name), errors="replace").read()
            if "the other student's" + " secret is" in text:
                raise RuntimeError("found: " + text[-200:])
""",
}
