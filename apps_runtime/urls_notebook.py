"""Addresses of the notebook page."""

from django.urls import path

from apps_runtime.views import cells, notebook

PROJECT = "<slug:workspace>/project/<uuid:project_id>/"

urlpatterns = [
    path(PROJECT, notebook.notebook, name="notebook"),
    path(PROJECT + "export.ipynb", notebook.export, name="notebook-export"),
    path(PROJECT + "notebooks/<uuid:draft_id>/cells/", cells.notebook_cells, name="notebook-cells"),
    path(
        PROJECT + "notebooks/<uuid:draft_id>/cells/<str:cell_id>/settings/",
        notebook.settings,
        name="notebook-cell-settings",
    ),
]
