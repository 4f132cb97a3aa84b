from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from configs.errors import ConfigError
from configs.settings import Settings, UISettings
from tests.ui.web.conftest import served
from tests.ui.web.scripted import ScriptedBackend, discussion
from ui.web.page import build_page
from ui.web.serving import serve
from ui.web.site import Site


@pytest.fixture(scope="module")
def backend() -> ScriptedBackend:
    return ScriptedBackend(discussion)


@pytest.fixture(scope="module")
def client(backend: ScriptedBackend, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with served(backend, tmp_path_factory.mktemp("home")) as url, httpx.Client(base_url=url) as client:
        yield client


def test_health_tells_whether_questions_can_be_answered(client: httpx.Client, backend: ScriptedBackend) -> None:
    assert client.get("/api/health").json() == {"ready": True}
    backend.ready.clear()
    assert client.get("/api/health").json() == {"ready": False}
    backend.ready.set()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://["},
        {"Host": "evil.example"},
        {"Host": "evil.example", "Origin": "http://evil.example"},
        {"Host": "["},
        {"Host": ""},
    ],
)
@pytest.mark.parametrize(("method", "path"), [("POST", "/gradio_api/queue/join"), ("GET", "/"), ("GET", "/api/health")])
def test_other_sites_are_refused(client: httpx.Client, headers: dict[str, str], method: str, path: str) -> None:
    assert client.request(method, path, headers=headers).status_code in (400, 403)


def test_our_own_page_and_other_local_names_are_not_refused(client: httpx.Client) -> None:
    port = client.base_url.port
    assert client.get("/api/health", headers={"Origin": f"http://127.0.0.1:{port}"}).status_code == 200
    local = {"Host": f"localhost:{port}", "Origin": f"http://localhost:{port}"}
    assert client.get("/api/health", headers=local).status_code == 200


def test_every_answer_carries_the_security_headers(client: httpx.Client) -> None:
    for response in (
        client.get("/"),
        client.get("/api/health"),
        client.get("/nowhere"),
        client.get("/", headers={"Host": "x"}),
    ):
        policy = response.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["/docs", "/redoc", "/openapi.json", "/monitoring", "/monitoring/summary", "/gradio_api/runs"]
)
def test_nothing_but_the_page_is_published(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code in (403, 404)


def test_gradio_describes_no_api(client: httpx.Client) -> None:
    assert client.get("/gradio_api/info").json() == {"named_endpoints": {}, "unnamed_endpoints": {}}


def test_files_of_the_machine_are_not_served(client: httpx.Client) -> None:
    for path in ("/etc/passwd", str(Path(__file__).resolve()), "../../etc/passwd"):
        assert client.get(f"/gradio_api/file={path}").status_code in (403, 404)


def test_every_handler_is_private() -> None:
    blocks = build_page(ScriptedBackend(discussion), Site(say=print))
    assert len(blocks.fns) >= 6
    assert {fn.api_visibility for fn in blocks.fns.values()} == {"private"}


def test_the_page_carries_no_address_of_another_site_but_gradios_own_meta_tags(client: httpx.Client) -> None:
    page = client.get("/").text
    loads = re.findall(r"""(?:<script[^>]*src|<link[^>]*href)=["'](https?:)?//([^/"']+)""", page)
    assert {host for _, host in loads} <= {client.base_url.netloc.decode()}


def test_a_taken_port_is_told_before_anything_is_loaded(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = Settings(data_dir=tmp_path, ui=UISettings(port=taken.getsockname()[1]))
        with pytest.raises(ConfigError, match="already in use") as raised:
            serve(settings, ScriptedBackend(discussion), lambda: Site(say=print), announce=print)
    assert "--port" in raised.value.hint


def test_an_address_of_another_machine_is_refused(tmp_path: Path) -> None:
    elsewhere = Settings(data_dir=tmp_path, ui=UISettings(host="192.0.2.1"))
    with pytest.raises(ConfigError, match="cannot be listened on"):
        serve(elsewhere, ScriptedBackend(discussion), lambda: Site(say=print), announce=print)


def test_the_process_announces_its_address_and_ends_when_interrupted(tmp_path: Path) -> None:
    program = (
        "from pathlib import Path\n"
        "from configs.settings import Settings, UISettings\n"
        "from tests.ui.web.scripted import ScriptedBackend, discussion\n"
        "from ui.web.serving import serve\n"
        "from ui.web.site import Site\n"
        f"settings = Settings(data_dir=Path({json.dumps(str(tmp_path))}), ui=UISettings(port=0))\n"
        "show = lambda url: print(url, flush=True)\n"
        "serve(settings, ScriptedBackend(discussion), lambda: Site(say=print), announce=show)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=os.environ)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert httpx.get(f"{url}/api/health", timeout=20).json() == {"ready": True}
        process.send_signal(signal.SIGINT)
        process.wait(timeout=10)
    finally:
        process.kill()
