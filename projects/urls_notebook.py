"""Addresses of a project's notebooks: adding, copying, removing."""

from django.urls import path

from projects.views import notebook

PROJECT = "<slug:workspace>/project/<uuid:project_id>/"

urlpatterns = [
    path(PROJECT + "notebooks/", notebook.add, name="notebook-add"),
    path(PROJECT + "notebooks/restore/", notebook.restore, name="notebook-restore"),
    path(PROJECT + "notebooks/<uuid:draft_id>/copy/", notebook.copy, name="notebook-copy"),
    path(PROJECT + "notebooks/<uuid:draft_id>/delete/", notebook.delete, name="notebook-delete"),
]
