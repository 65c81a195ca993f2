#!/usr/bin/env python3
"""Writes tests/core/data/model2vec/: small random static models in the model2vec format and the
vectors that the model2vec library gives for a few texts.

    tools/reference/model2vec_golden.py tests/core/data/model2vec

Made with model2vec 0.10.0, tokenizers 0.23.3 and numpy 2.4.6 from PyPI.
"""

import json
import pathlib
import sys

import numpy as np
from model2vec import StaticModel
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

TEXTS = [
    b"",
    b"parse the http request",
    b"def get_user_id(self): return self._id",
    b"HTTPServer listens; the server accepts connections and parses requests.",
    "größe der Datei, naïve café".encode(),
    "検索エンジンの速さ".encode(),
    "日本語 text 😀🎉 emoji".encode(),
    b"caf\xc3 \xff\xfe broken \xe6\xa4 bytes \xf0\x9f\x98",
    b"zzzz qqqq ####",
    b"the the the the request request " * 8,
    b"   spaces\tand\nlines\r\n\n   ",
]
CORPUS = [text.decode("utf-8", "replace") for text in TEXTS] + [
    "the server parses the request and returns the user", "connections are accepted by a server"
]
DIM = 8


def wordpiece():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.train_from_iterator(CORPUS[:4] + CORPUS[9:], trainers.WordPieceTrainer(
        vocab_size=150, special_tokens=["[PAD]", "[UNK]"], show_progress=False))
    return tokenizer


def unigram():
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.train_from_iterator(CORPUS, trainers.UnigramTrainer(
        vocab_size=120, special_tokens=["[UNK]", "[PAD]"], unk_token="[UNK]", show_progress=False))
    return tokenizer


def byte_bpe():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(
        vocab_size=320, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    return tokenizer


def main():
    out = pathlib.Path(sys.argv[1])
    random = np.random.default_rng(7)
    for name, tokenizer, dtype, quantised, config in [
        ("wordpiece_f32", wordpiece(), np.float32, False, {"normalize": True, "max_length": 12}),
        ("unigram_f16_mapped", unigram(), np.float16, True, {"normalize": True}),
        ("byte_bpe_int8", byte_bpe(), np.int8, False, {"normalize": False, "max_length": None}),
    ]:
        tokens = tokenizer.get_vocab_size()
        rows = 40 if quantised else tokens
        vectors = random.normal(size=(rows, DIM)) * (40 if dtype is np.int8 else 1)
        extra = {}
        if quantised:
            extra["weights"] = random.uniform(0.1, 2, tokens).astype(np.float32)
            extra["token_mapping"] = random.integers(0, rows, tokens)
        model = StaticModel(vectors.round().astype(dtype) if dtype is np.int8 else
                            vectors.astype(dtype), tokenizer, config=dict(config),
                            normalize=config["normalize"],
                            max_length=config.get("max_length", 512), **extra)
        model.save_pretrained(out / name)
        for extra_file in ("README.md", "modules.json"):
            (out / name / extra_file).unlink(missing_ok=True)

        loaded = StaticModel.from_pretrained(out / name)
        texts = [text.decode("utf-8", "replace") for text in TEXTS]
        plain = loaded.encode(texts, normalize=False).astype(np.float32)
        unit = loaded.encode(texts, normalize=True).astype(np.float32)
        cases = [{"text_hex": text.hex(), "mean": [round(float(x), 5) for x in mean],
                  "unit": [round(float(x), 5) for x in one]}
                 for text, mean, one in zip(TEXTS, plain, unit)]
        (out / name / "golden.json").write_text(
            "[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]\n")
        print(name, tokens, "tokens")


if __name__ == "__main__":
    main()
