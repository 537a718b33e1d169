"""The app's settings: part of the notebook, so they are versioned, compared and published with it."""

from dataclasses import replace

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from apps_runtime.views.picking import draft_of
from projects.notebook.settings import LONGEST_IDLE_MINUTES, Applying, AppSettings, Opening
from projects.permissions import Action, load
from projects.services import drafts


class AppSettingsForm(forms.Form):
    """Each field has a sentence that says what viewers get."""

    title = forms.CharField(required=False, max_length=200, help_text="Stands above the app. Empty: the project's.")
    description = forms.CharField(
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="A line or two under the title, and in link previews.",
    )
    hide_code = forms.BooleanField(
        required=False, label="Hide all code", help_text="Viewers are sent no code, whatever single cells say."
    )
    full_width = forms.BooleanField(required=False, label="Full width", help_text="The app uses the whole window.")
    table_of_contents = forms.BooleanField(
        required=False, label="Show table of contents", help_text="Headings are listed beside the app."
    )
    outputs = forms.ChoiceField(
        label="When somebody opens the app",
        choices=[
            (Opening.PUBLISHED.value, "Show the newest results"),
            (Opening.CLEAN.value, "Start with a clean slate"),
            (Opening.RUN.value, "Run it at once"),
        ],
        help_text="Results are those of the last good run of the published version.",
    )
    viewers_run = forms.BooleanField(
        required=False, label="Allow viewers to run", help_text="Without it, viewers look and inputs are still."
    )
    reactive = forms.BooleanField(
        required=False, label="Allow reactivity", help_text="A changed input runs only the cells that depend on it."
    )
    apply = forms.ChoiceField(
        label="Changed inputs take effect",
        choices=[(Applying.CHANGE.value, "At once"), (Applying.APPLY.value, "When Run is pressed")],
        help_text="Pending changes are marked until they are applied.",
    )
    show_errors = forms.BooleanField(
        required=False, label="Show error details", help_text="Viewers see tracebacks, which may show code."
    )
    idle_minutes = forms.IntegerField(
        label="Keep an idle kernel for (minutes)",
        min_value=1,
        max_value=LONGEST_IDLE_MINUTES,
        help_text="After that the next change runs everything again.",
    )


@require_http_methods(["GET", "POST"])
def app_settings(request: HttpRequest, workspace: str, project_id: str) -> HttpResponse:
    """`settings/`: the dialogue, and its form. `?notebook=` picks one of several."""
    project = load(request.user, workspace, project_id, Action.EDIT)
    draft = draft_of(project, request.GET.get("notebook"))
    settings = draft.notebook.settings
    if request.method == "POST":
        form = AppSettingsForm(request.POST)
        if form.is_valid():
            drafts.change(draft=draft, by=request.user, edit=lambda n: n.set_settings(_changed(n.settings, form)))
            return JsonResponse({"sentence": "Saved. Viewers get it when you publish."})
        return render(request, "app/settings.html", {"project": project, "draft": draft, "form": form}, status=400)
    form = AppSettingsForm(initial={name: getattr(settings, name) for name in AppSettingsForm.base_fields})
    return render(request, "app/settings.html", {"project": project, "draft": draft, "form": form})


def _changed(settings: AppSettings, form: AppSettingsForm) -> AppSettings:
    values = dict(form.cleaned_data)
    values["outputs"], values["apply"] = Opening(values["outputs"]), Applying(values["apply"])
    return replace(settings, **values)
