"""Guards of the database's own: no statement changes a version, and one goes only with its whole project.

The one change that is allowed is the one that deleting a notebook brings: the version forgets which notebook it was of.
"""

from django.db import migrations, models

KEPT = ["id", "project_id", "number", "title", "document", "digest", "reason", "note", "created_at", "created_by_id"]

SQLITE = [
    f"""
    CREATE TRIGGER hexlite_versions_never_change BEFORE UPDATE ON projects_version
    WHEN {" OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in KEPT)}
        OR (NEW.draft_id IS NOT OLD.draft_id AND NEW.draft_id IS NOT NULL)
    BEGIN
        SELECT RAISE(ABORT, 'A version never changes; save a new one instead.');
    END
    """,
    """
    CREATE TRIGGER hexlite_versions_stay BEFORE DELETE ON projects_version
    WHEN NOT EXISTS (SELECT 1 FROM projects_erasure WHERE projects_erasure.project_id = OLD.project_id)
    BEGIN
        SELECT RAISE(ABORT, 'A version is deleted only with its whole project.');
    END
    """,
]

POSTGRESQL = [
    f"""
    CREATE FUNCTION hexlite_versions_never_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF ROW({", ".join(f"NEW.{column}" for column in KEPT)})
            IS DISTINCT FROM ROW({", ".join(f"OLD.{column}" for column in KEPT)})
            OR (NEW.draft_id IS DISTINCT FROM OLD.draft_id AND NEW.draft_id IS NOT NULL)
        THEN
            RAISE EXCEPTION 'A version never changes; save a new one instead.'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END
    $$
    """,
    """
    CREATE TRIGGER hexlite_versions_never_change BEFORE UPDATE ON projects_version
    FOR EACH ROW EXECUTE FUNCTION hexlite_versions_never_change()
    """,
    """
    CREATE FUNCTION hexlite_versions_stay() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (SELECT 1 FROM projects_erasure WHERE projects_erasure.project_id = OLD.project_id) THEN
            RAISE EXCEPTION 'A version is deleted only with its whole project.'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN OLD;
    END
    $$
    """,
    """
    CREATE TRIGGER hexlite_versions_stay BEFORE DELETE ON projects_version
    FOR EACH ROW EXECUTE FUNCTION hexlite_versions_stay()
    """,
]

TRIGGERS = ["hexlite_versions_never_change", "hexlite_versions_stay"]


def put_up(apps, schema_editor) -> None:
    for statement in {"sqlite": SQLITE, "postgresql": POSTGRESQL}[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def take_down(apps, schema_editor) -> None:
    on = " ON projects_version" if schema_editor.connection.vendor == "postgresql" else ""
    for trigger in TRIGGERS:
        schema_editor.execute(f"DROP TRIGGER {trigger}{on}")
        if on:
            schema_editor.execute(f"DROP FUNCTION {trigger}()")


class Migration(migrations.Migration):
    dependencies = [("projects", "0002_deleting_whole_projects")]

    operations = [
        migrations.CreateModel(
            name="Erasure",
            fields=[("project_id", models.UUIDField(primary_key=True, serialize=False))],
        ),
        migrations.RunPython(put_up, take_down),
    ]
