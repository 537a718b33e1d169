"""Finding whom to share with: members of the workspace and its groups, and nobody else.

Whoever shares must not learn who else has an account here, so strangers are reached by their e-mail address only, and
the answer is the same whether they have one.
"""

from dataclasses import dataclass

from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef, Q

from projects.addresses import canonical
from projects.models import Membership, Project, User
from projects.services.access import Principal
from projects.shapes import LARGEST_KEY, whole_number

MOST_FOUND = 8
LONGEST_TEXT = 100


class NobodyFound(Exception):
    """The text or the number names nobody who can be shared with."""


@dataclass(frozen=True)
class Found:
    """A person or group that can be given a level."""

    principal: Principal

    @property
    def who(self) -> str:
        return who(self.principal)

    @property
    def name(self) -> str:
        return self.principal.name

    @property
    def detail(self) -> str:
        return "Group" if isinstance(self.principal, Group) else known_as(self.principal)


def find(*, project: Project, text: str) -> list[Found]:
    """Members and groups whose name, account or address has every word of `text`; groups last, a handful at most."""
    words = text[:LONGEST_TEXT].split()
    if not words:
        return []
    people, groups = members(project), groups_of(project)
    for word in words:
        people = people.filter(
            Q(username__icontains=word)
            | Q(first_name__icontains=word)
            | Q(last_name__icontains=word)
            | Q(proved_address__address__icontains=word)
        )
        groups = groups.filter(name__icontains=word)
    found = [Found(person) for person in people.order_by("first_name", "username")[:MOST_FOUND]]
    return (found + [Found(group) for group in groups.order_by("name")[:MOST_FOUND]])[:MOST_FOUND]


def named(*, project: Project, text: str) -> Principal:
    """The one member or group that is called exactly this: account, address, full name, group. Raises NobodyFound.

    What is written like an e-mail address names only the member who has proved it, whatever others call themselves.
    """
    text = text.strip()
    if not text:
        raise NobodyFound("Say who: a person, a group, or an e-mail address.")
    matches: list[Principal] = []
    if address := canonical(text):
        matches += [person for person in members(project) if person.proved_email and canonical(person.email) == address]
    else:
        wanted = text.casefold()
        matches += [each for each in members(project) if wanted in {each.username.casefold(), each.name.casefold()}]
        matches += groups_of(project).filter(name__iexact=text)
    if len(matches) > 1:
        raise NobodyFound(f"Several are called “{text[:60]}”. Choose one from the list.")
    if not matches:
        place = project.workspace.name
        raise NobodyFound(f"Nobody in {place} is called “{text[:60]}”. Type an e-mail address to invite somebody.")
    return matches[0]


def known_as(person: User) -> str:
    """What tells people of one name apart: the address that is certain to be theirs, else the account's name."""
    return person.proved_email or person.username


def who(principal: Principal) -> str:
    """What forms call a person or group: `user:12`, `group:3`."""
    return f"{'group' if isinstance(principal, Group) else 'user'}:{principal.pk}"


def by_who(*, project: Project, text: str) -> Principal:
    """The person or group of `who`, if this project may be shared with them or is already. Raises NobodyFound."""
    kind, _, number = text.partition(":")
    key = whole_number(number, largest=LARGEST_KEY)
    if key is None:
        raise NobodyFound("There is nobody like that.")
    candidates: dict[str, tuple] = {
        "user": (members(project), User.objects.filter(projectusergrant__content_object=project)),
        "group": (groups_of(project), Group.objects.filter(projectgroupgrant__content_object=project)),
    }
    for queryset in candidates.get(kind, ()):
        if found := queryset.filter(pk=key).first():
            return found
    raise NobodyFound("There is nobody like that.")


def members(project: Project):
    """Active members of the project's workspace. A QuerySet of User."""
    found = User.objects.filter(memberships__workspace=project.workspace_id, is_active=True)
    return found.select_related("proved_address")


def groups_of(project: Project):
    """Groups in which somebody of the workspace is. A QuerySet of Group."""
    memberships = Membership.objects.filter(workspace=project.workspace_id, user__groups=OuterRef("pk"))
    return Group.objects.filter(Exists(memberships))
