"""Alembic's environment: migrates the application's own database, SQLite with table copies where it cannot alter."""

from alembic import context

from server.foundation.database import Base, db, writing


def migrate() -> None:
    with writing(), db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
            user_module_prefix="types.",
        )
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    raise SystemExit("Migrations run against a database: leave --sql away.")
migrate()
