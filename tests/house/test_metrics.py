"""/metrics, /readyz and the lines of the log."""

import json
import logging
import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from apps_runtime.messaging import machines
from apps_runtime.models import Run
from hexlite import logs, metrics
from tests.running import ROOT

TOKEN = "of-the-collector"


@pytest.fixture
def redis_client():
    client = machines.broker()
    client.delete(machines.HEARD, machines.WORKERS, machines.BEAT)
    yield client
    client.delete(machines.HEARD, machines.WORKERS, machines.BEAT)


@pytest.mark.django_db
class TestMetrics:
    def test_is_no_page_without_the_setting_or_the_token(self, client, settings):
        assert client.get("/metrics").status_code == 404
        settings.HEXLITE_METRICS_TOKEN = TOKEN
        assert client.get("/metrics").status_code == 404
        assert client.get("/metrics", headers={"Authorization": "Bearer another"}).status_code == 404

    def test_says_what_goes_on_in_a_form_that_prometheus_reads(self, client, settings, cast, redis_client):
        settings.HEXLITE_METRICS_TOKEN = TOKEN
        machines.say("east", now=timezone.now())
        answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        found = {family.name: family for family in text_string_to_metric_families(answer.text)}
        assert sum(sample.value for sample in found["hexlite_runs"].samples) == Run.objects.count()
        [heard] = found["hexlite_heard_seconds"].samples
        assert heard.labels == {"part": "machine", "machine": "east"}
        assert heard.value < 60
        assert {"hexlite_host_up", "hexlite_queue_length", "hexlite_windows"} <= set(found)

    def test_times_answers_by_the_name_of_their_address(self, rf):
        request = rf.get("/harbour-lab/project/secret/")
        request.resolver_match = None
        metrics.Timed(lambda request: logs.HttpResponse())(request)
        assert b'hexlite_http_seconds_count{method="GET",status="2xx",view="none"} 1.0' in metrics.text()
        assert b"secret" not in metrics.text()


@pytest.mark.django_db
class TestReadiness:
    def test_tells_which_parts_nobody_has_heard_of(self, client, redis_client):
        assert client.get("/readyz").status_code == 200
        answer = client.get("/readyz?parts=all")
        assert answer.status_code == 503
        assert set(answer.json()) == {"status", "worker", "kernels", "beat"}

    def test_is_content_when_all_were_heard_of_lately(self, client, redis_client):
        now = timezone.now()
        machines.say("east", now=now)
        machines.note_beat(now=now)
        redis_client.zadd(machines.WORKERS, {"east": now.timestamp()})
        assert client.get("/readyz?parts=all").json() == {"status": "ok"}

    def test_says_that_redis_does_not_answer(self, client, monkeypatch):
        gone = machines.redis.Redis.from_url("unix:///nowhere/redis.sock")
        monkeypatch.setattr(machines, "_client", gone)
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["redis"]) == (503, "does not answer")


class TestLines:
    def line(self, form: str) -> str:
        found = logs.configuration(form=form, level="INFO")["formatters"][form]
        if form == "json":
            from pythonjsonlogger.json import JsonFormatter

            del found["()"]
            formatter = JsonFormatter(**found)
        else:
            formatter = logging.Formatter(found["format"])
        words = {"name": "apps_runtime", "levelname": "WARNING", "msg": "It was %s", "args": ("lost",)}
        record = logging.makeLogRecord(words)
        assert logs.About().filter(record)
        return formatter.format(record)

    def test_json_carries_the_ids_of_run_and_session(self):
        with logs.about(**logs.of_task("apps_runtime.play_run", ["r-1"])), logs.about(session="s-1"):
            line = json.loads(self.line("json"))
        assert line.pop("time")
        assert line == {
            "level": "WARNING", "logger": "apps_runtime", "message": "It was lost", "machine": settings.HEXLITE_MACHINE,
            "task": "play_run", "run": "r-1", "session": "s-1",
        }  # fmt: skip
        assert "run" not in json.loads(self.line("json"))

    def test_a_line_for_people_ends_in_what_it_is_about(self):
        with logs.about(run="r-1"):
            assert self.line("line").endswith("WARNING apps_runtime: It was lost [run=r-1]")
        assert self.line("line").endswith("It was lost")

    @pytest.mark.parametrize("form", ["json", "line"])
    def test_the_kernel_host_logs_without_loading_django(self, form):
        """Its environment has none of the settings: Django would begin with those of another installation."""
        configured = logs.of_the_kernel_host(logs.configuration(form=form, level="INFO"), machine="east")
        script = (
            "import json, logging.config, sys; logging.config.dictConfig(json.loads(sys.argv[1]));"
            "logging.getLogger('apps_runtime').warning('ready');"
            "print([name for name in ('django', 'celery', 'hexlite') if name in sys.modules])"
        )
        ended = subprocess.run(
            [sys.executable, "-c", script, json.dumps(configured)], capture_output=True, text=True, check=True, cwd=ROOT
        )
        assert ended.stdout == "[]\n"
        if form == "json":
            line = json.loads(ended.stderr)
            assert (line["message"], line["level"], line["machine"]) == ("ready", "WARNING", "east")
        else:
            assert ended.stderr.endswith("WARNING apps_runtime: ready\n")

    @pytest.mark.parametrize("form", ["json", "line"])
    def test_addresses_with_their_values_are_no_lines(self, form):
        script = (
            "import json, logging.config, sys; logging.config.dictConfig(json.loads(sys.argv[1]));"
            "logging.getLogger('uvicorn.access').info('GET /?_salary=90000');"
            "logging.getLogger('uvicorn').info('begun')"
        )
        configured = json.dumps(logs.configuration(form=form, level="INFO"))
        ended = subprocess.run(
            [sys.executable, "-c", script, configured], capture_output=True, text=True, check=True, cwd=ROOT,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "hexlite.settings"},
        )  # fmt: skip
        assert "begun" in ended.stderr
        assert "salary" not in ended.stderr

    @pytest.mark.django_db
    def test_a_request_keeps_the_name_its_proxy_gave_it(self, client):
        assert client.get("/healthz", headers={"X-Request-ID": "abc123"})["X-Request-ID"] == "abc123"
        assert client.get("/healthz", headers={"X-Request-ID": "a b\tc"})["X-Request-ID"] != "a b\tc"
