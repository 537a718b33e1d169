"""The demo: a team, five accounts, three projects on real data. Demo data only; `manage.py demo` makes it.

It is made once: whoever deletes a demo project, or a demo account, does not get it back.
"""

from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

from django.contrib.auth.hashers import make_password
from django.db import transaction

from projects.levels import Level
from projects.models import Membership, Project, ProvedAddress, User, Workspace
from projects.notebook.files import ipynb
from projects.services import access, projects

SLUG = "harbour-lab"
PASSWORD = "hexlite-demo"  # noqa: S105  (printed by `make run`: these accounts are for looking around)
NOTEBOOKS = Path(__file__).resolve().parent.parent / "demo"
FILES = ("gapminder-atlas.ipynb", "palmer-penguins.ipynb", "seattle-weather.ipynb")

# Name, family name, and level on the three projects. mallory is a stranger to the team.
PEOPLE = {
    "alice": ("Alice", "", Level.FULL_ACCESS),
    "bob": ("Bob", "", Level.CAN_EDIT),
    "carol": ("Carol", "", Level.CAN_VIEW),
    "dave": ("Dave", "", Level.APP_ONLY),
    "mallory": ("Mallory", "", None),
}


def make() -> bool:
    """Everything but the runs, in one transaction. False when it is there already."""
    with transaction.atomic():
        workspace, new = Workspace.objects.get_or_create(slug=SLUG, defaults={"name": "Harbour Lab"})
        if not new:
            return False
        people = _people()
        for name, person in people.items():
            if PEOPLE[name][2]:
                role = Membership.Role.ADMIN if name == "alice" else Membership.Role.MEMBER
                Membership.objects.create(workspace=workspace, user=person, role=role)
        for name in FILES:
            _project(name, workspace, people)
    return True


def made_projects() -> list[Project]:
    """The demo's projects that are still there and not in the trash."""
    found = Project.objects.kept().filter(pk__in=map(project_id, FILES)).select_related("created_by", "publication")
    return sorted(found, key=lambda project: project.title)


def project_id(file: str) -> UUID:
    """The same on every installation, so that the demo's links can be written down."""
    return uuid5(NAMESPACE_URL, f"https://hexlite.example/demo/{file}")


def _people() -> dict[str, User]:
    """An account that has one of the names already stays as it is."""
    password = make_password(PASSWORD)  # Slow on purpose, so once for all of them.
    for name, (first, last, _) in PEOPLE.items():
        fields = {"first_name": first, "last_name": last, "email": f"{name}@example.org", "password": password}
        person, made = User.objects.get_or_create(username=name, defaults=fields)
        if made and not ProvedAddress.objects.filter(address=person.email).exists():
            ProvedAddress.objects.create(person=person, address=person.email, way=ProvedAddress.Way.DEMO)
    return {person.username: person for person in User.objects.filter(username__in=PEOPLE)}


def _project(file: str, workspace: Workspace, people: dict[str, User]) -> None:
    notebook = ipynb.read((NOTEBOOKS / file).read_bytes(), file).notebook
    title = notebook.settings.title.partition(",")[0]
    project = projects.create(
        workspace=workspace, by=people["alice"], title=title, notebooks=[(title, notebook)], identity=project_id(file)
    )
    for name, (_, _, level) in PEOPLE.items():
        if level:
            access.write_level(project=project, principal=people[name], level=level)
