"""Which of a project's notebooks an address is about."""

from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404

from projects.models import Draft, Project


def draft_of(project: Project, identity: str | None) -> Draft:
    """The notebook with this id, or the app's where none is given. Raises Http404, for what is no id as well."""
    if not identity:
        return project.app_draft
    try:
        return get_object_or_404(project.drafts, pk=identity)
    except ValidationError as error:
        raise Http404 from error
