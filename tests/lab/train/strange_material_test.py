"""What users bring along (rewards, data, models, tokenizers, configurations) is checked before a run believes in it."""

import json
import math
import types

import jinja2
import pytest
import torch

from course.base.errors import UsageError
from lab import engine
from lab.engine import any_model
from lab.rl.advantages import advantages
from lab.train import problems, scores, settings
from lab.train.__main__ import main
from lab.train.model_run import load, no_rollout_reason
from lab.train.model_trainer import checked_loss
from lab.train.options import Grpo, Options
from lab.train.run import named
from tests.lab.train import tiny_cases

# --- rewards ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [math.inf, -math.inf, None, "1.0", [1.0], torch.ones(2)])
def test_what_is_no_number_is_refused_with_the_completion(value):
    with pytest.raises(UsageError, match=r"the reward of 'it is 7' .* must be a finite number, or NaN"):
        scores.checked(lambda completion, answer: value)("it is 7", "7")


@pytest.mark.parametrize("value", [1, 0.5, True, torch.tensor(0.25)])
def test_numbers_of_any_kind_are_rewards(value):
    assert scores.checked(lambda completion, answer: value)("", "") == float(value)


@pytest.mark.parametrize("kind", ["group_mean", "group_median", "exponential_moving_average"])
def test_a_reward_of_nan_is_as_if_it_were_not_there(kind):
    options = Grpo(baseline_type=kind)
    nan, known = torch.nan, torch.tensor([[1.0, 0.0, 1.0]], dtype=torch.float64)
    with_nan = torch.tensor([[1.0, nan, 0.0, 1.0]], dtype=torch.float64)
    found, average = advantages(with_nan, options, 0.5)
    expected, expected_average = advantages(known, options, 0.5)
    torch.testing.assert_close(found[0, [0, 2, 3]], expected[0])
    assert found[0, 1] == 0 and average == pytest.approx(expected_average)
    nothing, unchanged = advantages(torch.full((2, 3), nan), options, 0.5)
    assert not nothing.any() and unchanged == 0.5


@pytest.mark.parametrize("metrics", [{"loss": math.nan}, {"grad_norm": math.inf}, {"loss": 0.0, "grad_norm": math.nan}])
def test_a_step_that_is_not_finite_stops_the_run(metrics):
    with pytest.raises(UsageError, match=r"^step 7: .*the last checkpoint is whole\. Lower the learning rate"):
        scores.check_finite(7, metrics)
    scores.check_finite(7, {"loss": 0.0, "grad_norm": 1.0, "entropy": math.nan})


def test_a_run_that_learns_nothing_says_so():
    assert scores.advice([{"signal": 0.0, "truncated": 1.0}] * 3) == [
        "no group had any signal in 3 steps: all rewards of a group were equal, so nothing is learned; look at rewards "
        "and completions, take easier or harder problems, or a larger grpo.group_size",
        "100% of the completions were cut off before they ended; raise grpo.max_new_tokens",
    ]
    assert scores.advice([{"signal": 0.0}, {"signal": 0.1, "truncated": 0.2}]) == []


# --- data ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def read(tmp_path):
    """The problems of a JSON Lines file with these rows, and the notes about them."""

    def read(rows, *, task="math_reasoning", reward="math_correctness"):
        path = tmp_path / "data.jsonl"
        path.write_text("\n".join(json.dumps({"question": q, "answer": a}) for q, a in rows), encoding="utf-8")
        notes = []
        options = Options(name="x", data_path=str(path), task={"name": task}, reward={"type": reward})
        split = problems.problems(options, notes.append)
        return split["train"] + split["test"], notes

    return read


GOOD = [(f"{n}+1", str(n + 1)) for n in range(10)]


@pytest.mark.parametrize("bad", [("capital?", "Paris"), ("range?", "8-10"), ("list?", "1,2")])
def test_answers_that_the_reward_cannot_read_are_left_out_and_reported(read, bad):
    rows, notes = read([*GOOD, bad])
    assert sorted(rows) == sorted(GOOD)
    assert len(notes) == 1 and "1 of 11 rows cannot be used" in notes[0] and repr(bad[1]) in notes[0]


def test_most_rows_useless_is_refused(read):
    with pytest.raises(UsageError, match=r"9 of 10 rows cannot be used .* choose a reward that reads them"):
        read([*[(f"{n}?", "Paris") for n in range(9)], GOOD[0]])


@pytest.mark.parametrize("question", ["", " \n\t"])
def test_a_question_without_a_word_is_left_out(read, question):
    rows, notes = read([*GOOD, (question, "5")])
    assert sorted(rows) == sorted(GOOD) and "its question is empty" in notes[0]


def test_a_question_with_two_answers_is_left_out(read):
    rows, notes = read([*GOOD, ("0+1", "5")])
    assert len(rows) == 9 and "its question has several answers" in notes[0]


@pytest.mark.parametrize("tests", ["", "# none", "f(1)", "[]", "assert f(1) = 2"])
def test_tests_that_check_nothing_are_left_out(read, tests):
    good = [(f"write f{n}", f"assert f{n}(1) == 2") for n in range(4)]
    rows, notes = read([*good, ("write g", tests)], task="code_generation", reward="code_execution")
    assert len(rows) == 4 and len(notes) == 1


# --- configurations --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["a: 1\nb: 2\na: 3", "grpo:\n  x: 1\ngrpo:\n  y: 2", "g: {x: 1, x: 2}"])
def test_a_key_that_stands_there_twice_is_an_error(tmp_path, text):
    path = tmp_path / "run.yaml"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"the key '\w+' stands there twice"):
        settings.read(path)


@pytest.mark.parametrize(("text", "value"), [("10", 10), ("0", 0), ("-3", -3), ("010", "010"), ("1:30", "1:30"),
                                             ("1_000", 1000), ("1e-3", 1e-3), ("true", True)])  # fmt: skip
def test_numbers_mean_what_they_say(text, value):
    assert settings.parse(text) == value


@pytest.mark.parametrize("text", ["2026-12-01", "2026-13-45", "2026-12-01 10:00:00"])
def test_a_date_is_text_such_as_a_runs_name(text):
    assert settings.parse(text) == text


@pytest.mark.parametrize("text", ["!!int", "!!int abc", "!!float abc", "!!timestamp abc", "[" * 500])
def test_what_yaml_cannot_convert_is_one_sentence(text):
    with pytest.raises(UsageError, match="is not valid YAML"):
        settings.apply({}, f"name={text}")


@pytest.mark.parametrize("value", ["123", "no", "1e3"])
def test_text_that_looks_like_something_else_goes_in_quotes(value):
    with pytest.raises(UsageError, match=r"key 'name' must be text, not .*; in quotes it is"):
        settings.build(Options, {"name": settings.parse(value)}, "x.yaml")
    assert settings.build(Options, {"name": settings.parse(f'"{value}"')}, "x.yaml").name == value


@pytest.mark.parametrize(("path", "message"), [
    (".a:b", "begins with a dot"), ("math:pi", "is float, not a function"), ("x:y", "no module 'x'"),
    ("math:sinus", "has no 'sinus'"), (":b", "write module:name"),
])  # fmt: skip
def test_a_loss_that_cannot_be_used_is_one_sentence(path, message):
    with pytest.raises(UsageError, match=message):
        named(path)


def one_argument(log_probs):
    return log_probs.sum()


def per_token(log_probs, *rest):
    return log_probs


def detached(log_probs, *rest):
    return log_probs.detach().sum()


def with_metrics(log_probs, *rest):
    return log_probs.sum(), {}


@pytest.mark.parametrize(("path", "message"), [
    (f"{__name__}:one_argument", "is called with .log_probs, .* TypeError: .*1 positional argument but 7"),
    ("lesson14_grpo_ppo_clip.loss.ppo_clip:grpo_loss", "TypeError: 'Tensor' object is not callable .ppo_clip.py, line"),
    ("lesson13_grpo.loss.grpo:compute_grpo_loss", "fails with TypeError"),
    (f"{__name__}:per_token", r"returns a tensor of shape \(2, 1\); it must return one number"),
    (f"{__name__}:detached", "returns a tensor of shape .. without a gradient"),
    (f"{__name__}:with_metrics", "returns tuple"),
])  # fmt: skip
def test_a_loss_of_another_form_is_one_sentence(path, message, reference):
    with pytest.raises(UsageError, match=message) as error:
        checked_loss(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("where", ["a file instead of the folder", "a name that is too long"])
def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path, where):
    tiny_cases.tiny(tmp_path / "m")
    (tmp_path / "x.yaml").write_text(f"model_path: {tmp_path / 'm'}")
    (tmp_path / "file").touch()
    runs, name = (tmp_path / "file", "a") if "file" in where else (tmp_path, "a" * 300)
    with pytest.raises(UsageError, match="check the name, the permissions and the room on the disk"):
        main(["--config", str(tmp_path / "x.yaml"), f"name={name}"], runs)


# --- tokenizers and models -------------------------------------------------------------------------------------------


def tokenizer(encode, template=None):
    def apply(messages, **_):
        return template(messages)

    return types.SimpleNamespace(
        encode=encode, eos_token_id=1, eos_token="<eos>", bos_token=None, chat_template=template and "x",
        apply_chat_template=apply,
    )  # fmt: skip


@pytest.mark.parametrize(("encode", "message"), [
    (lambda text: [], "has no tokens"), (lambda text: [5, 1], "end-of-sequence token behind each prompt"),
    (lambda text: [5] * 90, "do not fit into the model's 100"),
    (lambda text: [5, 70], "gives token 70, and the model has only 60"),
])  # fmt: skip
def test_prompts_that_cannot_be_continued_are_refused(encode, message):
    with pytest.raises(UsageError, match=message):
        problems.check_prompts(tokenizer(encode), ["2+2="], 100, 20, 60)


def test_a_template_that_leaves_the_question_out_is_refused():
    with pytest.raises(UsageError, match="all problems have the same prompt, 'hi'"):
        problems.check_prompts(tokenizer(lambda text: [5]), ["hi", "hi"], 100, 20)


@pytest.mark.parametrize("kind", [jinja2.TemplateError, TypeError, KeyError, AttributeError])
def test_a_chat_template_that_refuses_the_question_is_one_sentence(kind):
    def refuse(messages):
        raise kind("a system message is needed")

    with pytest.raises(UsageError, match=r"chat template refuses a single question .'?a system message is needed"):
        problems.as_prompt(tokenizer(list, refuse), "2+2=")


def cut_short(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:5000])


def with_config(**changes):
    def change(folder):
        path = folder / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return change


def with_nan(folder):
    made = tiny_cases.model(torch.float32)
    with torch.no_grad():
        made.lm_head.weight[0] = torch.nan
    made.save_pretrained(folder)


@pytest.mark.parametrize(("damage", "message"), [
    (cut_short, "no model could be loaded .SafetensorError"),
    (lambda folder: (folder / "model.safetensors").write_bytes(b""), "no model could be loaded .SafetensorError"),
    (lambda folder: (folder / "tokenizer.json").write_text("{}"), "no model could be loaded .KeyError"),
    (lambda folder: (folder / "config.json").write_text("{"), "no model could be loaded"),
    (with_config(vocab_size=50), "no model could be loaded"), (with_config(hidden_size="a"), "no model could be"),
    (with_config(num_hidden_layers=2), r"weights that its config.json describes are missing, such as model\.layers\.1"),
    (with_nan, "NaN or infinite"),
], ids=range(8))  # fmt: skip
def test_a_damaged_model_is_one_sentence(tmp_path, damage, message):
    damage(tiny_cases.tiny(tmp_path))
    with pytest.raises(UsageError, match=message) as caught:
        load(str(tmp_path), "float32")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("tied", [True, False])
def test_tied_weights_are_not_missing(tmp_path, tied):
    tiny_cases.tiny(tmp_path)
    from transformers import LlamaConfig, LlamaForCausalLM

    sizes = {"vocab_size": 98, "hidden_size": 16, "num_hidden_layers": 1, "intermediate_size": 16}
    LlamaForCausalLM(LlamaConfig(**sizes, num_attention_heads=2, tie_word_embeddings=tied)).save_pretrained(tmp_path)
    load(str(tmp_path), "float32")


def test_models_without_a_cache_that_can_be_copied_are_refused_by_name():
    from transformers import LlamaConfig, LlamaForCausalLM, MambaConfig, MambaForCausalLM

    sizes = {"vocab_size": 8, "hidden_size": 8, "num_hidden_layers": 1}
    llama = LlamaForCausalLM(LlamaConfig(**sizes, intermediate_size=8, num_attention_heads=2))
    assert no_rollout_reason(llama) == ""
    assert "a mamba model carries a state" in no_rollout_reason(MambaForCausalLM(MambaConfig(**sizes, state_size=2)))


@pytest.mark.parametrize("generate", [engine.generate, any_model.generate])
def test_greedy_is_the_likeliest_token_whatever_the_random_numbers(generate):
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    sizes = {"vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 1, "intermediate_size": 16}
    model = LlamaForCausalLM(LlamaConfig(**sizes, num_attention_heads=2, initializer_range=0.001)).eval()
    letters = types.SimpleNamespace(encode=lambda text: [ord(c) % 50 for c in text], eos_token_id=49)
    config = engine.EngineConfig(sampler="inverse")
    found = []
    for seed in range(3):
        draws = torch.rand(4, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
        ids, _ = generate(model, letters, ["ab", "c"], 2, 6, 0.0, [49], config=config, uniforms=draws)
        found.append([row.tolist() for row in ids])
    assert found[0] == found[1] == found[2]
    first = model(torch.tensor([letters.encode("ab")])).logits[0, -1].argmax().item()
    assert found[0][0][0] == found[0][1][0] == first
