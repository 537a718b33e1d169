"""Addresses of a project's files."""

from django.urls import path

from projects.views import downloads, files, uploads

APP = "<slug:workspace>/hex/<uuid:project_id>/"
FILES = "<slug:workspace>/project/<uuid:project_id>/files/"

urlpatterns = [
    path(APP + "file", downloads.file, name="file"),
    path("publish/<uuid:project_id>/file", downloads.publish_file, name="publish-file"),
    path(FILES, files.folder, name="files"),
    path(FILES + "uploads/", uploads.begin, name="upload-begin"),
    path(FILES + "uploads/<str:name>/", uploads.upload, name="upload"),
    path(FILES + "folder/", files.make_folder, name="files-folder"),
    path(FILES + "rename/", files.rename, name="files-rename"),
    path(FILES + "delete/", files.delete, name="files-delete"),
    path(FILES + "restore/", files.restore, name="files-restore"),
]
