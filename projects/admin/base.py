"""What the pages of Django's admin share: rows that nobody edits there, and links between related rows.

They show what there is and what goes on. Nothing of a project's content: no code, no outputs, no values of inputs
(specs/permissions: staff see "only model pages given to them, no project content"; specs/security T35).
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.forms import BaseInlineFormSet, ModelForm
from django.forms.formsets import DELETION_FIELD_NAME
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

NOTHING = "–"


class ReadOnly(admin.ModelAdmin):
    """Rows that the product writes: its pages and services change them, with their rules and their audit trail."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[Any]:
        return self.fields or ()


class ReadOnlyInline(admin.TabularInline):
    """Related rows on the page of another one."""

    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class NamedValues(admin.AllValuesFieldListFilter):
    """A filter by value in which nothing has a name too."""

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        for choice in super().choices(changelist):
            yield {**choice, "display": choice["display"] or NOTHING}


class NamedFields(BaseInlineFormSet):
    """In a table of rows a control's name stands in the head of its column, where a screen reader doesn't look."""

    def add_fields(self, form: ModelForm, index: int | None) -> None:
        super().add_fields(form, index)
        for name, field in form.fields.items():
            field.widget.attrs["aria-label"] = "Delete" if name == DELETION_FIELD_NAME else field.label or name


def link(row: Model | None, words: str = "") -> SafeString:
    """To the row's own page in the admin."""
    if row is None:
        return format_html("{}", NOTHING)
    address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', address, words or str(row))


def listed(model: type[Model], words: str, **filters: Any) -> SafeString:
    """To the list of a model, narrowed: “12 runs”."""
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    return format_html('<a href="{}?{}">{}</a>', address, query, words)


def to_page(address: str, words: str) -> SafeString:
    """To a page of the product."""
    return format_html('<a href="{}">{}</a>', address, words)
