#!/usr/bin/env python3
"""MaxSim in numpy and torch on the shapes of bench/maxsim_bench, in the same run as the latter.

    tools/maxsim_peers.py [--bench build/bench/maxsim_bench] [PASSAGES TOKENS DIM QUERY_TOKENS]

Needs numpy; torch is left out where it is not installed. One thread each, processor time, best of
nine.
"""
import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import argparse
import subprocess
import time

import numpy


def report(name, shape, work):
    best = 1e9
    for _ in range(9):
        begin = time.process_time()
        work()
        best = min(best, time.process_time() - begin)
    passages, tokens, dim, query_tokens = shape
    products = passages * tokens * dim * query_tokens
    print(f"{name:20s} {best * 1e3:8.2f} ms  {products / best * 1e-9:7.1f} G products/s")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bench", default="build/bench/maxsim_bench")
    parser.add_argument("shape", nargs="*", type=int)
    arguments = parser.parse_args()
    shape = tuple(arguments.shape) or (2000, 180, 128, 32)
    subprocess.run([arguments.bench, *map(str, shape)], check=True)
    passages, tokens, dim, query_tokens = shape
    random = numpy.random.default_rng(1)
    query = random.standard_normal((query_tokens, dim), dtype=numpy.float32)
    rows = random.standard_normal((passages, tokens, dim), dtype=numpy.float32)
    flat = rows.reshape(-1, dim)

    report("numpy, one product", shape,
           lambda: (flat @ query.T).reshape(passages, tokens, -1).max(1).sum(1))
    report("numpy, by passage", shape, lambda: [(p @ query.T).max(0).sum() for p in rows])
    try:
        import torch
    except ImportError:
        print("torch is not installed")
        return
    torch.set_num_threads(1)
    torch_rows, torch_query = torch.from_numpy(rows), torch.from_numpy(query)
    with torch.no_grad():
        report("torch, one product", shape,
               lambda: (torch_rows @ torch_query.T).amax(1).sum(1))
        half = torch_rows.bfloat16(), torch_query.bfloat16()
        report("torch, bfloat16", shape, lambda: (half[0] @ half[1].T).amax(1).sum(1))


if __name__ == "__main__":
    main()
