"""Asking for more access, from the page that refuses."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from projects.levels import Level
from projects.models import User
from projects.permissions import Action, NotYours, granted_levels, load
from sharing.services import asking
from sharing.services.asking import AskedAlready


@require_POST
def ask(request: HttpRequest, workspace: str, project_id: str) -> HttpResponse:
    """Form: `level`. For people who have some level; to everybody else there is nothing here to ask for."""
    project = load(request.user, workspace, project_id, Action.OPEN_APP)
    has = granted_levels(request.user, project)
    if not has:
        raise NotYours()
    level = _level(request.POST.get("level", ""))
    if any(one.includes(level) for one in has):
        return _answer(request, project, "You have it", f"You have {level.label} already. Reload the page.")
    try:
        owners = asking.ask(project=project, level=level, by=request.user)
    except AskedAlready as refusal:
        return _answer(request, project, "You asked already", str(refusal), status=429)
    sentence = f"{_names(owners)} got a mail. You can open this as soon as {level.label} is given to you."
    return _answer(request, project, f"Asked for {level.label}", sentence)


def _answer(request: HttpRequest, project, title: str, sentence: str, status: int = 200) -> HttpResponse:
    template = "sharing/asked.html" if request.headers.get("X-Fragment") else "sharing/asked_page.html"
    return render(request, template, {"project": project, "title": title, "sentence": sentence}, status=status)


def _level(text: str) -> Level:
    """What is asked for; something unknown is read as the least that shows a notebook."""
    return Level(text) if text in {level.value for level in Level.grantable()} else Level.CAN_VIEW


def _names(owners: list[User]) -> str:
    names = [owner.name for owner in owners]
    if len(names) < 2:
        return names[0] if names else "An administrator"
    return f"{', '.join(names[:-1])} and {names[-1]}"
