"""Links to an app: values too long for an address, and what links asked for that could not be used."""

from django.db import models

from projects.models import Project


class SavedLink(models.Model):
    """The values behind a short link. Values only: whoever opens it needs the right to open the app as well."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="saved_links")
    token = models.CharField(max_length=22, unique=True)
    digest = models.CharField(max_length=64, help_text="of the values: the same ones have the same link")
    values = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "digest"], name="one_link_of_the_same_values")]

    def __str__(self) -> str:
        return f"Link {self.token}"


class LinkProblem(models.Model):
    """Why a value of some link was not used, for the app's authors: how often, and when last."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="link_problems")
    sentence = models.CharField(max_length=300)
    times = models.PositiveIntegerField(default=1)
    last_at = models.DateTimeField()

    class Meta:
        ordering = ["-last_at"]
        constraints = [models.UniqueConstraint(fields=["project", "sentence"], name="one_row_a_link_problem")]

    def __str__(self) -> str:
        return self.sentence


class LinkFollower(models.Model):
    """Somebody opened the app by a link that carried an input of this name.

    `follower` is a digest: a count needs to tell people apart, and nothing else.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="link_followers")
    name = models.CharField(max_length=200)
    follower = models.CharField(max_length=64)
    last_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name", "follower"], name="one_follower_a_name")]

    def __str__(self) -> str:
        return f"{self.name} of {self.project}"
