"""`visualizer networks` lists what can be opened by name."""

import json

from visualizer.models.catalog import entries


def test_json_has_every_entry_of_the_catalogue(visualizer):
    ended = visualizer("networks", "--json")
    assert (ended.status, ended.err) == (0, "")
    rows = {row["name"]: row for row in json.loads(ended.out)}
    assert list(rows) == [entry.name for entry in entries()]
    lenet = rows["lenet"]
    assert lenet["input"] == [28, 28, 1]
    assert lenet["classes"] == 10
    assert lenet["top1"] >= 0.99
    assert lenet["where"] == "bundled"


def test_people_read_one_line_a_network(visualizer):
    lines = visualizer("networks").out.splitlines()
    assert lines[0].split()[0] == "Name"
    assert [line.split()[0] for line in lines[1:]] == [entry.name for entry in entries()]
    lenet = next(line for line in lines if line.startswith("lenet"))
    assert "28×28×1" in lenet
    assert "99.4%" in lenet
    assert "MNIST" in lenet
    assert "CC0-1.0" in lenet
    assert "bundled" in lenet
    resnet = next(line for line in lines if line.startswith("resnet50"))
    assert "103.0" in resnet
    assert "Apache-2.0" in resnet


def test_one_network_can_be_asked_for(visualizer):
    (row,) = json.loads(visualizer("networks", "--network", "lenet", "--json").out)
    assert row["title"] == "LeNet-5"
    told = visualizer("networks", "--network", "resnet50").out
    assert "He et al. 2015" in told
    assert "Licence: Apache-2.0 (Keras Applications)." in told
