"""Training speed of our networks beside PyTorch's: same network, precision and batches, one thread each."""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from indicators.machine import ONE_THREAD, tensorflow_defaults

BATCH = 128
BATCHES = 10
ROUNDS = 7
# At least this part of PyTorch's speed, as the median of neighboring measurements.
LEAST_RATIO = 0.8

KERAS = """
import tensorflow as tf, keras, numpy as np
tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)
from indicators.networks.architectures import build
from indicators.networks.optimizers import optimizer

if precision == "bfloat16":
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
model = build("vgg", (32, 32, 3), 10, {"depth": depth, "width": 0.25}, seed=0)
loss = "sparse_categorical_crossentropy"
model.compile(optimizer("sgd", 0.01), loss, metrics=["accuracy"], jit_compile=False)
rng = np.random.default_rng(0)
images = rng.standard_normal((count, 32, 32, 3), dtype=np.float32)
labels = rng.integers(0, 10, count)

def epoch():
    model.fit(images, labels, batch_size=batch, verbose=0)
"""

TORCH = """
import torch
from torch import nn
torch.set_num_threads(1)
torch.set_num_interop_threads(1)
plan = {11: (1, 1, 2, 2, 2), 16: (2, 2, 3, 3, 3)}[depth]

layers, width = [], 3
for convolutions, filters in zip(plan, (16, 32, 64, 128, 128)):
    for _ in range(convolutions):
        normalization = nn.BatchNorm2d(filters, affine=False, momentum=0.01, eps=1e-3)
        layers += [nn.Conv2d(width, filters, 3, padding=1), normalization, nn.ReLU(inplace=True)]
        width = filters
    layers.append(nn.MaxPool2d(2))
dense = nn.BatchNorm1d(128, affine=False, momentum=0.01, eps=1e-3)
logits = nn.BatchNorm1d(10, affine=False, momentum=0.01, eps=1e-3)
layers += [nn.Flatten(), nn.Linear(128, 128), dense, nn.ReLU(inplace=True), nn.Linear(128, 10), logits]
model = nn.Sequential(*layers).to(memory_format=torch.channels_last)
descent = torch.optim.SGD(model.parameters(), 0.01, momentum=0.9, nesterov=True)
loss_of = nn.CrossEntropyLoss()
images = torch.randn(count, 3, 32, 32).contiguous(memory_format=torch.channels_last)
labels = torch.randint(0, 10, (count,))

def epoch():
    for chosen in torch.randperm(count).split(batch):
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            outputs = model(images[chosen])
            loss = loss_of(outputs, labels[chosen])
            (outputs.argmax(1) == labels[chosen]).sum()  # Keras counts its accuracy too
        descent.zero_grad()
        loss.backward()
        descent.step()
"""

# One line in, one line out: the seconds of one epoch, on the clock and of the processor. Between the lines a
# process waits and costs nothing.
LOOP = """
import sys, time
epoch()
epoch()
print("ready", flush=True)
for _ in sys.stdin:
    clock, processor = time.perf_counter(), time.process_time()
    epoch()
    print(time.perf_counter() - clock, time.process_time() - processor, flush=True)
"""


class Trainer:
    """A process of one thread that trains one epoch whenever it is asked."""

    def __init__(self, code: str, depth: int, precision: str) -> None:
        header = f"depth, precision, batch, count = {depth}, {precision!r}, {BATCH}, {BATCH * BATCHES}\n"
        root = str(Path(__file__).parents[2])
        self.process = subprocess.Popen(  # noqa: S603  # our own code
            [sys.executable, "-c", header + code + LOOP],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=root,
            env=tensorflow_defaults() | os.environ | ONE_THREAD,
        )

    def wait_until_ready(self) -> None:
        assert self.process.stdout.readline() == "ready\n", "the training of the benchmark failed to start"

    def images_per_second(self) -> tuple[float, float]:
        """Return the speed by the clock, and by the processor's time, which other jobs disturb less."""
        print(file=self.process.stdin, flush=True)
        clock, processor = self.process.stdout.readline().split()
        return BATCH * BATCHES / float(clock), BATCH * BATCHES / float(processor)

    def close(self) -> None:
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def compared(ours: list[float], theirs: list[float]) -> dict[str, float]:
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    return {
        "keras": round(statistics.median(ours)),
        "torch": round(statistics.median(theirs)),
        "least ratio": round(min(ratios), 3),
        "median ratio": round(statistics.median(ratios), 3),
        "largest ratio": round(max(ratios), 3),
    }


def has_fast_bfloat16() -> bool:
    cpu = Path("/proc/cpuinfo")
    return cpu.exists() and bool({"avx512_bf16", "amx_bf16"} & set(cpu.read_text().split()))


@pytest.fixture
def trainers(depth, precision):
    pytest.importorskip("torch", reason="needs PyTorch: pip install 'generalization-indicators[torch]'")
    if precision == "bfloat16" and not has_fast_bfloat16():
        pytest.skip("this processor has neither avx512_bf16 nor amx_bf16")
    pair = []
    for code in (KERAS, TORCH):  # one after the other, so that neither warms up beside the other
        pair.append(Trainer(code, depth, precision))
        pair[-1].wait_until_ready()
    yield pair
    for trainer in pair:
        trainer.close()


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("depth", [11, 16])
def test_training_keeps_up_with_pytorch(benchmark, trainers, capsys, depth, precision):
    ours, theirs = trainers
    speeds = {"keras": [], "torch": []}

    # Before each of our epochs one of theirs: A B A B, so that whatever else the machine does falls on both.
    benchmark.pedantic(
        lambda: speeds["keras"].append(ours.images_per_second()),
        setup=lambda: speeds["torch"].append(theirs.images_per_second()),
        rounds=ROUNDS,
    )

    summary = {
        kind: compared(*([speed[i] for speed in speeds[side]] for side in ("keras", "torch")))
        for i, kind in enumerate(("clock", "processor"))
    }
    benchmark.extra_info.update(summary)
    with capsys.disabled():
        print(f"\nVGG-{depth}, width 1/4, {precision}, images per second: {json.dumps(summary)}")
    assert summary["processor"]["median ratio"] >= LEAST_RATIO
