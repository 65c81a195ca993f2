#!/usr/bin/env python3
"""Token vectors of a real model, for TokenCodec.RealVectorsSlow (tests/index/token_codec_test.cc).

    tools/reference/token_vectors.py MODEL_DIR SOURCE_DIR OUT [--passages 700] [--dim 128] [--seed 1]

Passages are windows of 30 lines of the source files below SOURCE_DIR, drawn at random; questions are
the first sentences of documentation strings and comments of other windows. The token states of the
model are projected to --dim dimensions by one random matrix and scaled to unit length. Needs torch and
transformers. File: u64 passages, u64 questions, their lengths (u64 each), then all rows (float32).
"""
import argparse
import pathlib
import random
import re

import numpy
import torch
import transformers

SUFFIXES = {".py", ".rs", ".go", ".js", ".ts", ".java", ".c", ".cc", ".cpp", ".h", ".hpp", ".rb", ".php", ".scala",
            ".swift", ".kt", ".lua", ".hs", ".ex", ".cs", ".zig", ".sh"}
LINES = 30
COMMENT = re.compile(r'^\s*(?:"""|///|//!|//|\*|#|--)\s*([A-Z][^.\n]{25,120})', re.M)


def windows(root):
    found = []
    for path in sorted(pathlib.Path(root).rglob("*")):
        if path.suffix not in SUFFIXES or not path.is_file():
            continue
        lines = path.read_text(errors="replace").splitlines()
        for begin in range(0, len(lines), LINES):
            text = "\n".join(lines[begin : begin + LINES])
            if len(text.split()) >= 20:
                found.append(f"{path.relative_to(root)}\n{text}")
    return found


def states(model, tokenizer, texts, length):
    for text in texts:
        ids = tokenizer(text, truncation=True, max_length=length, return_tensors="pt")
        with torch.no_grad():
            yield model(**ids).last_hidden_state[0].numpy()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("source")
    parser.add_argument("out")
    parser.add_argument("--passages", type=int, default=700)
    parser.add_argument("--questions", type=int, default=60)
    parser.add_argument("--dim", type=int, default=128)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    tokenizer = transformers.AutoTokenizer.from_pretrained(options.model)
    model = transformers.AutoModel.from_pretrained(options.model).eval()
    chooser = random.Random(options.seed)
    found = windows(options.source)
    chooser.shuffle(found)
    passages = found[: options.passages]
    questions = sorted({q.strip() for w in found[options.passages :] for q in COMMENT.findall(w)})
    chooser.shuffle(questions)
    questions = questions[: options.questions]
    width = model.config.hidden_size
    projection = numpy.random.default_rng(options.seed).standard_normal((width, options.dim), dtype=numpy.float32)

    sets = []
    for texts, length in ((passages, 256), (questions, 32)):
        rows = []
        for h in states(model, tokenizer, texts, length):
            projected = h @ projection
            rows.append(projected / numpy.linalg.norm(projected, axis=1, keepdims=True))
        sets.append(rows)
    with open(options.out, "wb") as out:
        numpy.array([len(s) for s in sets], dtype="<u8").tofile(out)
        numpy.array([len(r) for s in sets for r in s], dtype="<u8").tofile(out)
        for s in sets:
            for r in s:
                r.astype("<f4").tofile(out)
    print(f"{len(sets[0])} passages, {sum(map(len, sets[0]))} tokens; {len(sets[1])} questions, "
          f"{sum(map(len, sets[1]))} tokens")


if __name__ == "__main__":
    main()
