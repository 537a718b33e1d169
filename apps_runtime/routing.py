"""The addresses of the sockets. A test walks them: each is a PolicyConsumer with an action."""

from django.urls import path

from apps_runtime.consumers import AppConsumer, DraftConsumer, RunConsumer, RunsConsumer

websocket_urlpatterns = [
    path("ws/app/<uuid:project_id>/", AppConsumer.as_asgi(), name="app-socket"),
    path("ws/draft/<uuid:draft_id>/", DraftConsumer.as_asgi(), name="draft-socket"),
    path("ws/run/<uuid:project_id>/<int:number>/", RunConsumer.as_asgi(), name="run-socket"),
    path("ws/runs/<uuid:project_id>/", RunsConsumer.as_asgi(), name="runs-socket"),
]
