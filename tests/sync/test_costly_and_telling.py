"""What one push may cost, and what the log may tell of it."""

import time

import pytest
import sqlalchemy as sa

from server.learning import recording
from server.sync.routes import nesting


@pytest.mark.parametrize("end", [b"", b"\\", b'\\"'])
def test_a_text_without_an_end_costs_no_more_than_one_with_it(end):
    begun = time.process_time()
    assert nesting(b'[{"' + b'\\"' * 100_000 + end) == 2
    assert time.process_time() - begun < 1


def test_an_error_tells_the_log_where_and_never_what_was_written(ada, world, monkeypatch, caplog):
    def break_down(connection, notes):
        connection.execute(sa.text("INSERT INTO note (text) VALUES (:text)"), {"text": notes[0].text})

    monkeypatch.setattr(recording, "keep_notes", break_down)
    assert ada.sync(world.noted("KANARIEFÅGEL")).said == ["retry:unexpected"]
    assert "break_down" in caplog.text
    assert "KANARIEFÅGEL" not in caplog.text
