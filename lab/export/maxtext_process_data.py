"""What MaxText calls for each problem in data/ (its setting `dataset_processor_path`)."""

import json
from typing import Any


def process_data(
    dataset_name: str, model_tokenizer: Any, template_config: dict, tmvp_config: Any, x: dict[str, Any]
) -> dict[str, str]:
    """The prompt in the model's own chat template, and the right answers as a JSON list: MaxText's evaluation reads
    that form, and so does the reward."""
    chat = [{"role": "user", "content": x["question"]}]
    prompt = model_tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
    return {"prompts": prompt, "question": x["question"], "answer": json.dumps([x["answer"]])}
