"""The migrations make what the models say, on both databases, and can be undone."""

from pathlib import Path

import sqlalchemy as sa
from flask_migrate import check, downgrade, stamp, upgrade

from config import ROOT
from server.foundation.database import Base, db
from server.sync import exchange
from server.sync.models import SyncEpoch
from tests.databases import running

VERSIONS = ROOT / "migrations" / "versions"


def test_the_migrations_make_what_the_models_say_and_can_be_undone(store, tmp_path, clock):
    settings = store.empty(tmp_path / "empty")
    with running(settings):
        upgrade()
        check()
        assert set(sa.inspect(db.engine).get_table_names()) == {*Base.metadata.tables, "alembic_version"}
        with db.engine.connect() as connection:
            assert len(exchange.epoch_of(connection)) == 16
        downgrade(revision="base")
        assert sa.inspect(db.engine).get_table_names() == ["alembic_version"]
        upgrade()
    store.drop(settings)


def test_a_database_made_from_the_models_needs_no_migration(app, count):
    stamp()
    check()
    assert count(sa.select(SyncEpoch)) == 1


def test_the_head_file_names_the_newest_migration():
    """One line that two migrations written at once both change, so that git shows the collision."""
    head = Path(ROOT / "migrations" / "HEAD").read_text("utf-8").strip()
    newest = max(path.name.partition("_")[0] for path in VERSIONS.glob("*.py"))
    assert head == newest
