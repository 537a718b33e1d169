"""Whom an app reaches: the people with a level on its project, and whoever its visibility lets in."""

from dataclasses import dataclass

from django.db.models import Q

from projects.models import Project, User


@dataclass(frozen=True)
class Audience:
    """`people`: active accounts with a level. `anyone`: no account is needed, `listed`: it is found without a link."""

    published: bool
    people: int
    anyone: bool
    listed: bool


def of_app(project: Project) -> Audience:
    """Who may open the app of this project. One query."""
    return Audience(
        published=hasattr(project, "publication"),
        people=people_with_a_level(project).count(),
        anyone=project.visibility != Project.Visibility.WORKSPACE,
        listed=project.visibility == Project.Visibility.PUBLIC,
    )


def people_with_a_level(project: Project):
    """Active people who have a level by a grant, a group or the workspace. A QuerySet of User."""
    has = Q(projectusergrant__content_object=project) | Q(groups__projectgroupgrant__content_object=project)
    if project.workspace_level:
        has |= Q(memberships__workspace=project.workspace_id)
    return User.objects.filter(has, is_active=True).distinct()
