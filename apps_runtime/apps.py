from django.apps import AppConfig


class AppsRuntimeConfig(AppConfig):
    name = "apps_runtime"
    verbose_name = "Apps, runs and sessions"

    def ready(self) -> None:
        from apps_runtime.services.runs import first_results, runs
        from apps_runtime.services.sessions import sessions
        from apps_runtime.services.upkeep import signals
        from projects.services import drafts, notebooks, projects, versions

        drafts.draft_changed.connect(signals.follow_draft, dispatch_uid="follow draft")
        notebooks.copied.connect(first_results.follow_copy, dispatch_uid="follow copy")
        runs.run_ended.connect(signals.follow_run_end, dispatch_uid="follow run end")
        sessions.settled.connect(signals.follow_settled, dispatch_uid="follow settled")
        projects.trashed.connect(signals.follow_trashed, dispatch_uid="follow trash")
        versions.unpublished.connect(signals.follow_unpublished, dispatch_uid="follow unpublished")
