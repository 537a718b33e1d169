"""One's own tokens for the API."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from apps_runtime.models import ApiToken


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """The list; POST makes one and shows its text, once."""
    made, problem = None, ""
    if request.method == "POST":
        name, days = request.POST.get("name", "").strip(), request.POST.get("days", "")
        if name:
            chosen = int(days) if days in map(str, choices_of_days()) else None
            _, made = ApiToken.make(person=request.user, name=name, days=chosen)
        else:
            problem = "Give the token a name, so that you know later what uses it."
    context = {
        "tokens": request.user.api_tokens.all(),
        "made": made,
        "problem": problem,
        "days": choices_of_days(),
        "usual": settings.HEXLITE_TOKEN_DAYS,
    }
    return render(request, "accounts/tokens.html", context, status=400 if problem else 200)


def choices_of_days() -> list[int]:
    """How long a token may be good: the usual, the longest, and what is shorter."""
    most = settings.HEXLITE_TOKEN_DAYS_MOST
    return sorted(days for days in {7, 30, settings.HEXLITE_TOKEN_DAYS, most} if days <= most)


@login_required
@require_POST
def delete(request: HttpRequest, token_id: int) -> HttpResponse:
    token = get_object_or_404(request.user.api_tokens, pk=token_id)
    token.delete()
    messages.success(request, f"Deleted: {token.name}. Programs that use it are refused from now on.")
    return redirect("tokens")
