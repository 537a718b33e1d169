"""`manage.py doctor`: names what is wrong, and says nothing is wrong only when it looked."""

import socket
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from apps_runtime.kernels import KernelHostUnreachable, KernelStatus
from apps_runtime.models import Run
from apps_runtime.services.runs import runs
from hexlite.doctor import files, kernels, safety, services, work
from hexlite.doctor.verdicts import CannotTell
from projects.models import Version
from projects.services import versions


def ids(messages) -> list[str]:
    return [message.id for message in messages]


class TestServices:
    @pytest.mark.django_db
    def test_a_database_that_is_migrated(self):
        assert services.the_database_answers() == []

    def test_redis_of_the_tests(self):
        assert set(ids(services.redis_answers())) <= {"hexlite.W002"}  # CI's forgets when it restarts.

    def test_no_redis(self, settings, tmp_path):
        settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
        assert ids(services.redis_answers()) == ["hexlite.E003"]

    def test_no_worker(self):
        assert ids(services.workers_listen()) == ["hexlite.E004", "hexlite.E004"]

    @pytest.mark.django_db
    def test_beat_that_never_came_and_beat_that_stopped(self, settings):
        assert ids(services.beat_beats()) == ["hexlite.E005"]
        every = IntervalSchedule.objects.create(every=30, period=IntervalSchedule.SECONDS)
        name = next(iter(settings.CELERY_BEAT_SCHEDULE))
        tick = PeriodicTask.objects.create(name=name, task="t", interval=every)
        assert services.beat_beats() == []
        PeriodicTask.objects.filter(pk=tick.pk).update(date_changed=timezone.now() - timedelta(minutes=5))
        assert ids(services.beat_beats()) == ["hexlite.E005"]


class Host:
    """A kernel host that says what it is told to."""

    def __init__(
        self,
        layer: str = "A",
        held: tuple[KernelStatus, ...] = (),
        *,
        away: bool = False,
        network: str = "its own",
        refuses_calls: bool = True,
        **memory: int,
    ) -> None:
        self.layer, self.held, self.away = layer, held, away
        self.network, self.refuses_calls = network, refuses_calls
        roomy = {"kept": 2**30, "idle": 2**29, "most": 8 * 2**30, "free": 2**30, "total": 2**34, "available": 2**33}
        self.memory = roomy | memory

    def stats(self) -> dict:
        if self.away:
            raise KernelHostUnreachable("nobody there")
        return {
            "layer": self.layer,
            "reason": "no bubblewrap here",
            "shares_network": self.network == "the machine's",
            "lacks_network": self.network == "none",
            "shares_network_because": "slirp4netns is not installed",
            "memory": self.memory,
            "refuses_calls": self.refuses_calls,
        }

    def kernels(self) -> tuple[KernelStatus, ...]:
        self.stats()
        return self.held


class TestKernels:
    @pytest.mark.parametrize(
        ("host", "expected"),
        [
            (Host("A"), []),
            (Host("B"), ["hexlite.W010"]),
            (Host("C"), ["hexlite.E011"]),
            (Host(away=True), ["hexlite.E010"]),
        ],
    )
    def test_the_host_and_its_walls(self, monkeypatch, host, expected):
        monkeypatch.setattr(kernels, "_host", lambda: host)
        assert ids(kernels.the_kernel_host_answers()) == expected

    def test_what_listens_for_this_machine_alone_is_told_where_kernels_share_its_network(self, monkeypatch):
        with socket.create_server(("127.0.0.1", 0)) as here, socket.create_server(("0.0.0.0", 0)) as everywhere:
            port, open_port = here.getsockname()[1], everywhere.getsockname()[1]
            assert port in kernels.listening_on_loopback() and open_port not in kernels.listening_on_loopback()
            monkeypatch.setattr(kernels, "_host", lambda: Host(network="the machine's"))
            [warning] = kernels.kernels_reach_no_service_meant_for_this_machine()
            assert warning.id == "hexlite.W013" and "slirp4netns is not installed" in warning.msg
            monkeypatch.setattr(kernels, "_host", lambda: Host())
            assert kernels.kernels_reach_no_service_meant_for_this_machine() == []
            monkeypatch.setattr(kernels, "_host", lambda: Host(network="none"))
            [warning] = kernels.kernels_reach_no_service_meant_for_this_machine()
            assert warning.id == "hexlite.W017" and "HEXLITE_KERNEL_SHARES_NETWORK" in warning.hint
            monkeypatch.setattr(kernels, "_host", lambda: Host(away=True))
            with pytest.raises(CannotTell):
                kernels.kernels_reach_no_service_meant_for_this_machine()

    @pytest.mark.parametrize(
        ("memory", "expected", "words"),
        [
            ({}, "hexlite.I014", "Kernels keep 1.0 GiB of 8.0 GiB, 512 MiB of it idle; 8.0 GiB of the machine's"),
            ({"kept": 2**33}, "hexlite.W015", "8.0 GiB of 8.0 GiB, 512 MiB of it idle: the rest is in use."),
            ({"available": 2**28}, "hexlite.W014", "only 256 MiB of the machine's 16.0 GiB are available"),
            ({"most": 2**26}, "hexlite.E014", "Kernels may keep 64 MiB: too little for one."),
        ],
    )  # fmt: skip
    def test_memory(self, monkeypatch, memory, expected, words):
        monkeypatch.setattr(kernels, "_host", lambda: Host(**memory))
        [message] = kernels.kernels_have_memory()
        assert message.id == expected and words in message.msg

    def test_a_host_from_before_the_upgrade(self, monkeypatch):
        host = Host()
        monkeypatch.setattr(host, "stats", lambda: {"layer": "A"})
        monkeypatch.setattr(kernels, "_host", lambda: host)
        assert ids(kernels.kernels_have_memory()) == ["hexlite.W016"]

    @pytest.mark.parametrize(
        ("host", "expected"),
        [(Host(), []), (Host(refuses_calls=False), ["hexlite.W018"]), (Host("B"), ["hexlite.W019"])],
    )
    def test_where_limits_are_weaker_it_is_said(self, monkeypatch, host, expected):
        monkeypatch.setattr(kernels, "_host", lambda: host)
        assert ids(kernels.limits_of_kernels_hold()) == expected

    def test_an_old_kernel_that_no_row_knows_is_an_orphan(self, monkeypatch, cast):
        run = a_run(cast)
        Run.objects.filter(pk=run.pk).update(kernel={"kernel_id": "of-the-run"})
        held = tuple(
            KernelStatus(kernel_id=kernel_id, project_id="p", label="x", state="idle", age_seconds=age, purpose=purpose)
            for kernel_id, age, purpose in [
                ("of-the-run", 600, ""),
                ("young", 5, ""),
                ("of-a-program", 600, "jupyter"),
                ("nobodys", 600, ""),
            ]
        )
        monkeypatch.setattr(kernels, "_host", lambda: Host(held=held))

        found = kernels.no_kernel_is_forgotten()

        assert ids(found) == ["hexlite.W011"]
        assert "nobodys" in found[0].msg

    def test_orphans_cannot_be_told_without_the_host(self, monkeypatch, db):
        monkeypatch.setattr(kernels, "_host", lambda: Host(away=True))
        with pytest.raises(CannotTell):
            kernels.no_kernel_is_forgotten()

    def test_a_python_that_is_not_there(self, settings, tmp_path):
        settings.HEXLITE_KERNEL_PYTHON = str(tmp_path / "python")
        assert ids(kernels.kernels_have_a_python()) == ["hexlite.E012"]


class TestWork:
    def test_a_run_whose_worker_is_gone_and_one_that_nobody_takes(self, cast):
        now = timezone.now()
        lost, forgotten, fine = a_run(cast), a_run(cast), a_run(cast)
        Run.objects.filter(pk=lost.pk).update(state=Run.State.RUNNING, lease_until=now - timedelta(minutes=5))
        Run.objects.filter(pk=forgotten.pk).update(enqueued_at=now - timedelta(minutes=5))

        found = work.no_run_is_stuck()

        assert ids(found) == ["hexlite.W020", "hexlite.W020"]
        assert not any(str(fine.pk) in message.msg for message in found)

    def test_leases(self, settings):
        assert work.leases_are_longer_than_heartbeats() == []
        settings.HEXLITE_LEASE_SECONDS = settings.HEXLITE_HEARTBEAT_SECONDS
        assert ids(work.leases_are_longer_than_heartbeats()) == ["hexlite.W022"]


class TestSafety:
    def test_ones_own_machine_may_be_careless(self, settings):
        settings.ORIGIN = "http://localhost:8000"
        settings.DEBUG = True
        assert safety.nothing_is_open_that_should_not_be() == []

    def test_where_others_come(self, settings, monkeypatch):
        settings.ORIGIN = "http://hexlite.example"
        settings.PRODUCTION = False
        settings.DEBUG = True
        settings.ALLOWED_HOSTS = ["*"]
        settings.HEXLITE_ALLOW_UNSANDBOXED = True
        settings.CELERY_ACCEPT_CONTENT = ["json", "pickle"]
        monkeypatch.setattr("os.getuid", lambda: 0)
        assert sorted(ids(safety.nothing_is_open_that_should_not_be())) == [
            *(f"hexlite.E04{number}" for number in range(4)),
            "hexlite.W040",
            "hexlite.W041",
        ]

    def test_the_demos_password_where_others_come(self, settings, cast):
        settings.ORIGIN = "https://hexlite.example"
        assert ids(safety.nobody_has_the_password_of_the_demo()) == ["hexlite.E044"]
        for person in cast.people.values():
            person.set_password("another one")
            person.save()
        assert safety.nobody_has_the_password_of_the_demo() == []


class TestFiles:
    def test_nothing_built(self, settings, tmp_path):
        settings.BASE_DIR = tmp_path
        assert ids(files.browsers_get_what_they_load()) == ["hexlite.E030"]

    def test_a_secret_that_others_can_read(self, settings, tmp_path):
        settings.VAR_DIR = settings.RUN_DIR = tmp_path
        tmp_path.chmod(0o700)
        key = tmp_path / "secret-key"
        key.touch(0o600)
        assert files.private_folders_are_private() == []
        key.chmod(0o644)
        assert ids(files.private_folders_are_private()) == ["hexlite.W030"]


def test_doctor_says_what_is_wrong_and_what_it_cannot_tell(db, settings, tmp_path, capsys):
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
    with pytest.raises(SystemExit) as end:
        call_command("doctor")
    said = capsys.readouterr().out
    assert end.value.code == 1
    assert "  ok    The database answers and is migrated." in said
    assert "  ERROR Redis does not answer" in said


def a_run(cast) -> Run:
    version = versions.save_version(draft=cast.draft, reason=Version.Reason.PUBLISH, by=cast.alice)
    return runs.start(version=version, trigger=Run.Trigger.PREVIEW, by=cast.alice)
