"""What is written down is what is there."""

import dataclasses
import re

import config
from config import ROOT
from server.protocol.entities import ENTITIES
from server.protocol.operations import VERSIONS

SETTINGS = ROOT / "docs" / "settings.md"


def test_every_field_of_the_settings_can_be_set(monkeypatch):
    """Each field has a variable of its name, which changes it."""
    strange = {
        "data": "/strange", "demo": "1", "public_url": "https://strange", "sign_in_limit": "9 per day", "open_reminders": "1",
    }  # fmt: skip
    names = {"debug": "FLASK_DEBUG"}
    for field in dataclasses.fields(config.Settings):
        before = getattr(config.from_environment(), field.name)
        value = strange.get(field.name) or ("77" if isinstance(before, int) else "strange")
        value = "0" if field.name == "demo" and before else value
        with monkeypatch.context() as other:
            other.setenv(names.get(field.name, f"RUNDTUR_{field.name.upper()}"), value)
            assert getattr(config.from_environment(), field.name) != before, field.name


def test_every_setting_is_written_down():
    rows = set(re.findall(r"^\| `(?:RUNDTUR_)?([A-Z_]+)`", SETTINGS.read_text("utf-8"), re.MULTILINE))
    fields = {field.name.upper() for field in dataclasses.fields(config.Settings)} - {"DEBUG"} | {"FLASK_DEBUG"}
    assert fields - rows == set()


def test_the_defaults_that_are_written_down_are_those_of_the_code():
    rows = dict(re.findall(r"^\| `RUNDTUR_([A-Z_]+)` \| `([^`]+)` \|", SETTINGS.read_text("utf-8"), re.MULTILINE))
    for field in dataclasses.fields(config.Settings):
        if field.name.upper() in rows and field.name not in ("data", "demo", "demo_content"):
            default = int(field.default) if isinstance(field.default, bool) else field.default
            assert str(default) == rows[field.name.upper()], field.name


def test_every_kind_and_every_entity_stands_in_the_description_of_the_protocol():
    text = (ROOT / "docs" / "sync.md").read_text("utf-8")
    assert [name for name in (*VERSIONS, *ENTITIES) if f"`{name}`" not in text] == []


def test_every_link_in_the_documents_leads_somewhere():
    broken = []
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)", path.read_text("utf-8")):
            if "://" not in target and not target.startswith("mailto:") and not (path.parent / target).exists():
                broken.append(f"{path.name}: {target}")
    assert broken == []
