"""The bills of materials: every part with its digest, in the form of CycloneDX 1.6, the same bytes each time."""

import hashlib
import json
import re

import pytest
from lilong_simulator.fleet.image import listed
from lilong_tools.boards import board_ids, find, open_board
from lilong_tools.cli import app
from lilong_tools.sbom import SbomError, of_board, of_tools
from typer.testing import CliRunner

# bom-1.6.schema.json, definitions/component and those it refers to: what we use of them.
COMPONENT = {"type", "name", "version", "purl", "bom-ref", "externalReferences", "hashes", "licenses", "description",
             "components"}  # fmt: skip
TYPES = {"application", "framework", "library", "container", "platform", "operating-system", "device", "device-driver",
         "firmware", "file", "machine-learning-model", "data", "cryptographic-asset"}  # fmt: skip
TOP = {"$schema", "bomFormat", "specVersion", "serialNumber", "version", "metadata", "components", "dependencies"}
SERIAL = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
DIGEST = re.compile(r"[0-9a-f]{64}")


def sound(text):
    """A document after the schema's rules, as far as we use it; its components, those within others too."""
    content = json.loads(text)
    assert content.keys() == TOP
    assert (content["bomFormat"], content["specVersion"], content["version"]) == ("CycloneDX", "1.6", 1)
    assert SERIAL.fullmatch(content["serialNumber"])
    found = []

    def look(component):
        assert component.keys() <= COMPONENT
        assert component["type"] in TYPES
        assert component["name"]
        hashes = component.get("hashes", []) + [
            one for reference in component.get("externalReferences", []) for one in reference["hashes"]
        ]
        for one in hashes:
            assert one.keys() == {"alg", "content"}
            assert one["alg"] == "SHA-256"
            assert DIGEST.fullmatch(one["content"])
        found.append(component)
        for inner in component.get("components", []):
            look(inner)

    for component in (content["metadata"]["component"], *content["components"]):
        look(component)
    refs = [component["bom-ref"] for component in found]
    assert len(set(refs)) == len(refs), "each bom-ref is there once"
    for dependency in content["dependencies"]:
        assert {dependency["ref"], *dependency["dependsOn"]} <= set(refs)
    return found


def test_every_package_of_the_lock_file_is_there_with_its_digests(repository):
    lock = repository / "requirements.lock"
    found = {one["name"]: one for one in sound(of_tools(lock))[1:]}
    pinned = dict(re.findall(r"^([\w.-]+)==([^\s;\\]+)", lock.read_text(), re.MULTILINE))
    assert {name: one["version"] for name, one in found.items()} == pinned
    digests = set(re.findall(r"sha256:([0-9a-f]{64})", lock.read_text()))
    assert {one["content"] for part in found.values() for one in part["externalReferences"][0]["hashes"]} == digests
    assert found["aiomqtt"]["purl"] == f"pkg:pypi/aiomqtt@{pinned['aiomqtt']}"


@pytest.mark.parametrize("name", board_ids())
def test_every_module_that_goes_onto_a_board_is_there_with_its_digest(name):
    found = {one["name"]: one for one in sound(of_board(open_board(name), "1.29.0", "3.6.2"))}
    for module, path in listed(find(name) / "manifest.py").items():
        assert found[module]["hashes"][0]["content"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert found["micropython"]["version"] == "1.29.0"
    assert found["mbedtls"]["version"] == "3.6.2"
    assert found["micropython"]["components"] == [found["mbedtls"]], "as part of it"


def test_the_same_input_gives_the_same_bytes_and_another_one_another_number(repository, tmp_path):
    lock = repository / "requirements.lock"
    assert of_tools(lock) == of_tools(lock)
    other = tmp_path / "lock"
    other.write_text(lock.read_text().replace("aiomqtt==", "aiomqtt==9."))
    numbers = [json.loads(of_tools(path))["serialNumber"] for path in (lock, other)]
    assert numbers[0] != numbers[1]


def test_a_version_that_nobody_gave_is_not_invented():
    found = {one["name"]: one for one in sound(of_board(open_board("esp32"), "1.29.0", None))}
    assert "version" not in found["mbedtls"]


@pytest.mark.parametrize(("text", "said"), [("", "pins nothing"), ("a==1\n", "a has no hash")])
def test_a_lock_file_that_pins_not_enough_is_told(tmp_path, text, said):
    (tmp_path / "lock").write_text(text)
    with pytest.raises(SbomError, match=said):
        of_tools(tmp_path / "lock")
    with pytest.raises(SbomError, match="cannot be read"):
        of_tools(tmp_path / "none")


def test_the_command_writes_a_file(tmp_path):
    ended = CliRunner().invoke(app, ["sbom", "--board", "pico_w", "--out", str(tmp_path / "bom.json")])
    assert ended.exit_code == 0, ended.exception
    assert sound((tmp_path / "bom.json").read_text())[0]["name"] == "lilong-pico_w"
