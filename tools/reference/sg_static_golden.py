#!/usr/bin/env python3
"""Writes tests/core/data/sg_static_golden.json: token ids and vectors of a few texts, computed
straight from the definition of the tokenizer (core/text/code_tokenizer.h) and the trained table
before quantisation.

    tools/reference/sg_static_golden.py TRAINED > tests/core/data/sg_static_golden.json

TRAINED holds model.safetensors (`embeddings`, F16 or F32) and vocab.tsv. Needs numpy.
"""

import collections
import json
import pathlib
import re
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "models"))
from quantize_static import read_embeddings  # noqa: E402

TEXTS = [
    b"",
    b"HTTPServer",
    b"def get_user_id(self, userName): return self._users[userName].id  # the user's id\n",
    b"static int parse_http_request(struct sg_conn *c, const char *buf, size_t len) {\n"
    b"  if (len < 4) return -EINVAL;\n  memcpy(c->buf, buf, len);\n  return 0;\n}\n",
    b"how does the websocket reconnect after a timeout?",
    b"XMLHttpRequest ABc aB A Ab ABC9de x1y22Z333 99999 1234 007 sha256 0xDEADBEEF",
    b"zzyzxqqk unsplittablewordthatismuchlongerthanfortylettersindeed floccinaucinihilipilification",
    b"tokenizerregistrymanagerfactory kubernetesoperatorreconciler preauthorizedmultiplexer",
    "größeDerDatei naïve Ærøskøbing".encode(),
    "検索エンジン".encode(),
    "日本語 search エンジン 😀 emoji".encode(),
    b"caf\xc3 \xff\xfe broken\x00bytes\x80here",
    b"the the the the THE The tHe parser Parser parsing",
    b"impl<T: Clone> Iterator for RingBuffer<T> { type Item = T; fn next(&mut self) -> Option<T> "
    b"{ self.pop_front() } }",
]

WORD = re.compile(rb"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def words(text):
    for word in WORD.findall(text):
        if len(word) <= (4 if word.isdigit() else 40):
            yield word.lower().decode()


def segment(word, scores):
    """Viterbi over pieces of at most 16 letters, sums in float32."""
    best = [(np.float32(0), [])] + [None] * len(word)
    for end in range(1, len(word) + 1):
        for length in range(min(16, end), 0, -1):  # of equal sums the longer last piece stays
            piece, before = word[end - length : end], best[end - length]
            if before is None or piece not in scores:
                continue
            score = np.float32(before[0] + scores[piece])
            if best[end] is None or score > best[end][0]:
                best[end] = (score, before[1] + [piece])
    return best[-1][1] if best[-1] else []


def main():
    trained = pathlib.Path(sys.argv[1])
    table = read_embeddings(trained / "model.safetensors")
    scores, ids = {}, {}
    for line in (trained / "vocab.tsv").read_text().splitlines():
        piece, score = line.split("\t")
        ids[piece], scores[piece] = len(ids), np.float32(score)
    cases = []
    for text in TEXTS:
        tokens = []
        for word in words(text):
            tokens += [ids[p] for p in ([word] if word in ids else segment(word, scores))]
        vector = np.zeros(table.shape[1])
        for token, count in collections.Counter(tokens).items():
            vector += np.sqrt(count) * table[token]
        cases.append({"text_hex": text.hex(), "text": text.decode("utf-8", "replace"),
                      "ids": tokens, "bag": [round(float(x), 5) for x in vector] if tokens else []})
    print("[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]")


if __name__ == "__main__":
    main()
