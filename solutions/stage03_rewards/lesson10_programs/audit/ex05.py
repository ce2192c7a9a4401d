"""Exercise 10.5, score_batch: what people get wrong, other right answers, and the shortest right one."""

from concurrent.futures import ThreadPoolExecutor

from lesson10_programs.programs.reward import code_reward
from lesson10_programs.programs.running import call, extract_code

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

KEY = "key = (code, problem['function'], repr(problem['inputs']))"

wrong("Every completion is run, also if its program has just been run.", {
    KEY: "key = (code, problem['function'], repr(problem['inputs']), len(keys))",
})  # fmt: skip

wrong("The whole completion is in the key: the same program in other words is run again.", {
    KEY: "key = (completion, problem['function'], repr(problem['inputs']))",
})  # fmt: skip

wrong("The expected values are in the key: the same run is repeated for each problem.", {
    KEY: "key = (code, problem['function'], repr(problem['inputs']), repr(problem['expected']))",
})  # fmt: skip

wrong("The inputs are not in the key: a program gets the answers that it gave to another problem's inputs.", {
    KEY: "key = (code, problem['function'])",
})  # fmt: skip

wrong("The function's name is not in the key: a program with two functions gets the answers of the other one.", {
    KEY: "key = (code, repr(problem['inputs']))",
})  # fmt: skip

wrong("An empty dict is false: `known or {}` makes another one, and the caller's stays empty.", {
    "known = {} if known is None else known": "known = known or {}",
})  # fmt: skip

NEW = "new[key] = (code, problem['function'], problem['inputs'], seconds)"

wrong("What is known is run again.", {f"if key not in known:\n    {NEW}": NEW})

wrong("The programs run one after the other, whatever `workers` says.", {
    "ThreadPoolExecutor(workers)": "ThreadPoolExecutor(1)",
})  # fmt: skip

RUN = "known.update(zip(new, pool.map(lambda arguments: call(*arguments), new.values()), strict=True))"

wrong("Every error counts as a wrong program: if no process can be started, every reward is 0.", {
    RUN: "runs = [pool.submit(call, *new[k]) for k in new]\n"
         "known.update({k: [''] * len(new[k][2]) if r.exception() else r.result() for k, r in zip(new, runs)})",
})  # fmt: skip

TASK = "(code, problem['function'], problem['inputs'], seconds)"

wrong("The time is not passed on.", {TASK: TASK.replace(", seconds", "")})


@right("one future for each program")
def score_batch_with_futures(completions, problems, mode="all", seconds=10.0, workers=2, known=None):
    memory, jobs = {} if known is None else known, {}
    keys = [f"{p['function']} {p['inputs']!r} {extract_code(c)}" for c, p in zip(completions, problems, strict=True)]
    with ThreadPoolExecutor(max_workers=workers) as pool:
        for key, text, problem in zip(keys, completions, problems, strict=True):
            if key not in memory and key not in jobs:
                jobs[key] = pool.submit(call, extract_code(text), problem["function"], problem["inputs"], seconds)
    memory.update({key: job.result() for key, job in jobs.items()})
    return [code_reward(memory[k], p["expected"], mode=mode) for k, p in zip(keys, problems, strict=True)]


@right("a pool of multiprocessing's threads")
def score_batch_with_starmap(completions, problems, mode="all", seconds=10.0, workers=2, known=None):
    from multiprocessing.pool import ThreadPool

    known = known if known is not None else {}
    pairs = list(zip(completions, problems, strict=True))
    keys = [(p["function"], extract_code(c).rstrip(), str(p["inputs"])) for c, p in pairs]
    new = {k: (k[1], k[0], p["inputs"], seconds) for k, (_, p) in zip(keys, pairs, strict=True) if k not in known}
    with ThreadPool(workers) as pool:
        known.update(zip(new, pool.starmap(call, new.values(), chunksize=1), strict=True))
    return [code_reward(known[k], p["expected"], mode) for k, (_, p) in zip(keys, pairs, strict=True)]


@core("a dict of jobs and a pool")
def score_batch(completions, problems, mode="all", seconds=10.0, workers=2, known=None):
    known = {} if known is None else known
    jobs = [(extract_code(c), p["function"], repr(p["inputs"])) for c, p in zip(completions, problems)]  # noqa: B905
    new = [job for job in dict.fromkeys(jobs) if job not in known]
    with ThreadPoolExecutor(workers) as pool:
        known.update(zip(new, pool.map(lambda job: call(job[0], job[1], eval(job[2]), seconds), new)))  # noqa: B905
    return [code_reward(known[job], p["expected"], mode) for job, p in zip(jobs, problems)]  # noqa: B905
