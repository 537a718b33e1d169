"""Outputs in a bucket of an S3-compatible service, as HEXLITE_S3_BUCKET has it: a real S3 client, and moto's server."""

import boto3
import pytest
from django.conf import settings
from django.core.files.storage import storages
from django.test import override_settings
from django.utils import timezone
from moto.server import ThreadedMotoServer

from apps_runtime.models import Blob
from apps_runtime.outputs import store
from apps_runtime.services.upkeep import retention
from hexlite.environment import object_storage

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="


@pytest.fixture
def bucket(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-the-test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-test")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    made = boto3.resource("s3", endpoint_url=endpoint, region_name="us-east-1").create_bucket(Bucket="outputs")
    chosen = object_storage(bucket="outputs", endpoint=endpoint, region="us-east-1", prefix="hexlite")
    with override_settings(STORAGES={**settings.STORAGES, "default": chosen}):
        assert type(storages["default"]).__name__ == "S3Storage"
        yield made
    server.stop()


@pytest.mark.django_db
def test_outputs_go_to_the_bucket_come_back_and_are_removed(bucket):
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": "tide\n" * 2000},
        {"output_type": "display_data", "data": {"image/png": PNG}, "metadata": {}},
    ]
    stored = store.put(outputs)
    keys = {one.key for one in bucket.objects.all()}
    assert len(keys) == 2
    assert all(key.startswith("hexlite/blobs/") for key in keys)
    assert store.load(stored) == outputs
    store.put(outputs)  # Written once.
    assert {one.key for one in bucket.objects.all()} == keys

    gone = Blob.objects.first()
    bucket.objects.filter(Prefix=f"hexlite/{gone.path}").delete()
    with pytest.raises(store.BlobMissing):
        store.read(gone.sha256)

    Blob.objects.update(created_at="2020-01-01T00:00Z")
    retention.tidy(now=timezone.now())
    assert not list(bucket.objects.all())
    assert not Blob.objects.exists()
