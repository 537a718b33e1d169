"""Workspaces: where a person's projects are put."""

from django.db import transaction
from django.utils.text import slugify

from projects.models import Membership, User, Workspace

# First parts of addresses that are not workspaces (hexlite/urls.py); a test holds the two to each other.
RESERVED = frozenset({
    "admin", "api", "healthz", "import", "invitation", "metrics", "new", "outputs", "palette", "password", "profile",
    "publish", "readyz", "robots.txt", "sign-in", "sign-out", "sign-up", "sitemap.xml", "static", "trash", "ws",
})  # fmt: skip


def own(*, by: User) -> Workspace:
    """The workspace where a person's projects go without asking: the one joined first, else a new one of their own."""
    first = Workspace.objects.filter(memberships__user=by).order_by("memberships__joined_at").first()
    if first is not None:
        return first
    with transaction.atomic():
        workspace = Workspace.objects.create(slug=_free_slug(by.username), name=f"{by.name}’s workspace")
        Membership.objects.create(workspace=workspace, user=by, role=Membership.Role.ADMIN)
    return workspace


def _free_slug(name: str) -> str:
    base = slugify(name)[:50] or "workspace"
    taken = RESERVED | set(Workspace.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    candidates = (base, *(f"{base}-{number}" for number in range(2, len(taken) + 3)))
    return next(slug for slug in candidates if slug not in taken)
