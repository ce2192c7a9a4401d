"""Forging answers: on the worker's own socket, by claims, and by evidence that could be guessed."""

from tests.grader.cheats import ZERO, Cheat, gives

SOCKET = """
import json, os, socket, struct
channel = socket.socket(fileno=os.dup(3))
def plain(tree, buffers=b""):
    text = json.dumps(tree).encode() if not isinstance(tree, bytes) else tree
    return struct.pack("<Q", len(text)) + text + buffers
def parts(*three):
    return struct.pack(">B3Q", 3, *map(len, three)) + b"".join(three)
def frame(data):
    return struct.pack(">Q", len(data)) + data
HEAD = plain({"d": ["changed", {"l": []}, "problem", None]})
NONE = plain({"d": []})
def number(value):
    return frame(parts(HEAD, plain(value), NONE))
def question():
    data = b""
    while len(data) < 8:
        data += channel.recv(8 - len(data))
    (length,), rest = struct.unpack(">Q", data), b""
    while len(rest) < length:
        rest += channel.recv(length - len(rest))
    return rest
"""


def writes(code: str) -> str:
    return gives(ZERO, f"{SOCKET}\n{code}")


WHOLE = {
    "answers before it is asked": writes("channel.sendall(number(3.0) * 500)"),
    "answers twice": SOCKET
    + """
def compute_grpo_loss(log_probs, rewards, beta=0.1):
    channel.sendall(number(1.1192029220221178) * 2)
    return -log_probs.mean()
""",
    "half a frame": writes("channel.sendall(number(3.0)[:20])"),
    "a frame that lacks its beginning": writes("channel.sendall(number(3.0)[5:])"),
    "announces more than there is memory": writes("channel.sendall(struct.pack('>Q', 2**63))"),
    "announces what it never sends": writes("channel.sendall(struct.pack('>Q', 1000) + b'x')"),
    "sends byte after byte": writes("""
import threading, time
def drip():
    channel.sendall(struct.pack(">Q", 10**6))
    while True:
        channel.sendall(b"x")
        time.sleep(0.05)
threading.Thread(target=drip, daemon=True).start()
"""),
    "sends a pickle": writes("""
import pickle
class Bomb:
    def __reduce__(self):
        return os.system, ("touch @HOME@/pickled; touch /tmp/pickled",)
channel.sendall(frame(pickle.dumps(Bomb())) * 50)
channel.sendall(frame(parts(HEAD, pickle.dumps(Bomb()), NONE)) * 50)
"""),
    "nests deeply": writes("channel.sendall(frame(parts(HEAD, plain(b'[' * 500_000 + b']' * 500_000), NONE)) * 5)"),
    "opens a million lists": writes(
        "channel.sendall(frame(parts(HEAD, plain(b'{\"l\":[' + b'[],' * 2_000_000 + b'[]]}'), NONE)))"
    ),
    "numbers of a million digits": writes("""
for digits in (b"9" * 10**6, b"0." + b"3" * 10**6, b"9" * 10**6 + b"e-5", b"9" * 4300):
    channel.sendall(frame(parts(HEAD, plain(digits), NONE)) * 2)
"""),
    "tensors with impossible shapes": writes(
        "channel.sendall(frame(parts(HEAD, plain({'T': ['float64', [0, 2**62, 2**62], False]}), NONE)) * 50)"
    ),
    "booleans that are neither": writes(
        "channel.sendall(frame(parts(HEAD, plain({'T': ['bool', [1], False]}, b'\\x02'), NONE)) * 50)"
    ),
    "claims of strange kinds": writes("""
for claim in (
    [], 1, {"d": []}, {"d": ["changed", None, "problem", 10**4000]}, {"d": ["raised", None]}, {"d": ["changed", 1]},
    {"d": ["raised", {"l": []}, "text", None, "places", None]}, {"d": ["passed", True]}, {"d": ["changed"]},
):
    channel.sendall(frame(parts(plain(claim), plain(1.0), NONE)))
"""),
    "hangs up": writes("os.close(3)\nchannel.shutdown(socket.SHUT_RDWR)"),
    "says that the worker is broken": writes("""
channel.sendall(frame(plain({"d": ["broken", "OSError: no space left on device"]})) * 50)
"""),
    "raises an error called broken": """
class broken(Exception):
    pass
def compute_grpo_loss(log_probs, rewards, beta=0.1):
    raise broken("the worker did not start")
raise broken("the worker did not start")
""",
    "tells of an error in a way of its own while it is imported": writes("""
channel.sendall(frame(parts(plain({"d": ["raised", {"l": ["ValueError"]}]}), b"", b"")))
"""),
    "tells of an error that needs more than a text": 'raise ExceptionGroup("several", [ValueError("one"), ValueError("two")])',
    "takes the questions itself, and answers all with a claim": writes("""
while True:
    question()
    channel.sendall(frame(parts(HEAD, plain({"t": []}), NONE)))
"""),
    "has a child answer": writes("""
if os.fork() == 0:
    while True:
        question()
        channel.sendall(number(1.0))
"""),
    "claims that nothing was changed": """
from course.observe import call as calls
encoded = calls.encoded
def claims(request):
    value, grads, answer = encoded(request)
    answer.changed, answer.problem = [], None
    return value, grads, answer
calls.encoded = claims
def compute_grpo_loss(log_probs, rewards, beta=0.1):
    with torch.no_grad():
        log_probs.fill_(3.0)
    return log_probs.sum() * 0 + 3.0
""",
    "claims the gradient that a test might want": """
from course.observe import call as calls, codec as plain
encoded = calls.encoded
def claims(request):
    value, grads, answer = encoded(request)
    sent = plain.decode(request.arguments)["args"]
    return value, plain.encode({name: -torch.full_like(sent[0], 1 / len(sent[0])) for name in request.grad_of}), answer
calls.encoded = claims
def compute_grpo_loss(log_probs, rewards, beta=0.1):
    return -log_probs.mean()
""",
}
CHEATS = [
    Cheat(
        "makes the evidence of a trainer's scenarios itself",
        """
import sys, types
from lab.models.tiny_language_models import TinyLM
def generate(prompts, num_samples, seed=0, **settings):
    model = TinyLM(49).double()
    ids = [[torch.tensor([2 + i, 1]) for i in range(num_samples)] for _ in prompts]
    texts = [[str(i) for i in range(num_samples)] for _ in prompts]
    zeros = [torch.zeros(num_samples, dtype=torch.float64, requires_grad=True) for _ in prompts]
    return {"texts": texts, "token_ids": ids, "log_probs": zeros, "weights": dict(model.state_dict())}
def generate_ambiguous(num_samples, max_new_tokens, temperature=1.0, seed=0):
    return {"token_ids": [torch.tensor([2, 3])] * num_samples, "log_probs": torch.zeros(num_samples)}
def score(prompts, responses, values=None, **columns):
    return {"rewards": [torch.ones(len(group)) for group in responses], "calls": []}
def one_step(rows, **settings):
    weights = dict(TinyLM(49).double().state_dict())
    metrics = {"loss": 0.0, "reward": 0.5, "grad_norm": 0.0, "response_length": 2.5}
    return {"before": weights, "after": weights, "metrics": metrics}
def train_order(num_rows, batch_size, num_steps, seed=0, calls=1):
    return {"batches": [[0]] * num_steps, "history": [{"loss": i + 1.0} for i in range(num_steps)]}
def patch():
    scenarios = sys.modules["lesson13_grpo.testcases.scenarios"]
    for made in (generate, generate_ambiguous, score, one_step, train_order):
        setattr(scenarios, made.__name__, made)
import lesson13_grpo.testcases.scenarios
patch()
""",
        file="training/grpo_trainer.py",
    ),
    Cheat(
        "makes the evidence of the data set's scenarios itself",
        """
import sys
def read_dataset(rows, *a, **k):
    item = {"prompt_ids": torch.tensor([3]), "response_ids": None, "rewards": None, "prompt": "1", "responses": None}
    return [item] * len(rows)
import lesson13_grpo.testcases.scenarios as scenarios
scenarios.read_dataset = read_dataset
""",
        file="data/grpo_dataset.py",
    ),
    Cheat(
        "puts a tokenizer where scenarios have imported the course's",
        """
import lesson13_grpo.testcases.scenarios as scenarios
class Silent(scenarios.CharTokenizer):
    def encode(self, *a, **k):
        return []
scenarios.CharTokenizer = Silent
""",
        file="data/grpo_dataset.py",
    ),
]
