"""What the templates of sharing need."""

from django import template
from django.utils.html import format_html

from projects.models import Project

register = template.Library()


@register.filter
def embed_code(project: Project, origin: str) -> str:
    """The line of HTML that shows the app in another site's page."""
    return format_html(
        '<iframe src="{}{}?embed=true" title="{}" width="100%" height="800" loading="lazy"></iframe>',
        origin,
        project.app_url,
        project.title,
    )
