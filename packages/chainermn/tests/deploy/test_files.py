"""The files of ``deploy/``, as far as they can be checked without the services they are for.

The schemas beside this file are ours: they hold what the published ones require of the fields that we use.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

HERE = Path(__file__).parent
DEPLOY = HERE.parents[1] / "deploy"
AZURE = DEPLOY / "azure"
SCHEMAS = json.loads((HERE / "schemas.json").read_text())
SCRIPTS = ["azure/deploy.sh", "slurm/train.sbatch"]


def read(path):
    text = (DEPLOY / path).read_text()
    return json.loads(text) if path.endswith(".json") else yaml.safe_load(text)


@pytest.fixture
def template():
    return read("azure/azuredeploy.json")


@pytest.fixture
def bicep():
    return (AZURE / "main.bicep").read_text()


def expressions(value):
    """All expressions in a value: strings in brackets."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [text for item in value for text in expressions(item)]
    return [value] if isinstance(value, str) and value.startswith("[") else []


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("azure/azuredeploy.json", "deploymentTemplate"),
        ("azure/azuredeploy.parameters.json", "deploymentParameters"),
        ("azure/cloud-init-first.yaml", "cloudConfig"),
        ("azure/cloud-init-other.yaml", "cloudConfig"),
        ("kubernetes/mpijob.yaml", "mpiJob"),
    ],
)
def test_schema(path, schema):
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[schema])
    jsonschema.validate(read(path), SCHEMAS[schema])


def test_a_schema_refuses_what_is_missing(template):
    del template["resources"][0]["apiVersion"]
    with pytest.raises(jsonschema.ValidationError, match="'apiVersion' is a required property"):
        jsonschema.validate(template, SCHEMAS["deploymentTemplate"])


@pytest.mark.parametrize("path", SCRIPTS)
def test_scripts(path):
    checker = Path(sys.executable).with_name("shellcheck")
    result = subprocess.run([checker, DEPLOY / path], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout
    assert subprocess.run(["bash", "-n", DEPLOY / path]).returncode == 0


@pytest.mark.parametrize("path", SCRIPTS)
def test_scripts_tell_how_to_use_them(path):
    result = subprocess.run(["bash", DEPLOY / path], capture_output=True, text=True)
    assert result.returncode == 2
    assert Path(path).name in result.stderr


class TestAzure:
    def test_machines(self, template):
        (machine,) = [r for r in template["resources"] if r["type"] == "Microsoft.Compute/virtualMachines"]
        jsonschema.validate(machine["properties"], SCHEMAS["virtualMachine"])

    @pytest.mark.parametrize("kind", ["parameters", "variables"])
    def test_every_name_is_defined_and_used(self, template, kind):
        used = set(re.findall(rf"{kind}\('(\w+)'\)", " ".join(expressions(template))))
        assert used == set(template[kind])

    def test_every_resource_that_is_named_exists_and_is_waited_for(self, template):
        known = {(r["type"], r["name"].strip("[]")) for r in template["resources"]}
        known |= {("Microsoft.Network/virtualNetworks/subnets", "'network', 'nodes'")}
        call = r"resourceId\('([\w./]+)', ((?:[^()]|\([^()]*\))*)\)"
        for resource in template["resources"]:
            named = set(re.findall(call, " ".join(expressions(resource["properties"]))))
            waited = set(re.findall(call, " ".join(resource.get("dependsOn", []))))
            for kind, name in named | waited:
                assert (kind, name) in known or (kind, name.strip("'")) in known
            parents = {
                ("Microsoft.Network/virtualNetworks", "'network'") if "subnets" in k else (k, n) for k, n in named
            }
            assert parents <= waited

    def test_brackets_are_balanced(self, template):
        for text in expressions(template):
            assert text.endswith("]")
            assert text.count("(") == text.count(")")

    def test_the_parameters_are_those_of_the_template(self, template):
        given = read("azure/azuredeploy.parameters.json")["parameters"]
        assert set(given) <= set(template["parameters"])
        needed = {name for name, parameter in template["parameters"].items() if "defaultValue" not in parameter}
        assert needed - set(given) == {"sshPublicKey"}  # which deploy.sh reads from a file
        assert "sshPublicKey=" in (AZURE / "deploy.sh").read_text()

    @pytest.mark.parametrize("name", ["first", "other"])
    def test_the_template_holds_the_files_of_cloud_init(self, template, name):
        variable = template["variables"]["cloudInitFirstText" if name == "first" else "cloudInitOther"]
        assert variable == (AZURE / f"cloud-init-{name}.yaml").read_text()

    def test_every_mark_in_cloud_init_is_replaced(self, template, bicep):
        for name in ("first", "other"):
            text = (AZURE / f"cloud-init-{name}.yaml").read_text()
            body = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
            for mark in set(re.findall(r"@[A-Z]+@", body)):
                assert f"'{mark}'" in template["variables"]["cloudInitFirst"]
                assert f"'{mark}'" in bicep

    def test_bicep_is_the_same(self, template, bicep):
        parameters = re.findall(r"@description\('(.*)'\)\n(?:@.*\n)*param (\w+) (\w+)(?: = (.*))?", bicep)
        assert [(name, kind, about) for about, name, kind, _ in parameters] == [
            (name, parameter["type"], parameter["metadata"]["description"])
            for name, parameter in template["parameters"].items()
        ]
        for _, name, _, default in parameters:
            value = template["parameters"][name].get("defaultValue")
            if isinstance(value, int | str) and not str(value).startswith("["):
                assert default == (f"'{value}'" if isinstance(value, str) else json.dumps(value))
        resources = re.findall(r"^resource \w+ '(.*)@(.*)' = .*\{\n  name: '(.*)'", bicep, re.M)
        assert resources == [
            (r["type"], r["apiVersion"], "node${i}" if r["name"].startswith("[") else r["name"])
            for r in template["resources"]
        ]
        assert bicep.count("{") == bicep.count("}")
        # Every property of one is in the other: names in Bicep are the keys of the template.
        keys = set(re.findall(r'^ +"(\w+)": ', json.dumps(template["resources"], indent=1), re.M))
        keys -= {"type", "apiVersion", "copy", "count", "dependsOn"}
        body = bicep[bicep.index("resource proximity") :]
        assert keys == set(re.findall(r"^ +(\w+): ", body, re.M)) | {"name"}


class TestKubernetes:
    def test_as_many_processes_as_slots(self):
        spec = read("kubernetes/mpijob.yaml")["spec"]
        (launcher,) = spec["mpiReplicaSpecs"]["Launcher"]["template"]["spec"]["containers"]
        n = int(launcher["args"][launcher["args"].index("-n") + 1])
        assert n == spec["slotsPerWorker"] * spec["mpiReplicaSpecs"]["Worker"]["replicas"]

    def test_the_job_fits_the_image(self):
        dockerfile = (DEPLOY / "kubernetes" / "Dockerfile").read_text()
        spec = read("kubernetes/mpijob.yaml")["spec"]
        (worker,) = spec["mpiReplicaSpecs"]["Worker"]["template"]["spec"]["containers"]
        assert "COPY --chown=mpiuser sshd_config .sshd_config" in dockerfile
        assert worker["args"][-1] == "/home/mpiuser/.sshd_config"
        for name in ("sshd_config", "ssh_config"):
            text = (DEPLOY / "kubernetes" / name).read_text()
            assert "Port 2222" in text
            assert f"{spec['sshAuthMountPath']}/id_rsa" in text
        assert "train_mnist.py" in dockerfile

    def test_dockerfile(self):
        text = (DEPLOY / "kubernetes" / "Dockerfile").read_text().replace("\\\n", "")
        instructions = [line.split()[0] for line in text.splitlines() if line.strip() and not line.startswith("#")]
        assert instructions[0] == "FROM"
        assert set(instructions) <= {"FROM", "ARG", "RUN", "USER", "WORKDIR", "COPY", "ENV"}


def test_the_file_of_hosts():
    lines = [line for line in (DEPLOY / "hosts").read_text().splitlines() if not line.startswith("#")]
    assert lines
    assert all(re.fullmatch(r"[\w.-]+ slots=\d+", line) for line in lines)
