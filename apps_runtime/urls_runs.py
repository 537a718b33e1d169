"""Addresses of the run log and of schedules."""

from django.urls import path

from apps_runtime.views import runs, schedules

PROJECT = "<slug:workspace>/project/<uuid:project_id>/"
SCHEDULE = PROJECT + "schedules/<int:schedule_id>/"
RUN = PROJECT + "runs/<int:number>/"

urlpatterns = [
    path(PROJECT + "runs/", runs.log, name="runs"),
    path(RUN, runs.run, name="run"),
    path(RUN + "notebook.ipynb", runs.notebook, name="run-notebook"),
    path(RUN + "notebook.html", runs.document, name="run-document"),
    path(RUN + "cancel/", runs.cancel, name="run-cancel"),
    path(RUN + "again/", runs.again, name="run-again"),
    path(RUN + "restore/", runs.restore, name="run-restore"),
    path(PROJECT + "schedules/", schedules.schedules, name="schedules"),
    path(PROJECT + "schedules/preview/", schedules.preview, name="schedule-preview"),
    path(SCHEDULE, schedules.schedule, name="schedule"),
    path(SCHEDULE + "pause/", schedules.pause, name="schedule-pause"),
    path(SCHEDULE + "resume/", schedules.resume, name="schedule-resume"),
    path(SCHEDULE + "run/", schedules.run_now, name="schedule-run"),
    path(SCHEDULE + "delete/", schedules.delete, name="schedule-delete"),
]
