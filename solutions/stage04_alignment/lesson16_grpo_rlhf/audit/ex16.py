"""Exercise 16.16, save_checkpoint: what people get wrong, and right answers written otherwise."""

import dataclasses
import json
import os
import tempfile
from pathlib import Path

from course.base.attempt import Attempts

wrong, right = Attempts(), Attempts()

REPLACE = """\
    if target.exists():  # renamed before it is removed: whoever looks, or is cut off, never finds half of it
        shutil.rmtree(earlier, ignore_errors=True)
        os.replace(target, earlier)
    os.replace(temporary, target)
    shutil.rmtree(earlier, ignore_errors=True)
"""

wrong("The files are written into the final folder itself: a failure spoils what was there.", {
    'target.with_name(f".{target.name}.tmp")': "target",
    """
        if target.exists():
            shutil.rmtree(earlier, ignore_errors=True)
            os.replace(target, earlier)
        os.replace(temporary, target)
        shutil.rmtree(earlier, ignore_errors=True)
    """:
    "",
})  # fmt: skip

wrong("The folders are counted from 0.", {'f"epoch_{epoch}"': 'f"epoch_{epoch - 1}"'})

wrong("Epoch 0 is accepted; epochs are counted from 1.", {"if epoch < 1:": "if epoch < 0:"})

wrong("After a failure the temporary folder stays behind.", {
    "shutil.rmtree(temporary, ignore_errors=True)\nraise": "raise",
})  # fmt: skip

wrong("What a killed run has left in the temporary folder is in the way of the next checkpoint.", {
    "shutil.rmtree(temporary, ignore_errors=True)\ntemporary.mkdir(parents=True)": "temporary.mkdir(parents=True)",
})  # fmt: skip

wrong("What a killed run has left in the temporary folder becomes a part of the next checkpoint.", {
    "    shutil.rmtree(temporary, ignore_errors=True)\n    temporary.mkdir(parents=True)":
        "    temporary.mkdir(parents=True, exist_ok=True)",
})  # fmt: skip

wrong("The finished files are copied to their place: whoever looks meanwhile finds half a checkpoint.", {
    "os.replace(temporary, target)": "shutil.copytree(temporary, target)\nshutil.rmtree(temporary)",
})  # fmt: skip

wrong("The settings are written last, when the folder has its name already: without them it is half.", {
    "        text = json.dumps(dataclasses.asdict(config), indent=2)\n"
    "        (temporary / \"run_config.json\").write_text(text + \"\\n\", encoding=\"utf-8\")\n": "",
    "    return target": "    text = json.dumps(dataclasses.asdict(config), indent=2)\n"
    "    (target / \"run_config.json\").write_text(text + \"\\n\", encoding=\"utf-8\")\n    return target",
})  # fmt: skip

wrong("Only an Exception is cleaned up after; a Ctrl-C leaves the temporary folder behind.", {
    "except BaseException:": "except Exception:",
})  # fmt: skip

wrong("The files are written outside of the run's folder first: from another disk, a move is a copy.", {
    "    temporary, earlier = target.with_name(f\".{target.name}.tmp\"), target.with_name(f\".{target.name}.old\")":
        "    import tempfile\n"
        "    temporary, earlier = Path(tempfile.mkdtemp()), target.with_name(f\".{target.name}.old\")\n"
        "    target.parent.mkdir(parents=True, exist_ok=True)",
})  # fmt: skip

wrong("A failure is swallowed: the caller believes that there is a checkpoint.", {
    "        shutil.rmtree(temporary, ignore_errors=True)\n        raise":
        "        shutil.rmtree(temporary, ignore_errors=True)\n        return target",
})  # fmt: skip

wrong("An earlier checkpoint of that epoch is in the way of the new one.", {
    REPLACE: "    os.replace(temporary, target)\n",
})  # fmt: skip

wrong("The new files are put among those of an earlier checkpoint; it is to be replaced.", {
    REPLACE:
        "    shutil.copytree(temporary, target, dirs_exist_ok=True)\n    shutil.rmtree(temporary)\n",
})  # fmt: skip

wrong("The earlier checkpoint is removed before the new one is whole.", {
    "temporary.mkdir(parents=True)": "temporary.mkdir(parents=True)\nshutil.rmtree(target, ignore_errors=True)",
})  # fmt: skip

wrong("The tokenizer is not saved.", {"tokenizer.save_pretrained(temporary)": ""})

wrong("The settings are written as Python prints them; JSON is asked for.", {
    "json.dumps(dataclasses.asdict(config), indent=2)": "str(config)",
})  # fmt: skip

wrong("The settings go into config.json, where transformers keeps those of the model.", {
    '"run_config.json"': '"config.json"',
})  # fmt: skip

wrong("Earlier epochs are removed; each keeps its checkpoint.", {
    "    os.replace(temporary, target)\n":
        "    os.replace(temporary, target)\n"
        "    for other in target.parent.glob(\"epoch_*\"):\n"
        "        if other != target:\n"
        "            shutil.rmtree(other)\n",
})  # fmt: skip

wrong("The epoch's number is filled up with zeros.", {'f"epoch_{epoch}"': 'f"epoch_{epoch:03d}"'})

wrong("The run's folder is returned; the checkpoint's own is asked for.", {"return target": "return Path(folder)"})

wrong("Folders above that do not exist are not made.", {"temporary.mkdir(parents=True)": "temporary.mkdir()"})

# Right answers written otherwise


@right("a temporary folder of the standard library's")
def save_by_tempfile(folder, epoch, model, tokenizer, config):
    if not epoch >= 1:
        raise ValueError("the first epoch is 1")
    os.makedirs(folder, exist_ok=True)
    target = os.path.join(folder, f"epoch_{epoch}")
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        fresh = os.path.join(temporary, "fresh")
        os.mkdir(fresh)
        model.save_pretrained(fresh)
        tokenizer.save_pretrained(fresh)
        with open(os.path.join(fresh, "run_config.json"), "w", encoding="utf-8") as file:
            json.dump(dataclasses.asdict(config), file)
        if os.path.exists(target):
            os.rename(target, os.path.join(temporary, "old"))
        os.rename(fresh, target)
    return Path(target)


@right("success marked by a flag, settings first")
def save_by_flag(folder, epoch, model, tokenizer, config):
    import shutil

    if epoch <= 0:
        raise ValueError(f"epoch {epoch}")
    root = Path(folder)
    root.mkdir(parents=True, exist_ok=True)
    draft, target, done = root / f"draft-{epoch}", root / f"epoch_{epoch}", False
    if draft.exists():
        shutil.rmtree(draft)
    try:
        draft.mkdir()
        settings = {f.name: getattr(config, f.name) for f in dataclasses.fields(config)}
        (draft / "run_config.json").write_text(json.dumps(settings, sort_keys=True), encoding="utf-8")
        tokenizer.save_pretrained(draft)
        model.save_pretrained(draft)
        done = True
    finally:
        if not done:
            shutil.rmtree(draft)
    if target.exists():
        shutil.rmtree(target)
    return draft.rename(target)


@right("a context manager that cleans up")
def save_by_context(folder, epoch, model, tokenizer, config):
    import contextlib
    import shutil

    if epoch < 1:
        raise ValueError("epoch")
    target = Path(folder, f"epoch_{epoch}")
    fresh = Path(folder, f"unfinished_{epoch}")
    shutil.rmtree(fresh, ignore_errors=True)
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        for part in (model, tokenizer):
            part.save_pretrained(fresh)
        (fresh / "run_config.json").write_text(json.dumps(vars(config), indent=1), encoding="utf-8")
        if target.exists():
            aside = Path(folder, f"replaced_{epoch}")
            target.rename(aside)
            stack.callback(shutil.rmtree, aside)
        fresh.rename(target)
    return target
