#!/usr/bin/env python3
"""Prints MB/s of one core for sg's tokenizer_bench and PyPI `tokenizers`, on the same chunks.

    pip install tokenizers
    tools/reference/tokenizer_speed.py build/bench/tokenizer_bench FILE TOKENIZER.json ...
"""
import os
import subprocess
import sys
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
import tokenizers  # noqa: E402


def chunks(text):
    """Whole lines of about 1,500 characters, as tokenizer_bench cuts."""
    while text:
        end = text.find("\n", min(1500, len(text) - 1)) + 1 or len(text)
        yield text[:end]
        text = text[end:]


def main():
    tool, file, *paths = sys.argv[1:]
    with open(file, "rb") as stream:
        raw = stream.read()
    parts = list(chunks(raw.decode("utf-8", errors="replace")))
    for path in paths:
        ours = subprocess.run([tool, "speed", path, file], stdout=subprocess.PIPE, text=True, check=True)
        reference = tokenizers.Tokenizer.from_file(path)
        reference.no_truncation()
        reference.no_padding()
        best = 0
        for _ in range(3):
            begin = time.process_time()
            for part in parts:
                reference.encode(part)
            best = max(best, len(raw) / (time.process_time() - begin) / 1e6)
        print(f"{path}\n  sg: {ours.stdout.strip()}\n  tokenizers {tokenizers.__version__}: {best:.1f} MB/s",
              flush=True)


if __name__ == "__main__":
    main()
