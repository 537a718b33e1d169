"""The app's settings: part of the notebook, so they are versioned, compared and published with it."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from apps_runtime.views.dialogues import over_the_notebook
from apps_runtime.views.operation import BadOperation
from apps_runtime.views.picking import draft_of
from projects.notebook.document import CellKind, Notebook
from projects.notebook.inputs import Problem
from projects.notebook.layout.layout import in_app, words_of
from projects.notebook.settings import LONGEST_IDLE_MINUTES, Applying, Opening
from projects.permissions import Action, load
from projects.services import layout
from projects.services.input_settings import SettingsRefused

OPENINGS = (
    (
        Opening.PUBLISHED,
        "Show notebook outputs",
        "Results of the last good run of the published version. Takes no kernel.",
    ),
    (Opening.CLEAN, "Clean slate", "Inputs at their defaults, no outputs until the viewer runs it."),
    (Opening.RUN, "Run on open", "Every visit takes a kernel and runs everything before it shows anything."),
)
APPLYING = ((Applying.CHANGE, "Run at once"), (Applying.APPLY, "Wait for Apply"))


class AppSettingsForm(forms.Form):
    """Each field has a sentence that says what viewers get."""

    title = forms.CharField(required=False, max_length=200, help_text="Stands above the app. Empty: the project's.")
    description = forms.CharField(
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Shown in lists of apps and where a link is pasted.",
    )
    picture = forms.ChoiceField(
        required=False, help_text="Shown in lists of apps and where a link is pasted, as large as there is room."
    )
    hide_code = forms.BooleanField(
        required=False,
        label="Hide all code",
        help_text="Viewers see outputs and text. What a block shows is kept for when you switch this off.",
    )
    full_width = forms.BooleanField(
        required=False, label="Full width", help_text="Uses the whole window; otherwise 1,056 px."
    )
    table_of_contents = forms.BooleanField(
        required=False,
        label="Show table of contents",
        help_text="Headings of the app, beside it on wide screens.",
    )
    outputs = forms.ChoiceField(
        label="When somebody opens the app",
        choices=[(value.value, label) for value, label, _ in OPENINGS],
        help_text="Results are those of the last good run of the published version.",
    )
    viewers_run = forms.BooleanField(
        required=False,
        label="Allow viewers to run",
        help_text="Off: they read the last results, and inputs are locked.",
    )
    reactive = forms.BooleanField(
        required=False,
        label="Allow reactivity",
        help_text="Runs only the cells that a changed input reaches. Off: every change runs all of them.",
    )
    apply = forms.ChoiceField(
        label="When an input changes",
        choices=[(value.value, label) for value, label in APPLYING],
        help_text="“Wait for Apply” suits slow cells: several inputs, one run.",
    )
    show_errors = forms.BooleanField(
        required=False,
        label="Show error details",
        help_text="Off: viewers see a sentence and a number; people with Can View see the traceback. "
        "On: everybody sees it, and it may show code.",
    )
    idle_minutes = forms.IntegerField(
        label="Keep an idle kernel for (minutes)",
        min_value=1,
        max_value=LONGEST_IDLE_MINUTES,
        help_text="A viewer who comes back later waits for a new kernel; a longer time takes more memory.",
    )
    live_updates = forms.BooleanField(
        required=False,
        label="Live updates",
        help_text="Every saved change of the notebook becomes the app at once, with the outputs that the notebook "
        "shows and without a preview. Viewers see it when they reload. It begins with the next publication.",
    )

    def __init__(self, *given: Any, notebook: Notebook, **named: Any) -> None:
        super().__init__(*given, **named)
        self.notebook = notebook
        pictured = [(cell.id, words_of(cell)) for cell in in_app(notebook) if cell.kind is CellKind.CODE]
        self.fields["picture"].choices = [("", "The first chart"), *pictured]

    @classmethod
    def of(cls, notebook: Notebook) -> "AppSettingsForm":
        """With the settings that the notebook has."""
        return cls(notebook=notebook, initial=_initial(notebook))

    @property
    def opening_choices(self) -> list[dict[str, Any]]:
        now = self["outputs"].value()
        return [
            {"value": value.value, "label": label, "help": help_text, "chosen": value == now}
            for value, label, help_text in OPENINGS
        ]

    @property
    def applying_choices(self) -> list[dict[str, Any]]:
        now = self["apply"].value()
        return [{"value": value.value, "label": label, "chosen": value == now} for value, label in APPLYING]

    @property
    def settings(self) -> dict[str, Any]:
        """The fields of AppSettings, when the form is valid."""
        values = dict(self.cleaned_data)
        values["outputs"], values["apply"] = Opening(values["outputs"]), Applying(values["apply"])
        return values


@require_http_methods(["GET", "POST"])
@over_the_notebook
def app_settings(request: HttpRequest, workspace: str, project_id: str) -> HttpResponse:
    """`settings/`: the dialogue, and its form. `?notebook=` picks one of several."""
    project = load(request.user, workspace, project_id, Action.EDIT)
    draft = draft_of(project, request.GET.get("notebook"))
    if request.method == "POST":
        form = AppSettingsForm(request.POST, notebook=draft.notebook)
        if form.is_valid():
            layout.change_settings(draft=draft, changes=form.settings, by=request.user)
            return JsonResponse({"sentence": "Saved. Viewers get it when you publish."})
        return render(request, "app/settings.html", {"project": project, "draft": draft, "form": form}, status=400)
    form = AppSettingsForm.of(draft.notebook)
    return render(request, "app/settings.html", {"project": project, "draft": draft, "form": form})


def checked(notebook: Notebook, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Some settings as the App view sends them. Raises BadOperation for a name that is none, and SettingsRefused with a
    sentence for each value that can't be."""
    if not changes or not changes.keys() <= AppSettingsForm.base_fields.keys():
        raise BadOperation("“settings” names settings of the app.")
    known = _initial(notebook)
    form = AppSettingsForm({**known, **changes}, notebook=notebook)
    if not form.is_valid():
        problems = [Problem(name, errors[0]) for name, errors in form.errors.items() if name in changes]
        if problems:
            raise SettingsRefused(problems)
        return {}
    return {name: form.settings[name] for name in changes}


def changed(before: Notebook, after: Notebook) -> dict[str, Any]:
    """The settings in which they differ, as they were before: what `checked` takes."""
    was, now = _initial(before), _initial(after)
    return {name: value for name, value in was.items() if value != now[name]}


def _initial(notebook: Notebook) -> dict[str, Any]:
    """The settings as a form shows them: a picture of a block that left the app is the first chart again."""
    values = {name: getattr(notebook.settings, name) for name in AppSettingsForm.base_fields}
    if values["picture"] not in {cell.id for cell in in_app(notebook)}:
        values["picture"] = ""
    return values
