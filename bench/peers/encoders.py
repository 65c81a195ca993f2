#!/usr/bin/env python3
"""Tokens per second of torch, ONNX Runtime and llama.cpp on the checkpoint and lengths that bench/encoder_bench uses, one thread each.

usage: encoders.py MODEL_DIR [--encoder-bench build/bench/encoder_bench] [--rounds 3] [--llama-modules DIR]

With --encoder-bench the C++ figures stand beside them. All run in turns, --rounds times, and the medians are printed: a machine that is
faster in one minute than in the next gives each its share. Times are CPU seconds of the process (one thread).
Needs torch, transformers, onnx, onnxscript and onnxruntime from PyPI. With --llama-modules, a
folder where `npm install node-llama-cpp` was run, llama.cpp runs the same weights (BERT and RoBERTa) as GGUF; needs gguf from PyPI.
"""
import argparse
import atexit
import collections
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

os.environ["OMP_NUM_THREADS"] = "1"
import numpy
import onnxruntime
import torch
import transformers
from onnxruntime.quantization import QuantType, quantize_dynamic


def best_rate(run, tokens, repeats=4):
    run()
    best = min(measure(run) for _ in range(repeats))
    return tokens / best


def run_ours(binary, model):
    """Rates of encoder_bench: (name, tokens) -> tokens/s."""
    lines = subprocess.run([binary, str(model)], check=True, capture_output=True, text=True).stdout.splitlines()
    rows = [line.split() for line in lines]
    return {(f"sg {row[0]}", int(row[1])): float(row[2]) for row in rows if len(row) == 6 and row[1].isdigit()}


def measure(run):
    begin = time.process_time()
    run()
    return time.process_time() - begin


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def run_llama(model, modules, work, lengths):
    here = pathlib.Path(__file__).parent
    for kind in ("f32", "f16", "q8_0"):
        path = work / f"{kind}.gguf"
        subprocess.run([sys.executable, str(here / "gguf_from_bert.py"), str(model), str(path), "--type", kind], check=True,
                       stderr=subprocess.DEVNULL)
        subprocess.run(["node", str(here / "llama_cpp.mjs"), str(modules), f"llama.cpp {kind}", str(path), *map(str, lengths)], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--encoder-bench")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--llama-modules", type=pathlib.Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    model = transformers.AutoModel.from_pretrained(arguments.model).eval()
    limit = getattr(model.config, "max_position_embeddings", 1 << 20)
    work = pathlib.Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, work)
    example = torch.randint(3, 900, (2, 128))
    torch.onnx.export(model, (example, torch.ones_like(example)), work / "f32.onnx", input_names=["input_ids", "attention_mask"],
                      output_names=["hidden"], dynamo=True, dynamic_shapes={"input_ids": {0: "b", 1: "t"}, "attention_mask": {0: "b", 1: "t"}})
    # Shape inference stumbles over what the exporter noted about shapes; the quantizer does not need it.
    import onnx
    graph = onnx.load(work / "f32.onnx")
    del graph.graph.value_info[:]
    onnx.save(graph, work / "plain.onnx")
    quantize_dynamic(work / "plain.onnx", work / "int8.onnx", weight_type=QuantType.QInt8)
    sessions = {"onnxruntime f32": session(work / "f32.onnx"), "onnxruntime int8": session(work / "int8.onnx")}
    print(f"torch {torch.__version__}, onnxruntime {onnxruntime.__version__}, transformers {transformers.__version__}")
    lengths = [n for n in (128, 512, 2048) if n <= limit]
    rates = collections.defaultdict(list)
    for _ in range(arguments.rounds):
        if arguments.encoder_bench:
            for key, rate in run_ours(arguments.encoder_bench, arguments.model).items():
                rates[key].append(rate)
        for length in lengths:
            ids = torch.randint(3, 900, (max(1, 1024 // length), length))
            mask = torch.ones_like(ids)

            def run_torch():
                with torch.inference_mode():
                    model(input_ids=ids, attention_mask=mask)
            rates["torch f32", length].append(best_rate(run_torch, ids.numel()))
            feed = {"input_ids": ids.numpy(), "attention_mask": mask.numpy()}
            for name, s in sessions.items():
                rates[name, length].append(best_rate(lambda: s.run(None, feed), ids.numel()))
    print(f"{'peer':<18}{'tokens':>8}{'tokens/s':>12}{'lowest':>12}{'highest':>12}")
    for (name, length), seen in sorted(rates.items(), key=lambda item: item[0][1]):
        print(f"{name:<18}{length:>8}{statistics.median(seen):>12.0f}{min(seen):>12.0f}{max(seen):>12.0f}", flush=True)
    if arguments.llama_modules:
        run_llama(arguments.model, arguments.llama_modules.resolve(), work, lengths)


if __name__ == "__main__":
    main()
