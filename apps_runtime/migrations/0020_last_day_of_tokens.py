"""Tokens have a last day; those that were there get theirs as if they were made now."""

from datetime import timedelta

from django.conf import settings
from django.db import migrations, models
from django.utils import timezone


def last_day():
    return timezone.now() + timedelta(days=min(settings.HEXLITE_TOKEN_DAYS, settings.HEXLITE_TOKEN_DAYS_MOST))


class Migration(migrations.Migration):

    dependencies = [
        ("apps_runtime", "0019_followers_of_links"),
    ]

    operations = [
        migrations.AddField(
            model_name="apitoken",
            name="ends_at",
            field=models.DateTimeField(db_index=True, default=last_day),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="apitoken",
            name="warned_at",
            field=models.DateTimeField(help_text="when a mail said that it ends soon", null=True),
        ),
    ]
