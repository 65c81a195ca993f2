#!/usr/bin/env python3
"""Compares sg's tokenizers with the published ones, id for id and offset for offset.

    pip install tokenizers sentencepiece numpy
    tools/reference/tokenizer_diff.py --tool build/bench/tokenizer_bench \
        --tokenizers DIR --corpus DIR [--lines 1000000] [--only NAME ...]

DIR of --tokenizers has one folder a tokenizer, as the hub serves them: each tokenizer.json is
compared with PyPI `tokenizers`, each spiece.model or sentencepiece.bpe.model with PyPI
`sentencepiece`. Texts: the lines of the corpus (any folder of source code), passages of several
lines, and as many random strings of letters, CJK, emoji, combining marks, controls, every kind of
white space, special tokens, long words. Exit code 1 if anything differs.
"""
import argparse
import glob
import os
import random
import struct
import subprocess
import sys

import numpy as np


def corpus_lines(folder, count, rng):
    files = [f for f in glob.glob(os.path.join(folder, "**", "*"), recursive=True) if os.path.isfile(f)]
    files.sort()
    rng.shuffle(files)
    lines = []
    for f in files:
        if len(lines) >= count:
            break
        with open(f, "rb") as stream:
            text = stream.read(300_000).decode("utf-8", errors="replace")
        parts = text.split("\n")
        lines.extend(parts[:1500])
        for i in range(0, min(len(parts), 1200), 60):
            lines.append("\n".join(parts[i:i + rng.randint(2, 30)]))
    return lines[:count]


SPACES = " \t\n\r\x0b\x0c\x85\xa0\u1680\u2000\u2003\u2028\u2029\u202f\u205f\u3000\u200b\ufeff"
RANGES = [
    (0x20, 0x7E, 30), (0x20, 0x7E, 20), (0xA0, 0x17F, 8), (0x180, 0x24F, 2), (0x250, 0x2FF, 2),
    (0x300, 0x36F, 6), (0x370, 0x3FF, 3), (0x400, 0x52F, 4), (0x531, 0x5FF, 2), (0x600, 0x6FF, 3),
    (0x700, 0x8FF, 2), (0x900, 0xDFF, 5), (0xE00, 0xEFF, 3), (0xF00, 0xFFF, 1), (0x1000, 0x109F, 1),
    (0x10A0, 0x11FF, 2), (0x1200, 0x1AFF, 1), (0x1B00, 0x1DFF, 2), (0x1E00, 0x1FFF, 4),
    (0x2000, 0x206F, 3), (0x2070, 0x218F, 3), (0x2190, 0x2BFF, 4), (0x2C00, 0x2FFF, 1),
    (0x3000, 0x30FF, 6), (0x3100, 0x33FF, 2), (0x3400, 0x4DBF, 1), (0x4E00, 0x9FFF, 8),
    (0xA000, 0xABFF, 2), (0xAC00, 0xD7AF, 5), (0xE000, 0xF8FF, 1), (0xF900, 0xFAFF, 2),
    (0xFB00, 0xFDFF, 2), (0xFE00, 0xFEFF, 2), (0xFF00, 0xFFFF, 3), (0x10000, 0x1FFFF, 3),
    (0x1D400, 0x1D7FF, 2), (0x1F300, 0x1FAFF, 8), (0x1F1E6, 0x1F1FF, 2), (0x1F3FB, 0x1F3FF, 1),
    (0x20000, 0x323AF, 2), (0xE0000, 0xE01EF, 1), (0x0, 0x1F, 2), (0x7F, 0x9F, 1),
]
WORDS = """the int return def self function std::vector HashMap<String, u32> don't we'll I'M it'S she'Ll 'ſ
ﬁnancial naïve café ÀÉÎÕÜ Straße İstanbul ΑΒΓσς Привет мир مرحبا שלום नमस्ते ক্ষ สวัสดี こんにちは 你好世界 안녕하세요
👨‍👩‍👧‍👦 🇩🇪🇫🇷 ❤️ 1️⃣ e\u0301 a\u0323\u0308 \u1100\u1161\u11a8 ① ㍿ ﷺ ½ ² ™ 12345678 3.14159e-10 0xDEADBEEF
<s> </s> <mask> [CLS] [MASK] <|endoftext|> <extra_id_0> <unk> ▁ ▁▁a __init__ a_b_c camelCaseHTTPServer2 --flag=1
====== ////// #include !!!??? ... \u00ad\u200d\u200c \ufffd \u0340\u0341 \u212b \u1e9b\u0323""".split()


def random_lines(count, rng):
    starts, ends, weights = zip(*RANGES)
    lines = []
    while len(lines) < count:
        parts = []
        style = rng.random()
        focus = rng.choices(range(len(RANGES)), weights, k=3)
        for _ in range(rng.randint(1, 25)):
            kind = rng.random()
            if kind < 0.15:
                parts.append(rng.choice(SPACES) * rng.choice((1, 1, 1, 2, 3)))
            elif kind < 0.3:
                parts.append(rng.choice(WORDS))
            elif kind < 0.4:
                parts.append(" ")
            else:
                i = rng.choice(focus) if style < 0.6 else rng.choices(range(len(RANGES)), weights)[0]
                for _ in range(rng.randint(1, 6)):
                    c = rng.randint(starts[i], ends[i])
                    if not 0xD800 <= c < 0xE000:
                        parts.append(chr(c))
        if style > 0.995:
            parts.append(rng.choice("aZ9é漢-") * rng.randint(50, 500))
        lines.append("".join(parts))
    return lines


class Ours:
    def __init__(self, tool, path, special):
        self.command = [tool, "encode", path] + (["--special"] if special else [])

    def encode(self, lines):
        data = bytearray()
        for line in lines:
            raw = line.encode("utf-8") if isinstance(line, str) else line
            data += struct.pack("<I", len(raw)) + raw
        out = subprocess.run(self.command, input=bytes(data), stdout=subprocess.PIPE, check=True).stdout
        words = np.frombuffer(out, dtype="<u4")
        result, at = [], 0
        for _ in lines:
            n = int(words[at])
            if n == 0xFFFFFFFF:
                result.append(None)
                at += 1
                continue
            result.append(words[at + 1:at + 1 + 3 * n].reshape(n, 3))
            at += 1 + 3 * n
        return result


def to_chars(text, spans):
    """Byte offsets as the character offsets that the Python package gives."""
    if text.isascii():
        return spans
    raw = text.encode("utf-8")
    starts = np.frombuffer(raw, dtype=np.uint8)
    index = np.concatenate([[0], np.cumsum((starts & 0xC0) != 0x80)])
    # index[b] = characters that begin before byte b
    return index[spans]


def report(name, text, ours, theirs, what):
    print(f"DIFF {name} ({what}): {text!a}"[:600])
    print("  ours  ", str(ours)[:400])
    print("  theirs", str(theirs)[:400])


def compare_json(args, name, path, lines):
    import tokenizers
    reference = tokenizers.Tokenizer.from_file(path)
    reference.no_truncation()
    reference.no_padding()
    bad = 0
    batch = 20000
    for begin in range(0, len(lines), batch):
        part = lines[begin:begin + batch]
        special = (begin // batch) % 2 == 0
        ours = Ours(args.tool, path, special).encode(part)
        theirs = reference.encode_batch(part, add_special_tokens=special)
        for text, a, b in zip(part, ours, theirs):
            ids = None if a is None else a[:, 0]
            if ids is None or len(ids) != len(b.ids) or not np.array_equal(ids, b.ids):
                bad += 1
                if bad <= args.show:
                    report(name, text, ids, b.ids, "ids")
                continue
            want = np.array(b.offsets).reshape(-1, 2)
            got = to_chars(text, a[:, 1:].astype(np.int64))
            if not np.array_equal(got, want):
                bad += 1
                if bad <= args.show:
                    where = np.nonzero((got != want).any(axis=1))[0][:5]
                    report(name, text, got[where].tolist(), want[where].tolist(), "offsets")
    return bad


def compare_sentencepiece(args, name, path, lines):
    import sentencepiece
    reference = sentencepiece.SentencePieceProcessor(model_file=path)
    xlmr = os.path.basename(path) == "sentencepiece.bpe.model"
    bad = 0
    lines = [l for l in lines if "<" not in l]  # special tokens are text to sentencepiece
    batch = 20000
    for begin in range(0, len(lines), batch):
        part = lines[begin:begin + batch]
        ours = Ours(args.tool, path, False).encode(part)
        theirs = reference.encode(part)
        for text, a, b in zip(part, ours, theirs):
            if xlmr:
                b = [3 if i == 0 else i + 1 for i in b]
            if a is None or len(a) != len(b) or not np.array_equal(a[:, 0], b):
                bad += 1
                if bad <= args.show:
                    report(name, text, None if a is None else a[:, 0], b, "ids")
    return bad


def broken_bytes(count, rng):
    """Byte strings with broken UTF-8."""
    out = []
    for _ in range(count):
        raw = bytearray("".join(rng.choices("aé漢🎉 ", k=rng.randint(1, 12))).encode())
        for _ in range(rng.randint(1, 4)):
            raw.insert(rng.randint(0, len(raw)), rng.randint(0x80, 0xFF))
            if rng.random() < 0.5:
                del raw[rng.randint(0, len(raw) - 1)]
        out.append(bytes(raw))
    return out


def compare_broken(args, name, path, rng):
    lines = broken_bytes(20000, rng)
    ours = Ours(args.tool, path, True)
    bad = 0
    for raw, a, b in zip(lines, ours.encode(lines),
                         ours.encode([l.decode("utf-8", errors="replace") for l in lines])):
        if a is None or b is None or not np.array_equal(a[:, 0], b[:, 0]):
            bad += 1
            if bad <= args.show:
                report(name, repr(raw), a, b, "broken UTF-8")
    return bad


def code_point_lines():
    """Every code point alone, between letters, and between spaces."""
    points = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    lines = []
    for template in ("%s", "a%sb", "é %s 漢", "x\u0301%s\u0323", "1%s\n"):
        step = 16
        for i in range(0, len(points), step):
            lines.append(" ".join(template % chr(c) for c in points[i:i + step]))
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tool", required=True)
    parser.add_argument("--tokenizers", required=True)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--lines", type=int, default=1_000_000, help="texts a tokenizer, half of them random")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=5)
    parser.add_argument("--code-points", action="store_true", help="also every code point of Unicode")
    args = parser.parse_args()
    rng = random.Random(args.seed)
    lines = corpus_lines(args.corpus, args.lines // 2, rng)
    print(f"{len(lines)} texts of the corpus", flush=True)
    lines += random_lines(args.lines - len(lines), rng)
    if args.code_points:
        lines += code_point_lines()
    failed = False
    for folder in sorted(glob.glob(os.path.join(args.tokenizers, "*"))):
        name = os.path.basename(folder)
        if args.only and name not in args.only:
            continue
        for file in ("tokenizer.json", "spiece.model", "sentencepiece.bpe.model"):
            path = os.path.join(folder, file)
            if not os.path.exists(path):
                continue
            compare = compare_json if file == "tokenizer.json" else compare_sentencepiece
            bad = compare(args, f"{name}/{file}", path, lines)
            bad += compare_broken(args, f"{name}/{file}", path, rng)
            print(f"{name}/{file}: {len(lines)} texts, {bad} differences", flush=True)
            failed |= bad > 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
