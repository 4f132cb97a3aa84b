"""An MCP server as a program of this machine: JSON lines over its pipes, bounded, and no process left."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import anyio
from anyio.abc import ByteReceiveStream, ByteSendStream, ObjectReceiveStream, ObjectSendStream, Process
from anyio.streams.buffered import BufferedByteReceiveStream
from mcp.shared.message import SessionMessage
from mcp_types import jsonrpc_message_adapter

from agents.tools.mcp.bounds import MESSAGE_BYTES
from agents.tools.mcp.server_file import StdioServer
from configs.settings import bare_environment

_GRACE_S = 1.0
"""How long a server may take to end when its input does, and again when it is asked to."""
_POLL_S = 0.02
_TAIL_BYTES = 2000
_GONE = (anyio.EndOfStream, anyio.IncompleteRead, anyio.ClosedResourceError, anyio.BrokenResourceError, OSError)

# Linux: the kernel kills the server when we die without a word (PR_SET_PDEATHSIG, SIGKILL).
_WITH_US = """import ctypes, os, sys
ctypes.CDLL(None).prctl(1, 9)
if os.getppid() != int(sys.argv[1]): sys.exit(1)
try: os.execvp(sys.argv[2], sys.argv[2:])
except OSError as error: sys.exit(f"{sys.argv[2]} cannot be executed: {error.strerror}")
"""


class Complaints:
    """The end of what a server wrote to its stderr, and what was wrong with its stdout."""

    def __init__(self) -> None:
        self.broken = ""
        self._tail = b""

    def add(self, written: bytes) -> None:
        """Keep the end."""
        self._tail = (self._tail + written)[-_TAIL_BYTES:]

    @property
    def last(self) -> str:
        """The last line of stderr, else what was wrong with stdout; untrusted."""
        lines = self._tail.decode("utf-8", "replace").strip().splitlines()
        return self.broken or (lines[-1] if lines else "")


Streams = tuple[ObjectReceiveStream[SessionMessage | Exception], ObjectSendStream[SessionMessage]]


@asynccontextmanager
async def piped(server: StdioServer, complaints: Complaints) -> AsyncIterator[Streams]:
    """Start a server and talk to it; at the end it is gone with all it started. Raises OSError or ValueError."""
    if server.cwd and not Path(server.cwd).is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "its cwd is no folder")
    alone = [server.command, *server.args]
    argv = [sys.executable, "-I", "-S", "-c", _WITH_US, str(os.getpid()), *alone] if sys.platform == "linux" else alone
    environment = {**bare_environment(), **server.env}
    process = await anyio.open_process(argv, cwd=server.cwd, env=environment, start_new_session=True)
    stdin, stdout, stderr = process.stdin, process.stdout, process.stderr
    assert stdin
    assert stdout
    assert stderr
    incoming, read = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    write, outgoing = anyio.create_memory_object_stream[SessionMessage](0)
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_read, stdout, incoming, complaints)
            tasks.start_soon(_write, outgoing, stdin)
            tasks.start_soon(_listen, stderr, complaints)
            try:
                yield read, write
            finally:
                with anyio.CancelScope(shield=True):
                    await _end(process)
                tasks.cancel_scope.cancel()
    finally:
        for stream in (incoming, read, write, outgoing):
            stream.close()
        with anyio.CancelScope(shield=True):
            await _release(process)


async def _read(
    stdout: ByteReceiveStream, into: ObjectSendStream[SessionMessage | Exception], complaints: Complaints
) -> None:
    lines = BufferedByteReceiveStream(stdout)
    async with into:
        with suppress(*_GONE):
            while line := await _line(lines, complaints):
                if message := _message(line, complaints):
                    await into.send(message)


async def _line(lines: BufferedByteReceiveStream, complaints: Complaints) -> bytes:
    """The next line with its end; nothing after one that is too long."""
    try:
        return await lines.receive_until(b"\n", MESSAGE_BYTES) + b"\n"
    except anyio.DelimiterNotFound:
        complaints.broken = f"it sent a message of more than {MESSAGE_BYTES:,} bytes"
        return b""


def _message(line: bytes, complaints: Complaints) -> SessionMessage | None:
    try:
        return SessionMessage(jsonrpc_message_adapter.validate_json(line, by_name=False))
    except ValueError:
        complaints.broken = "it writes to its stdout what is no message of the protocol"
        return None


async def _write(messages: ObjectReceiveStream[SessionMessage], stdin: ByteSendStream) -> None:
    with suppress(*_GONE):
        async for each in messages:
            line = each.message.model_dump_json(by_alias=True, exclude_unset=True)
            await stdin.send(line.encode() + b"\n")


async def _listen(stderr: ByteReceiveStream, complaints: Complaints) -> None:
    with suppress(*_GONE):
        async for written in stderr:
            complaints.add(written)


async def _end(process: Process) -> None:
    """Close its input, then ask it to end, then kill it and whatever it started in its session."""
    if process.stdin:
        with suppress(*_GONE):
            await process.stdin.aclose()
    for number in (signal.SIGTERM, signal.SIGKILL, None):
        with anyio.move_on_after(_GRACE_S):
            while _runs(process):
                await anyio.sleep(_POLL_S)
            break
        if number:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, number)


async def _release(process: Process) -> None:
    """Read what is left in the pipes, without which the event loop does not let go of them."""
    with anyio.move_on_after(_GRACE_S):
        for stream in (process.stdout, process.stderr):
            with suppress(*_GONE):
                while stream:
                    await stream.receive()
        await process.wait()


def _runs(process: Process) -> bool:
    """Whether the server or anything in its process group is there."""
    with suppress(PermissionError):
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            return process.returncode is None
    return True
