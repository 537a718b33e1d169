"""The bytes behind outputs, kept once however often they are shown."""

from django.core.validators import RegexValidator
from django.db import models


class Blob(models.Model):
    """One immutable piece of an output: a picture, a table's data, the text of a long print.

    The bytes are a file of the default storage; `apps_runtime.outputs.store` writes it before the row exists, so a
    row always has its file. `created_at` is when the bytes were kept last, to the hour.
    """

    sha256 = models.CharField(
        primary_key=True,
        max_length=64,
        validators=[RegexValidator(r"\A[0-9a-f]{64}\Z")],
        help_text="of the media type, a line feed and the bytes: the same bytes as text and as HTML are two blobs",
    )
    size = models.PositiveBigIntegerField(help_text="bytes")
    media_type = models.CharField(max_length=100)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.media_type} {self.sha256[:12]}"

    @property
    def path(self) -> str:
        """Where the bytes are in the default storage."""
        return f"blobs/{self.sha256[:2]}/{self.sha256[2:]}"
