#!/usr/bin/env python3
"""Writes the goldens of tests/core/pytorch_test.cc: small files of torch.save and what is in them.

    pip install torch numpy
    tools/reference/pytorch_goldens.py tests/core/data/pytorch
"""
import collections
import os
import struct
import sys
import zipfile

import torch


def tensors():
    torch.manual_seed(7)
    base = torch.arange(24, dtype=torch.float32).reshape(4, 6) / 8 - 1
    linear = torch.nn.Linear(3, 2)
    with torch.no_grad():
        linear.weight.copy_(torch.tensor([[1.0, 2, 3], [4, 5, 6]]))
        linear.bias.copy_(torch.tensor([0.5, -0.5]))
    state = collections.OrderedDict()
    state["base"] = base
    state["transposed"] = base.t()                      # strided, shares its data
    state["slice"] = base[1:3, 2:5]                     # strided with an offset
    state["row"] = base[2]                              # contiguous with an offset
    state["half"] = base.half()
    state["bfloat16"] = base.bfloat16()
    state["double"] = base.double()[:2]
    state["scalar"] = torch.tensor(3.25)
    state["empty"] = torch.zeros(0, 5)
    state["int64"] = torch.tensor([-1, 2**40, 3])
    state["int32"] = torch.tensor([-7, 8], dtype=torch.int32)
    state["bool"] = torch.tensor([True, False])
    state["expanded"] = torch.tensor([[2.0]]).expand(1, 1)
    state["parameter"] = torch.nn.Parameter(torch.tensor([9.0, 10.0]))
    return state, linear


def text(state):
    """name dtype [shape] sum-checked values, one tensor a line."""
    lines = []
    for name, value in state.items():
        flat = value.detach().to(torch.float64).flatten().tolist()
        shape = ",".join(map(str, value.shape))
        lines.append(f"{name} {str(value.dtype)[6:]} [{shape}] " + " ".join(repr(x) for x in flat))
    return "\n".join(lines) + "\n"


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    path = lambda name: os.path.join(folder, name)
    state, linear = tensors()
    torch.save(state, path("tensors.bin"))
    with open(path("tensors.txt"), "w") as out:
        out.write(text(state))
    torch.save(linear.state_dict(), path("linear.bin"))  # an OrderedDict with _metadata
    with open(path("linear.txt"), "w") as out:
        out.write(text(linear.state_dict()))
    # What must be refused.
    torch.save(linear.state_dict(), path("legacy.bin"), _use_new_zipfile_serialization=False)
    torch.save(linear, path("whole_module.bin"))
    torch.save({"epoch": 3, "model": linear.state_dict()}, path("nested.bin"))
    with zipfile.ZipFile(path("linear.bin")) as source:
        names = {n: source.read(n) for n in source.namelist()}
    with zipfile.ZipFile(path("deflated.bin"), "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in names.items():
            out.writestr(name, data)
    evil = b"\x80\x02cos\nsystem\nq\x00X\x07\x00\x00\x00echo hi\x85R."
    with zipfile.ZipFile(path("evil.bin"), "w") as out:
        out.writestr("evil/data.pkl", evil)
        out.writestr("evil/version", "3\n")


if __name__ == "__main__":
    main()
