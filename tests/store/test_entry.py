"""What is written to an entry is read from it, and nothing else counts."""

import pytest

from indicators.specs import UntrainedSpec
from indicators.store import Store
from tests.fixtures.folders import names_in
from tests.fixtures.processes import OTHER, SPEC


def test_what_was_written_is_read_by_any_store_on_the_folder(store, entry):
    entry.write("history.json", b"one")

    again = Store(store.root).entry(SPEC)
    assert again.read("history.json") == b"one"
    assert again.has("history.json")
    assert again.names() == ["history.json"]


def test_an_entry_says_what_it_is_of(entry):
    entry.write("history.json", b"one")

    assert UntrainedSpec.model_validate_json((entry.folder / "spec.json").read_bytes()) == SPEC
    assert entry.folder.name == SPEC.fingerprint


def test_what_was_never_written_is_none(entry):
    assert entry.read("history.json") is None
    assert entry.read_arrays("final.safetensors") is None
    assert not entry.has("history.json")
    assert entry.names() == []
    assert not entry.folder.exists()


def test_specs_do_not_share_files(store, entry):
    entry.write("history.json", b"one")

    assert store.entry(OTHER).read("history.json") is None


def test_a_new_content_replaces_the_old_one(entry):
    entry.write("history.json", b"one")
    entry.write("history.json", b"two")

    assert entry.read("history.json") == b"two"
    assert names_in(entry.folder) == ["history.json", "manifest.json", "spec.json"]


def test_a_file_replaces_another_in_one_stroke(entry):
    entry.write("checkpoint-1", b"one")
    entry.write("checkpoint-2", b"two", replacing="checkpoint-1")

    assert entry.names() == ["checkpoint-2"]
    assert names_in(entry.folder) == ["checkpoint-2", "manifest.json", "spec.json"]


@pytest.mark.parametrize("replacing", ["never-there", "same"])
def test_replacing_what_is_not_there_or_itself_loses_nothing(entry, replacing):
    entry.write("same", b"one")
    entry.write("same", b"two", replacing=replacing)

    assert entry.read("same") == b"two"


def test_a_file_that_the_manifest_does_not_list_does_not_count(entry):
    entry.write("history.json", b"one")
    (entry.folder / "final.safetensors").write_bytes(b"left by a crash")

    assert entry.read("final.safetensors") is None
    assert not entry.has("final.safetensors")
    assert (entry.folder / "final.safetensors").exists()


def test_a_listed_file_that_is_gone_does_not_count(entry):
    entry.write("history.json", b"one")
    (entry.folder / "history.json").unlink()

    assert entry.read("history.json") is None
    assert not entry.has("history.json")
