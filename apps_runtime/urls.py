"""Addresses of apps, runs and publishing (the contract of DESIGN, section 6)."""

from django.urls import path, register_converter

from apps_runtime.views import (
    app,
    app_settings,
    builder,
    graph,
    links,
    outputs,
    pictures,
    publish,
    session_files,
    versions,
)


class Sha256:
    regex = "[0-9a-f]{64}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(Sha256, "sha256")

APP = "<slug:workspace>/hex/<uuid:project_id>/"
PROJECT = "<slug:workspace>/project/<uuid:project_id>/"

urlpatterns = [
    path(APP + "latest", app.app, name="app"),
    path(APP + "session/<str:token>", app.shared_session, name="shared-session"),
    path(APP + "link", links.link, name="link"),
    path(APP + "link/build", links.build, name="build-link"),
    path(APP + "upload", session_files.of_app, name="session-upload"),
    path(APP + "picture.png", pictures.picture, name="app-picture"),
    path(APP + "output/", outputs.folder, name="outputs"),
    path(APP + "output/<sha256:digest>", outputs.output, name="output"),
    path(APP + "output/<sha256:digest>/frame", outputs.frame, name="output-frame"),
    path(PROJECT + "publish/", publish.preview, name="publish"),
    path(PROJECT + "publish/<int:number>/", publish.dialogue, name="preview"),
    path(PROJECT + "publish/<int:number>/changes/", publish.changes, name="preview-changes"),
    path(PROJECT + "publish/<int:number>/said/", publish.said, name="preview-said"),
    path(PROJECT + "publish/<int:number>/publish/", publish.publish, name="preview-publish"),
    path(PROJECT + "publish/<int:number>/keep-name/", publish.keep_name, name="preview-keep-name"),
    path(PROJECT + "publish/<int:number>/cancel/", publish.cancel, name="preview-cancel"),
    path(PROJECT + "input-upload/", session_files.of_draft, name="draft-upload"),
    path(PROJECT + "graph/", graph.graph, name="graph"),
    path(PROJECT + "settings/", app_settings.app_settings, name="app-settings"),
    path(PROJECT + "app/delete/", builder.delete_app, name="app-delete"),
    path(PROJECT + "versions/", versions.dialogue, name="versions"),
    path(PROJECT + "versions/view/", versions.comparison, name="version-comparison"),
    path(PROJECT + "versions/save/", versions.save, name="version-save"),
    path(PROJECT + "versions/<int:number>/name/", versions.name, name="version-name"),
    path(PROJECT + "versions/<int:number>/revert/", versions.revert, name="version-revert"),
]
