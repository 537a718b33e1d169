"""The door for everything that speaks jupyter_client."""

import signal

import nbformat
import pytest
from jupyter_client import KernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from nbclient import NotebookClient

from apps_runtime.kernels.provisioner import NAME, HexliteProvisioner, announce


@pytest.fixture(autouse=True)
def announced(host, monkeypatch):
    monkeypatch.setenv("JUPYTER_PATH", "/nonexistent")
    announce(host.run_dir)


def test_it_is_found_by_its_name():
    assert KernelProvisionerFactory.provisioners[NAME].load() is HexliteProvisioner


def test_nbclient_runs_a_notebook_by_the_kernelspecs_name_alone(files):
    cell = nbformat.v4.new_code_cell("import os; print(os.environ['HEXLITE_PROJECT_ID'], os.getcwd())")
    notebook = nbformat.v4.new_notebook(cells=[cell])
    client = NotebookClient(notebook, kernel_name="hexlite-python", resources={"metadata": {"path": str(files)}})
    client.execute(env={"HEXLITE_PROJECT_ID": "alpha"})
    assert notebook.cells[0].outputs[0].text == "alpha /work\n"


def test_a_manager_starts_interrupts_and_ends_it(files, host):
    manager = KernelManager(kernel_name="hexlite-python")
    manager.start_kernel(cwd=str(files), env={"HEXLITE_PROJECT_ID": "alpha"})
    assert manager.is_alive()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=20)
    client.execute("print('on', flush=True)\nwhile True: pass")
    # Not execute_input: between that and the author's code, ipykernel takes an interrupt and sends no reply.
    while client.get_iopub_msg(timeout=10)["msg_type"] != "stream":
        pass
    manager.interrupt_kernel()
    while (reply := client.get_shell_msg(timeout=10))["msg_type"] != "execute_reply":
        pass  # A second answer to wait_for_ready, which asks again after a second.
    assert reply["content"]["ename"] == "KeyboardInterrupt"
    manager.signal_kernel(signal.SIGKILL)
    manager.shutdown_kernel(now=True)
    assert not manager.is_alive()
    client.stop_channels()
    assert not [one for one in host.client.kernels() if one.purpose == "jupyter"]
