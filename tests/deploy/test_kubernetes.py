"""The manifests for Kubernetes agree with the service, the image and each other, which needs no cluster."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from service import settings
from service.middleware.policy import POLICIES
from service.server import GRACE
from service.settings_sources import SettingsError
from tests.deploy.test_deploy import DEPLOY, is_command, steps

FOLDER = DEPLOY / "kubernetes"
BASE = FOLDER / "base"
Manifest = dict[str, Any]
KUBECTL = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed here")
SETS = ["base", pytest.param("base rendered", marks=KUBECTL), pytest.param("from-backup", marks=KUBECTL)]


def read(path: str) -> list[Manifest]:
    return [each for each in yaml.safe_load_all((BASE / path).read_text(encoding="utf-8")) if each]


KUSTOMIZATION = read("kustomization.yaml")[0]
LITERALS = dict(
    line.split("=", 1) for each in KUSTOMIZATION["configMapGenerator"] for line in each["literals"]
)
ENVIRONMENT = dict(line.split("=", 1) for line in " ".join(steps("ENV")).split())


@pytest.fixture(scope="module", params=SETS)
def manifests(request: pytest.FixtureRequest) -> list[Manifest]:
    """What a folder holds, or what a cluster would be given of it."""
    name, _, rendered = request.param.partition(" ")
    if name == "base" and not rendered:
        return [each for path in KUSTOMIZATION["resources"] for each in read(path)]
    command = ["kubectl", "kustomize", str(FOLDER / name)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return list(yaml.safe_load_all(done.stdout))


def of_kind(manifests: list[Manifest], kind: str) -> list[Manifest]:
    return [each for each in manifests if each["kind"] == kind]


def pods(manifests: list[Manifest]) -> Iterator[Manifest]:
    """The template of each kind of pod."""
    yield from (each["spec"]["template"] for each in of_kind(manifests, "Deployment"))
    yield from (each["spec"]["jobTemplate"]["spec"]["template"] for each in of_kind(manifests, "CronJob"))


def containers(manifests: list[Manifest]) -> Iterator[Manifest]:
    for pod in pods(manifests):
        yield from (*pod["spec"].get("initContainers", []), *pod["spec"]["containers"])


def search(manifests: list[Manifest]) -> Manifest:
    (deployment,) = of_kind(manifests, "Deployment")
    spec: Manifest = deployment["spec"]
    return spec


def serving(manifests: list[Manifest]) -> Manifest:
    (container,) = search(manifests)["template"]["spec"]["containers"]
    found: Manifest = container
    return found


def test_every_file_is_listed_and_there() -> None:
    assert sorted(KUSTOMIZATION["resources"]) == sorted(
        path.name for path in BASE.glob("*.yaml") if path.name != "kustomization.yaml"
    )


def test_each_thing_has_one_name(manifests: list[Manifest]) -> None:
    named = [(each["apiVersion"], each["kind"], each["metadata"]["name"]) for each in manifests]
    assert len(set(named)) == len(named) >= 8


def test_a_pod_may_do_nothing_but_its_work(manifests: list[Manifest]) -> None:
    user, group = map(int, steps("USER")[0].split(":"))
    for pod in pods(manifests):
        spec = pod["spec"]
        assert spec["securityContext"] == {
            "runAsNonRoot": True,
            "runAsUser": user,
            "runAsGroup": group,
            "fsGroup": group,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        }
        assert spec["automountServiceAccountToken"] is False
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
        assert not any("hostPath" in volume for volume in spec["volumes"])
    for container in containers(manifests):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["requests"].keys() == {"cpu", "memory"}
        assert "memory" in container["resources"]["limits"]


def test_the_cluster_sets_no_settings_of_its_own(manifests: list[Manifest]) -> None:
    """A service named repere is told to pods as REPERE_SERVICE_HOST and the like, which would be refused."""
    with pytest.raises(SettingsError):
        settings.read({"REPERE_SERVICE_HOST": "10.96.0.1"})
    assert all(pod["spec"]["enableServiceLinks"] is False for pod in pods(manifests))


@pytest.mark.parametrize("address", ["10.1.2.3", "fd00::1:2"])
def test_the_service_takes_its_settings(manifests: list[Manifest], address: str) -> None:
    known = {**LITERALS, "POD_IP": address}
    set_there = {
        each["name"]: re.sub(r"\$\((\w+)\)", lambda match: known[match[1]], each["value"])
        for each in serving(manifests)["env"]
        if "value" in each
    }
    found = settings.read({**ENVIRONMENT, **LITERALS, **set_there})
    assert {address, "repere", "search.example.org"} <= set(found.hosts)
    assert (found.workers, found.log_format) == (1, "json")
    (container_port,) = serving(manifests)["ports"]
    assert container_port["containerPort"] == found.port == int(steps("EXPOSE")[0])


def test_probes_ask_what_is_open_and_there(manifests: list[Manifest]) -> None:
    container = serving(manifests)
    asked = {}
    for name in "startup", "liveness", "readiness":
        probe = container[f"{name}Probe"]["httpGet"]
        assert POLICIES[probe["path"]].scope == "open" and probe["port"] == container["ports"][0]["name"]
        asked[name] = probe["path"]
    # One that cannot answer is sent no questions; started anew it could not either.
    assert asked == {"startup": "/health/live", "liveness": "/health/live", "readiness": "/health/ready"}


def test_what_is_run_are_commands_of_the_image(manifests: list[Manifest]) -> None:
    image = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["x-repere"]["image"]
    for container in containers(manifests):
        assert container["image"].partition(":")[0] == image
        command = container.get("command", ["repere", "serve"])
        assert "args" not in container
        if command[:2] == ["sh", "-c"]:
            subprocess.run(["sh", "-n", "-c", command[2]], check=True)
            parts = [part.partition(">")[0].removeprefix("exec ") for part in command[2].split(" || ")]
        else:
            parts = [shlex.join(command)]
        assert all(is_command(shlex.split(part)) for part in parts), command


def test_volumes_are_where_the_image_looks_for_them(manifests: list[Manifest]) -> None:
    claims = {each["metadata"]["name"] for each in of_kind(manifests, "PersistentVolumeClaim")}
    for pod in pods(manifests):
        volumes = {each["name"]: each for each in pod["spec"]["volumes"]}
        used = {each.get("persistentVolumeClaim", {}).get("claimName") for each in volumes.values()} - {None}
        assert used <= claims
        for container in (*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]):
            mounts = {each["mountPath"]: each for each in container["volumeMounts"]}
            assert {each["name"] for each in mounts.values()} <= volumes.keys()
            assert {ENVIRONMENT["REPERE_INDEX"], "/tmp"} <= mounts.keys()
            builds = container["name"] == "index"
            assert mounts[ENVIRONMENT["REPERE_INDEX"]].get("readOnly", False) is not builds
            assert all(
                mount.get("readOnly") for path, mount in mounts.items() if path not in ("/index", "/tmp")
            )
    keys = {each["mountPath"] for each in serving(manifests)["volumeMounts"] if each["name"] == "keys"}
    assert keys == {ENVIRONMENT["REPERE_KEYS"].rpartition("/")[0]}


def test_the_secret_of_the_keys_is_nobody_elses_to_write(manifests: list[Manifest]) -> None:
    (keys,) = (each for each in search(manifests)["template"]["spec"]["volumes"] if each["name"] == "keys")
    assert keys["secret"]["defaultMode"] & 0o022 == 0  # else the service refuses the file
    assert keys["secret"]["defaultMode"] & 0o040


def test_an_instance_goes_when_another_is_ready_and_it_has_ended_its_work(manifests: list[Manifest]) -> None:
    spec = search(manifests)
    assert spec["replicas"] >= 2
    assert spec["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    program, pause = serving(manifests)["lifecycle"]["preStop"]["exec"]["command"]
    assert program == "sleep"
    assert spec["template"]["spec"]["terminationGracePeriodSeconds"] >= int(pause) + 2 * GRACE
    readiness = serving(manifests)["readinessProbe"]
    assert int(pause) > readiness["periodSeconds"] * readiness["failureThreshold"]


def test_everything_that_names_the_pods_means_them(manifests: list[Manifest]) -> None:
    spec = search(manifests)
    labels = spec["template"]["metadata"]["labels"]
    (service,) = of_kind(manifests, "Service")
    (budget,) = of_kind(manifests, "PodDisruptionBudget")
    (spread,) = spec["template"]["spec"]["topologySpreadConstraints"]
    selectors = (
        spec["selector"]["matchLabels"],
        service["spec"]["selector"],
        budget["spec"]["selector"]["matchLabels"],
        spread["labelSelector"]["matchLabels"],
    )
    assert all(selector.items() <= labels.items() for selector in selectors)
    assert budget["spec"]["maxUnavailable"] < spec["replicas"]
    assert service["spec"]["ports"][0]["targetPort"] == serving(manifests)["ports"][0]["name"]


def test_no_pod_calls_out_and_only_the_service_is_called(manifests: list[Manifest]) -> None:
    closed, opened = of_kind(manifests, "NetworkPolicy")
    assert closed["spec"]["egress"] == [] and sorted(closed["spec"]["policyTypes"]) == ["Egress", "Ingress"]
    assert "ingress" not in closed["spec"]
    everyone = closed["spec"]["podSelector"]["matchLabels"].items()
    assert all(everyone <= pod["metadata"]["labels"].items() for pod in pods(manifests))
    called = opened["spec"]["podSelector"]["matchLabels"].items()
    assert [called <= pod["metadata"]["labels"].items() for pod in pods(manifests)] == [
        pod["metadata"]["labels"]["app.kubernetes.io/component"] == "search" for pod in pods(manifests)
    ]
    (rule,) = opened["spec"]["ingress"]
    assert rule["ports"] == [{"protocol": "TCP", "port": serving(manifests)["ports"][0]["name"]}]


def test_builds_do_not_overlap() -> None:
    (job,) = of_kind(read("index.yaml"), "CronJob")
    assert job["spec"]["concurrencyPolicy"] == "Forbid"
    assert len(job["spec"]["schedule"].split()) == 5


@KUBECTL
def test_instances_from_a_backup_share_nothing_that_is_written() -> None:
    command = ["kubectl", "kustomize", str(FOLDER / "from-backup")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    manifests = list(yaml.safe_load_all(done.stdout))
    assert not of_kind(manifests, "CronJob")
    (claim,) = of_kind(manifests, "PersistentVolumeClaim")
    assert claim["spec"]["accessModes"] == ["ReadOnlyMany"]
    volumes = {each["name"]: each for each in search(manifests)["template"]["spec"]["volumes"]}
    assert "emptyDir" in volumes["index"] and "corpus" not in volumes
    (restoring,) = search(manifests)["template"]["spec"]["initContainers"]
    assert restoring["command"][:2] == ["repere", "restore"]
