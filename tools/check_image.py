"""Build the image, run the compose file for real, ask a question before and after restarts.

    python -m tools.check_image [--build-network NETWORK]

Needs a Docker engine, the base images of `Dockerfile` and `docker-compose.yml`, and Compose.
Everything is taken down again, volumes included, whether the check succeeds or fails.
"""

import argparse
import contextlib
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

import requests

PROJECT = Path(__file__).parents[1]
SAMPLES = PROJECT / "service" / "samples" / "stacks.jsonl.zst"
QUESTION = {"built_with": "mpich@4", "deployed_with": "mvapich2"}
ANSWER = 2
"""How many roots of the samples the question finds."""
TRIES = 3
"""How often to ask if the time of a question is over: a busy machine plans the first for long."""
PATIENCE = 240.0
"""Longest wait for a healthy container, in seconds."""
SERVICES = ("neo4j", "specgraph")


class Composition:
    """The services of the compose file under a project name of their own.

    Args:
        name: The project, which prefixes containers, network, volume and image.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        bolt, http, service = _free_ports(3)
        self.url = f"http://127.0.0.1:{service}"
        self._environment = {
            **os.environ,
            # The file requires a password; this one is valid for this run only.
            "NEO4J_PASSWORD": secrets.token_hex(16),
            "NEO4J_BOLT_PORT": str(bolt),
            "NEO4J_HTTP_PORT": str(http),
            "SPECGRAPH_PORT": str(service),
        }
        self._command = _compose_command()

    @property
    def images(self) -> tuple[str, str]:
        """The names by which Compose 1 and Compose 2 look for the image of the service."""
        return f"{self.name}_specgraph", f"{self.name}-specgraph"

    def run(self, *words: str, check: bool = True) -> str:
        """Run a Compose command and return its output."""
        return _run(*self._command, "-p", self.name, *words, env=self._environment, check=check)

    def wait_until_healthy(self, service: str) -> None:
        """Wait for the health check that the image or the compose file defines.

        A slow machine may first be reported as unhealthy and become healthy later.

        Raises:
            SystemExit: The container has ended, or is not healthy after `PATIENCE`.
        """
        deadline = time.monotonic() + PATIENCE
        container = self.run("ps", "-q", service).strip()
        health = "{{if .State.Running}}{{.State.Health.Status}}{{else}}ended{{end}}"
        status = ""
        while status not in ("healthy", "ended") and time.monotonic() < deadline:
            time.sleep(1)
            status = _run("docker", "inspect", "--format", health, container).strip()
        if status != "healthy":
            raise SystemExit(f"{service} is {status} after {PATIENCE:.0f} s")

    def restart(self) -> None:
        """Restart both services, the database first, as after a reboot of the machine."""
        for service in SERVICES:
            self.run("restart", service)
            self.wait_until_healthy(service)


def _free_ports(count: int) -> list[int]:
    """Return different ports of this machine that nothing listens on."""
    with contextlib.ExitStack() as stack:
        bound = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [int(each.getsockname()[1]) for each in bound]


def _compose_command() -> tuple[str, ...]:
    plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    return ("docker", "compose") if plugin.returncode == 0 else ("docker-compose",)


def _run(*command: str, env: Mapping[str, str] | None = None, check: bool = True) -> str:
    done = subprocess.run(
        command, cwd=PROJECT, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    if check and done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}\n{done.stderr}")
    return done.stdout


@contextlib.contextmanager
def composition(build_network: str | None) -> Iterator[Composition]:
    """Build the image and start the services; take everything down at the end."""
    composed = Composition(f"specgraph-check-{os.getpid()}")
    network = ("--network", build_network) if build_network else ()
    with _step("build the image"):
        tags = [word for image in composed.images for word in ("--tag", image)]
        _run("docker", "build", *network, *tags, ".")
    finished = False
    try:
        with _step("start the services"):
            composed.run("up", "--detach", "--no-build")
            for service in SERVICES:
                composed.wait_until_healthy(service)
        yield composed
        finished = True
    finally:
        if not finished:
            print(composed.run("logs", "--no-color", "--tail", "60", check=False))
        with _step("take everything down"):
            composed.run("down", "--volumes", "--remove-orphans", check=False)
            _run("docker", "rmi", *composed.images, check=False)


@contextlib.contextmanager
def _step(what: str) -> Iterator[None]:
    start = time.monotonic()
    yield
    print(f"{what}: {time.monotonic() - start:.0f} s", flush=True)


def create_token(composed: Composition) -> str:
    """Create a token in the running container, as the compose file's head says.

    Raises:
        SystemExit: The command printed none.
    """
    words = ("specgraph", "token", "create", "--name", "check", "--scope", "upload")
    printed = composed.run("exec", "-T", "specgraph", *words)
    found = re.search(r"\bsg_\S+", printed)
    if found is None:
        raise SystemExit(f"no token was created: {printed}")
    return found[0]


def load_samples(url: str, token: str) -> None:
    """Load the sample stacks over REST, as somebody with the command on another machine does."""
    words = ("load", "--quiet", "--url", url, str(SAMPLES))
    environment = {**os.environ, "SPECGRAPH_TOKEN": token}
    _run(sys.executable, "-m", "service.cli", *words, env=environment)


def refuse_strangers(url: str) -> None:
    """Upload without a token.

    Raises:
        SystemExit: The upload is not refused.
    """
    status = requests.post(f"{url}/api/v1/specs", data=b"{}", timeout=60).status_code
    if status != 401:
        raise SystemExit(f"an upload without a token was answered with {status}, not 401")


def ask(url: str) -> list[str]:
    """Ask the headline question over REST.

    Returns:
        The hashes found, in the order of the answer.

    Raises:
        SystemExit: The answer is not the one that the samples hold.
    """
    for _ in range(TRIES):
        response = requests.get(f"{url}/api/v1/specs", params=QUESTION, timeout=60)
        if response.status_code != 504:
            break
    body: dict[str, Any] = response.json()
    hashes = [item["hash"] for item in body.get("items", [])]
    if len(hashes) != ANSWER:
        raise SystemExit(f"status {response.status_code}, {ANSWER} roots expected: {body}")
    return hashes


def check(composed: Composition) -> None:
    """Load with a token, ask, restart, ask again; nothing runs as root.

    Raises:
        SystemExit: An answer differs, no token is needed, or the service runs as root.
    """
    user = composed.run("exec", "-T", "specgraph", "id", "-u").strip()
    if user == "0":
        raise SystemExit("the service runs as root")
    refuse_strangers(composed.url)
    with _step("create a token"):
        token = create_token(composed)
    with _step("load the samples"):
        load_samples(composed.url, token)
    with _step("ask"):
        before = ask(composed.url)
    with _step("restart both services"):
        composed.restart()
    with _step("ask again"):
        after = ask(composed.url)
    if before != after:
        raise SystemExit(f"before the restart {before}, after it {after}")
    print(f"the image answers before and after a restart: {', '.join(after)}", flush=True)


def _exit_on_signal(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)


def main() -> None:
    """Parse the arguments and run the check."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--build-network", help="network of the build, such as host")
    arguments = parser.parse_args()
    # A terminated run takes its containers down, too.
    signal.signal(signal.SIGTERM, _exit_on_signal)
    signal.signal(signal.SIGHUP, _exit_on_signal)
    with composition(arguments.build_network) as composed:
        check(composed)


if __name__ == "__main__":
    main()
