"""The process that serves the web application."""

from __future__ import annotations

import errno
import os
import shutil
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from configs.errors import ConfigError

if TYPE_CHECKING:
    from types import FrameType

    from configs.settings import Settings
    from ui.web.backend import Backend
    from ui.web.site import Site

_SHUTDOWN_S = 1


def serve(settings: Settings, backend: Backend, site: Callable[[], Site], *, announce: Callable[[str], None]) -> None:
    """Serve until interrupted; `announce` gets the address as soon as a browser may open it.

    `site` is made once the address is taken: what it needs takes seconds to load. Raises ConfigError for an address
    that cannot be listened on.
    """
    with _listen(settings.ui.host, settings.ui.port) as listener:
        scratch = settings.home / "tmp"
        shutil.rmtree(scratch, ignore_errors=True)
        os.environ["GRADIO_TEMP_DIR"] = str(scratch)  # noqa: TID251 - the only way to tell gradio where uploads arrive

        import uvicorn

        from ui.web.server import create_app

        made = site()
        app = create_app(backend, settings, made)
        host, port = listener.getsockname()[:2]
        announce(f"http://{f'[{host}]' if ':' in host else host}:{port}")
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=_SHUTDOWN_S)

        class Server(uvicorn.Server):
            """Ends the streams it serves when it is told to end, and not a second later by force."""

            def handle_exit(self, sig: int, frame: FrameType | None) -> None:
                app.state.closing.set()
                super().handle_exit(sig, frame)

        try:
            Server(config).run(sockets=[listener])
        finally:
            made.undoing.flush()


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket, taken before the slow imports: a taken port fails at once, an early browser waits."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        reason = "is already in use" if taken else f"cannot be listened on: {error.strerror}"
        hint = "Choose another with --port or --host, or close the program that uses it."
        raise ConfigError(f"The address {host}:{port} {reason}.", hint=hint) from None
