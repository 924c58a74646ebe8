"""Every table that names a person is treated where they are erased, or stands here with its reason."""

import sqlalchemy as sa

from server.activities import erasing as activities
from server.foundation.database import Base
from server.learning import erasing as learning
from server.people import erasing as people
from server.reminders import erasing as reminders
from server.sync import erasing as sync

KEPT = {
    ("session", "person_id"): "who holds its secret hears that they are erased, and their phone wipes itself",
    ("sign_in_code", "issued_by"): "emptied: the code is another's",
    ("group_message", "written_by"): "the organisation's words to others; who wrote them is a row without a name",
    ("sync_decision", "decided_by"): "about another's act; who decided is a row without a name",
    ("sync_receipt", "decided_by"): "about another's act; who decided is a row without a name",
    ("audit_entry", "actor_id"): "the audit is append-only, and knows ids alone",
    ("audit_entry", "subject_id"): "the audit is append-only, and knows ids alone",
}
NAMES = {"person_id", "actor_id", "subject_id", "decided_by"}


def person_columns():
    """Every (table, column) that holds a person's id."""
    return {
        (table.name, column.name)
        for table in Base.metadata.tables.values()
        for column in table.columns
        if column.name in NAMES or any(key.target_fullname == "person.id" for key in column.foreign_keys)
    }


def test_every_table_that_names_a_person_is_erased_or_has_a_reason():
    treated = {
        (model.__tablename__, "person_id")
        for feature in (people, learning, activities, reminders, sync)
        for model in feature.OF_PERSON
    }
    assert treated.isdisjoint(KEPT)
    assert person_columns() == treated | set(KEPT)


def test_every_column_of_a_person_is_emptied_or_is_no_longer_about_them():
    """What is added to the row that stays must be thought of in server/people/erasing.py."""
    from server.people.models import Person

    assert {column.name for column in sa.inspect(Person).columns} == {
        "id", "email", "name", "language", "password_hash", "is_protected", "alias", "is_demo", "created_at",
        "deactivated_at", "erased_at",
    }  # fmt: skip
