"""The files in `deploy/`: well formed, and true to the command, its settings and its routes."""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask

from service.app import create_app
from service.cli import main
from service.cli.config import read_settings
from service.cli.settings import SETTINGS
from service.guard import Guard
from service.serving.lanes import HEAVY, LaneState

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
UNIT = DEPLOY / "specgraph.service"
COMPOSE = ROOT / "docker-compose.yml"
VARIABLES = {name for each in SETTINGS for name in each.variables} | {"SPECGRAPH_CONFIG"}
ROUTES = {rule.rule for rule in create_app(database=None).url_map.iter_rules()}  # type: ignore[arg-type]


def objects() -> list[dict[str, Any]]:
    """Return the Kubernetes objects that the kustomization names."""
    kustomization = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text("utf-8"))
    files = [(KUBERNETES / name).read_text("utf-8") for name in kustomization["resources"]]
    return [each for text in files for each in yaml.safe_load_all(text)]


def named(kind: str, name: str) -> dict[str, Any]:
    (found,) = (
        each for each in objects() if each["kind"] == kind and each["metadata"]["name"] == name
    )
    return found


def pods() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield each workload with its pod template."""
    for each in objects():
        if "template" in each.get("spec", {}):
            yield each, each["spec"]["template"]


def checked_words(words: list[str]) -> None:
    """Check a command and its options against the command line."""
    command = main.commands[words[0]]
    options = {option for parameter in command.params for option in parameter.opts}
    assert {word.partition("=")[0] for word in words if word.startswith("--")} <= options, words


def dictionaries(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from dictionaries(each)
    elif isinstance(value, list):
        for each in value:
            yield from dictionaries(each)


@pytest.mark.parametrize("file", sorted(DEPLOY.rglob("*.toml")), ids=lambda file: file.parent.name)
def test_settings_exist_and_name_the_public_address(file: Path) -> None:
    values = read_settings(file)
    assert values["require_token"] is True
    assert Guard.of(values.get("allow_host", ()), values["public_url"]).hosts


def test_every_file_of_kubernetes_is_used() -> None:
    kustomization = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text("utf-8"))
    (generated,) = kustomization["configMapGenerator"]
    used = {"kustomization.yaml", *kustomization["resources"], *generated["files"]}
    assert used == {path.name for path in KUBERNETES.iterdir()}


def test_selectors_find_the_pods_and_ports_have_names() -> None:
    for workload, pod in pods():
        labels = pod["metadata"]["labels"]
        assert workload["spec"]["selector"]["matchLabels"] == labels
        (container,) = pod["spec"]["containers"]
        ports = {port["name"] for port in container["ports"]}
        service = named("Service", workload["metadata"]["name"])
        assert service["spec"]["selector"] == labels
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            for check in dictionaries(container.get(probe, {})):
                if "path" in check:
                    assert check["path"] in ROUTES
                assert check.get("port", "http") in ports | {"http"}


def test_pods_have_no_more_rights_than_they_need() -> None:
    for _, pod in pods():
        spec = pod["spec"]
        (container,) = spec["containers"]
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["automountServiceAccountToken"] is False
        # Kubernetes would set SPECGRAPH_PORT to the address of the service.
        assert spec["enableServiceLinks"] is False
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert {"requests", "limits"} <= container["resources"].keys()


def test_what_a_pod_refers_to_is_there() -> None:
    for _, pod in pods():
        (container,) = pod["spec"]["containers"]
        volumes = {each["name"] for each in pod["spec"].get("volumes", ())} | {"data"}
        assert {each["name"] for each in container["volumeMounts"]} <= volumes
        for variable in container["env"]:
            name = variable["name"]
            assert name in VARIABLES or not name.startswith("SPECGRAPH_"), name
            secret = variable.get("valueFrom", {}).get("secretKeyRef")
            assert secret in (None, {"name": "specgraph-neo4j", "key": "password"})


def test_the_pod_of_the_service_runs_a_command_that_exists() -> None:
    pod = named("Deployment", "specgraph")["spec"]["template"]
    (container,) = pod["spec"]["containers"]
    checked_words(container["args"])
    (mount,) = (each for each in container["volumeMounts"] if each["name"] == "config")
    file = container["args"][container["args"].index("--config") + 1]
    assert Path(file).parent == Path(mount["mountPath"])
    assert (KUBERNETES / Path(file).name).exists()
    annotations = pod["metadata"]["annotations"]
    assert annotations["prometheus.io/path"] in ROUTES
    assert annotations["prometheus.io/port"] == str(container["ports"][0]["containerPort"])


def test_the_service_of_the_cluster_is_known_by_its_names() -> None:
    values = read_settings(KUBERNETES / "specgraph.toml")
    ingress = named("Ingress", "specgraph")["spec"]["rules"][0]["host"]
    assert values["public_url"] == f"https://{ingress}"
    assert named("Service", "specgraph")["metadata"]["name"] in values["allow_host"]
    database = named("Service", "neo4j")
    port = database["spec"]["ports"][0]["port"]
    assert values["neo4j_uri"] == f"bolt://{database['metadata']['name']}:{port}"


def test_the_unit_runs_a_command_that_exists() -> None:
    unit = UNIT.read_text("utf-8")
    (start,) = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    _, *words = shlex.split(start)
    checked_words(words)
    assert Path(words[words.index("--config") + 1]).name == "specgraph.toml"
    folders = dict(re.findall(r"^(State|Cache)Directory=(.*)$", unit, re.MULTILINE))
    values = read_settings(DEPLOY / "specgraph.toml")
    assert values["data_dir"] == f"/var/lib/{folders['State']}"
    assert values["cache_dir"] == f"/var/cache/{folders['Cache']}"


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed")
    # It refuses a program that is not there.
    text = UNIT.read_text("utf-8").replace("/opt/specgraph/bin/specgraph", sys.executable)
    unit = tmp_path / UNIT.name
    unit.write_text(text, "utf-8")
    done = subprocess.run(
        [analyze, "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )
    said = [line for line in done.stderr.splitlines() if UNIT.name in line]
    assert (done.returncode, said) == (0, [])


def test_the_compose_file_requires_tokens_and_bounds_what_containers_take() -> None:
    services = yaml.safe_load(COMPOSE.read_text("utf-8"))["services"]
    environment = services["specgraph"]["environment"]
    assert environment["SPECGRAPH_REQUIRE_TOKEN"] == "1"
    assert set(environment) <= VARIABLES
    for service in services.values():
        assert {"mem_limit", "pids_limit"} <= service.keys()
    assert services["specgraph"]["read_only"] is True
    assert services["specgraph"]["cap_drop"] == ["ALL"]


def test_the_image_requires_tokens() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    (command,) = re.findall(r"^CMD (\[.*\])$", dockerfile, re.MULTILINE)
    words = yaml.safe_load(command)
    checked_words(words)
    assert "--require-token" in words


def test_alarms_use_metrics_that_exist(app: Flask, tmp_path: Path) -> None:
    shown = create_app(app.extensions["specgraph"], {"TESTING": True, "DATA_DIR": tmp_path})
    states = [LaneState(HEAVY, busy=0, waiting=0, refused=0)]
    shown.extensions["specgraph.metrics"].watch_lanes(lambda: states)
    text = shown.test_client().get("/metrics").text
    rules = yaml.safe_load((DEPLOY / "alerts.yaml").read_text("utf-8"))["groups"][0]["rules"]
    used = {name for rule in rules for name in re.findall(r"\bspecgraph_\w+", rule["expr"])}
    assert used
    assert used <= set(re.findall(r"^(specgraph_\w+)", text, re.MULTILINE))
