"""What SQLite has deleted would lie in its file until something else is written there."""

from .test_erasing import CANARY, live

DATABASES = ("sqlite",)


def test_what_was_erased_is_gone_from_sqlite_s_files_too(erase, ada, world, clock, settings):
    live(ada, world, clock)

    def holds(word):
        return [path.name for path in settings.data.glob("rundtur.sqlite3*") if word.encode() in path.read_bytes()]

    assert holds(CANARY)
    assert holds("Ada Lärare")
    erase()
    assert holds(CANARY) == holds("Ada Lärare") == holds("+46701740605") == []
