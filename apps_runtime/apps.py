from django.apps import AppConfig


class AppsRuntimeConfig(AppConfig):
    name = "apps_runtime"
    verbose_name = "Apps, runs and sessions"

    def ready(self) -> None:
        from apps_runtime.services import first_results, following, runs, sessions
        from projects.services import drafts, notebooks, projects, versions

        drafts.draft_changed.connect(following.follow_draft, dispatch_uid="follow draft")
        notebooks.copied.connect(first_results.follow_copy, dispatch_uid="follow copy")
        runs.run_ended.connect(following.follow_run_end, dispatch_uid="follow run end")
        sessions.settled.connect(following.follow_settled, dispatch_uid="follow settled")
        projects.trashed.connect(following.follow_trashed, dispatch_uid="follow trash")
        versions.unpublished.connect(following.follow_unpublished, dispatch_uid="follow unpublished")
