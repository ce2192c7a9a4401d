"""The machinery behind the lessons: observe, stubs, the environment. `python -m course help` lists the commands."""
