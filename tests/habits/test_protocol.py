"""The generated types are those of the models."""

import subprocess

from config import ROOT


def test_the_generated_types_are_those_of_the_models():
    """Else: run script/protocol, and commit what it wrote."""
    said = subprocess.run([ROOT / "script" / "protocol", "--stdout"], capture_output=True, text=True, check=True)
    assert said.stdout == (ROOT / "pwa" / "src" / "protocol.gen.ts").read_text("utf-8")
