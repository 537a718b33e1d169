"""Addresses of the lists: projects, workspaces, the trash, the palette. The catch-all is the last."""

from django.urls import path

from apps_runtime.views import home, palette, projects

PROJECT = "<slug:workspace>/project/<uuid:project_id>/"

urlpatterns = [
    path("", home.home, name="home"),
    path("new/", projects.new, name="project-new"),
    path("import/", projects.import_file, name="project-import"),
    path("trash/", projects.trash_page, name="trash"),
    path("palette", palette.palette, name="palette"),
    path(PROJECT + "rename/", projects.rename, name="project-rename"),
    path(PROJECT + "duplicate/", projects.duplicate, name="project-duplicate"),
    path(PROJECT + "trash/", projects.trash, name="project-trash"),
    path(PROJECT + "restore/", projects.restore, name="project-restore"),
    path(PROJECT + "delete/", projects.delete, name="project-delete"),
    path("<slug:workspace>/", home.workspace, name="workspace"),
]
