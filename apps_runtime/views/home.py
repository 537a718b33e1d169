"""`/` and `/<workspace>/`: a person's projects and apps, and a workspace's apps."""

from enum import StrEnum
from typing import TypeVar

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from apps_runtime.pages import gallery
from apps_runtime.pages import home as shelf
from apps_runtime.pages.home import HomeSection, Sort
from projects.models import Workspace
from projects.permissions import NotYours, SignInFirst

ROWS = 50
# Seconds after which an open list looks again whether something began, went on or ended.
WHILE_SOMETHING_RUNS, WHILE_NOTHING_DOES = 2, 5
CARDS = 8
MOST_CARDS = 200

_Choice = TypeVar("_Choice", bound=StrEnum)


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The signed-in person's projects, with search, filters and order in the address; then apps shared with them."""
    search = request.GET.get("q", "").strip()[:200]
    workspaces = list(request.user.workspaces.order_by("name"))
    chosen = next((each for each in workspaces if each.slug == request.GET.get("workspace")), None)
    show, sort = _choice(request, "show", HomeSection.ALL), _choice(request, "sort", Sort.EDITED_DOWN)
    projects = shelf.listed(request.user, search=search, workspace=chosen.slug if chosen else "")
    counts = shelf.counts(projects)
    paginator = Paginator(shelf.narrowed(projects, show, sort), ROWS)
    paginator.count = counts[show]  # Counted already, for its segment.
    page = paginator.get_page(request.GET.get("page"))
    shared = gallery.matching(gallery.shared_with(request.user), search)
    all_apps = request.GET.get("apps") == "all"
    cards = gallery.cards(shared[: MOST_CARDS if all_apps else CARDS + 1])
    state = {"q": search, "workspace": chosen.slug if chosen else "", "show": show.value, "sort": sort.value}
    rows = shelf.rows(page.object_list, reader=request.user) if counts[show] else []
    context = {
        "rows": rows,
        "stamp": shelf.stamp_of(rows),
        "look_again": WHILE_SOMETHING_RUNS if any(row.is_busy for row in rows) else WHILE_NOTHING_DOES,
        "page": page,
        "segments": [(each, counts[each], _address(state, show=each.value)) for each in HomeSection],
        "heads": {"title": _head(sort, Sort.TITLE, state), "edited": _head(sort, Sort.EDITED, state)},
        "show": show,
        "search": search,
        "kept": {name: value for name, value in _unusual(state).items() if name != "q"},
        "older": _address(state, page=page.next_page_number()) if page.has_next() else "",
        "newer": _address(state, page=page.previous_page_number()) if page.has_previous() else "",
        "workspaces": workspaces,
        "chosen": chosen,
        "cards": cards if all_apps else cards[:CARDS],
        "more_cards": _address(state, apps="all") if not all_apps and len(cards) > CARDS else "",
        "is_new_here": not search and not chosen and not counts[HomeSection.ALL],
    }
    return render(request, "home/home.html", context)


@require_safe
def workspace(request: HttpRequest, workspace: str) -> HttpResponse:
    """A workspace's apps: for strangers the public ones, for others those they may open.

    Where there is nothing to see for somebody, there is no such workspace.
    """
    found = Workspace.objects.filter(slug=workspace).first()
    apps = gallery.of_workspace(workspace, request.user)
    everything = apps.count() if found else 0
    is_member = request.user.is_authenticated and found is not None and _is_member(request, found)
    if not everything and not is_member:
        raise NotYours() if request.user.is_authenticated else SignInFirst()
    search = request.GET.get("q", "").strip()[:200]
    context = {
        "workspace": found,
        "cards": gallery.cards(gallery.matching(apps, search)[:MOST_CARDS]),
        "count": everything,
        "search": search,
        "is_member": is_member,
    }
    return render(request, "home/workspace.html", context)


def _is_member(request: HttpRequest, workspace: Workspace) -> bool:
    return request.user.is_superuser or request.user.memberships.filter(workspace=workspace).exists()


def _choice(request: HttpRequest, name: str, default: _Choice) -> _Choice:
    text = request.GET.get(name, "")
    return type(default)(text) if text in list(type(default)) else default


def _head(sort: Sort, column: Sort, state: dict[str, str]) -> tuple[str, str]:
    """Of a column that orders the list: `aria-sort` (or ""), and the address of its other way round."""
    down = Sort(f"-{column.value}")
    aria = {column: "ascending", down: "descending"}.get(sort, "")
    # Names begin with A, dates with the newest.
    first, second = (column, down) if column is Sort.TITLE else (down, column)
    return aria, _address(state, sort=(second if sort is first else first).value)


def _address(state: dict[str, str], **changes: str | int) -> str:
    """The page's address with some of it changed; what is as it is anyway is left out."""
    wanted = _unusual({**state, **changes})
    return f"?{urlencode(wanted)}" if wanted else "?"


def _unusual(state: dict[str, str | int]) -> dict[str, str | int]:
    usual = {"q": "", "workspace": "", "show": HomeSection.ALL.value, "sort": Sort.EDITED_DOWN.value, "page": 1}
    return {name: value for name, value in state.items() if value != usual.get(name)}
