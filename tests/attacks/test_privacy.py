"""Other accounts of the machine read nothing of what is kept, and mails without a server reach no log."""

import os
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.core import mail
from django.utils import timezone

from apps_runtime.services.upkeep import retention
from hexlite import privacy
from hexlite.doctor import files, services
from tests.running import ROOT, clean_environment


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def same_umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def installation(tmp_path) -> Path:
    """As an earlier release left it."""
    var = tmp_path / "var"
    for name in ("log", "media", "files", "redis", "run", "static"):
        (var / name).mkdir(parents=True)
    for name in ("hexlite.sqlite3", "hexlite.sqlite3-wal", "secret-key"):
        (var / name).touch()
    return var


def test_a_start_closes_what_was_open(installation):
    privacy.begin(installation, installation / "run")
    assert {mode(path) for path in (installation, *privacy.kept(installation))} == {0o700, 0o600}


def test_what_is_made_from_then_on_is_the_accounts_alone(installation):
    privacy.begin(installation, installation / "run")
    (installation / "new").mkdir()
    (installation / "new" / "file").touch()
    assert (mode(installation / "new"), mode(installation / "new" / "file")) == (0o700, 0o600)
    with privacy.for_everybody():
        (installation / "style.css").touch()
    (installation / "after").touch()
    assert (mode(installation / "style.css"), mode(installation / "after")) == (0o644, 0o600)


def test_folders_that_others_use_are_left_and_what_is_ours_in_them_is_closed(installation):
    installation.chmod(0o1777)
    privacy.begin(installation, installation / "run")
    assert mode(installation) == 0o1777
    assert mode(installation / "log") == 0o700


def test_every_command_does_it(tmp_path):
    environment = clean_environment(tmp_path / "var")
    (tmp_path / "var" / "log").mkdir(parents=True)
    for path in (tmp_path / "var", tmp_path / "var" / "log"):
        path.chmod(0o755)
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v", "0"], cwd=ROOT, env=environment, check=True, umask=0o022
    )
    var = tmp_path / "var"
    assert (mode(var), mode(var / "log"), mode(var / "hexlite.sqlite3")) == (0o700, 0o700, 0o600)


def test_the_doctor_names_what_is_open(installation, settings):
    settings.VAR_DIR, settings.RUN_DIR = installation, installation / "run"
    named = " ".join(found.msg for found in files.private_folders_are_private())
    assert str(installation / "log") in named and "secret-key" in named
    privacy.begin(installation, installation / "run")
    assert files.private_folders_are_private() == []


class TestWithoutAMailServer:
    @pytest.fixture
    def outbox(self, tmp_path, settings) -> Path:
        settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
        settings.EMAIL_FILE_PATH = tmp_path / "mail"
        return tmp_path / "mail"

    def test_it_is_a_file_that_only_the_account_reads_and_the_doctor_counts(self, outbox, capfd):
        os.umask(privacy.OTHERS)
        assert services.mails_are_sent() == []
        mail.send_mail(
            "New password", "https://hexlite.example.org/password/new/x/CANARY/", None, ["alice@example.org"]
        )
        [kept] = outbox.iterdir()
        assert "CANARY" in kept.read_text()
        assert (mode(outbox), mode(kept)) == (0o700, 0o600)
        assert "CANARY" not in "".join(capfd.readouterr())
        [said] = services.mails_are_sent()
        assert said.msg == f"There is no mail server: 1 mail waits in {outbox}."

    def test_it_goes_after_a_month(self, outbox):
        mail.send_mail("New password", "a link", None, ["alice@example.org"])
        retention.remove_unsent_mails(now=timezone.now() + timedelta(days=29))
        assert len(list(outbox.iterdir())) == 1
        retention.remove_unsent_mails(now=timezone.now() + timedelta(days=31))
        assert list(outbox.iterdir()) == []

    def test_that_is_what_happens_where_none_is_named(self, tmp_path):
        ask = "from django.conf import settings; print(settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH)"
        said = subprocess.run(
            [sys.executable, "manage.py", "shell", "-v", "0", "-c", ask],
            cwd=ROOT, env=clean_environment(tmp_path), capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        assert said.split() == ["django.core.mail.backends.filebased.EmailBackend", str(tmp_path / "mail")]
