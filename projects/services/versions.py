"""Saving versions and publishing them."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max, OuterRef, Q, Subquery
from django.dispatch import Signal
from django.utils import timezone

from projects.models import Draft, Project, Publication, User, Version, VersionName
from projects.notebook.document import Notebook
from projects.services import audit, drafts

# Sent on commit with `publication` and `before` (the version that was live, or None).
published = Signal()
# Sent on commit with `project` and `by`.
unpublished = Signal()


class PublishedMeanwhile(Exception):
    """Somebody else published after this preview was made."""

    def __init__(self, publication: Publication) -> None:
        self.publication = publication
        super().__init__(
            f"{publication.published_by.name} published version {publication.version.number} at "
            f"{timezone.localtime(publication.published_at):%H:%M}. Your preview was made before that."
        )


def save_version(*, draft: Draft, reason: Version.Reason, by: User, note: str = "") -> Version:
    """The draft as it is now, as a version. The newest version is returned if it has the very same content."""
    with transaction.atomic():
        project = Project.objects.select_for_update().get(pk=draft.project_id)
        draft.refresh_from_db()
        newest = project.versions.first()
        if newest and newest.digest == draft.digest and newest.draft_id == draft.pk and not note:
            return newest
        return Version.objects.create(
            project=project,
            draft=draft,
            number=(project.versions.aggregate(Max("number"))["number__max"] or 0) + 1,
            title=project.title,
            document=draft.document,
            digest=draft.digest,
            reason=reason,
            note=note[:500],
            created_by=by,
        )


def publish(
    *, version: Version, by: User, replaces: Version | None = None, checked: bool = True, by_saving: bool = False
) -> Publication:
    """Make `version` the live one, in one step. `by_saving`: a live update, which the trail notes once an hour.

    `replaces` is the version that was live when the person looked. Raises PublishedMeanwhile when another one is
    live by now (unless `checked` is off, for commands). The app is the same address before and after.
    """
    with transaction.atomic():
        project = Project.objects.select_for_update().get(pk=version.project_id)
        present = Publication.objects.select_related("version", "published_by").filter(project=project).first()
        live = present.version if present else None
        if checked and live != replaces and live != version:
            raise PublishedMeanwhile(present)
        if present and live == version:
            return present
        publication, _ = Publication.objects.update_or_create(
            project=project, defaults={"version": version, "published_at": timezone.now(), "published_by": by}
        )
        if by_saving:
            audit.record_once(project=project, by=by, action="updated the app live")
        else:
            audit.record(project=project, by=by, action="published", version=version.number)
        transaction.on_commit(lambda: published.send(Publication, publication=publication, before=live))
    return publication


def delete_app(*, project: Project, by: User) -> None:
    """The address answers 404; the project, its versions and its link stay for the next publication."""
    with transaction.atomic():
        deleted, _ = Publication.objects.filter(project=project).delete()
        if deleted:
            audit.record(project=project, by=by, action="deleted the app")
            transaction.on_commit(lambda: unpublished.send(Project, project=project, by=by))


def revert(*, draft: Draft, version: Version, by: User) -> Version:
    """Make the draft what `version` was; the present draft is saved as a version first, and returned."""
    with transaction.atomic():
        before = save_version(draft=draft, reason=Version.Reason.REVERT, by=by)
        drafts.change(draft=draft, by=by, edit=lambda _: Notebook.from_json(version.document))
        audit.record(project=draft.project, by=by, action="reverted", version=version.number)
    return before


def name_version(*, version: Version, name: str, by: User) -> VersionName:
    """Call a version something; a new name replaces the old one."""
    name = " ".join(name.split())[:120]
    if not name:
        raise ValueError("Give the version a name.")
    named, _ = VersionName.objects.update_or_create(version=version, defaults={"name": name, "by": by})
    return named


def save_automatically(*, now: datetime) -> list[Version]:
    """Versions of drafts that were edited: ten minutes after the last version while editing goes on, and two minutes
    after the last change."""
    quiet = now - timedelta(seconds=settings.HEXLITE_VERSION_QUIET_SECONDS)
    every = now - timedelta(seconds=settings.HEXLITE_VERSION_EVERY_SECONDS)
    newest = Version.objects.filter(draft=OuterRef("pk")).order_by("-number")
    edited = (
        Draft.objects.filter(project__trashing=None)
        .annotate(saved=Subquery(newest.values("digest")[:1]), saved_at=Subquery(newest.values("created_at")[:1]))
        .filter(Q(saved=None) | ~Q(saved=F("digest")))
        .filter(Q(edited_at__lte=quiet) | Q(saved_at__lte=every) | Q(saved_at=None, edited_at__lte=quiet))
    )
    return [
        save_version(draft=draft, reason=Version.Reason.AUTOMATIC, by=draft.edited_by)
        for draft in edited.select_related("edited_by")
    ]


def has_unpublished_changes(draft: Draft) -> bool:
    """Whether publishing would change the app: content is compared, so changing back disables it again."""
    publication = getattr(draft.project, "publication", None)
    if publication is None:
        return True
    return publication.version.digest != draft.digest or publication.version.title != draft.project.title
