"""Small models and tokenizers.

demo_model.py             the demo's model, its tokenizer and its warm start
smollm2.py                SmolLM2-135M-Instruct, from the Python package index
tiny_language_models.py   two causal language models in plain torch; tiny_llama.py: a random Llama for tests
tiny_reward_model.py      a reward model in plain torch
char_tokenizer.py         a tokenizer of characters
"""
