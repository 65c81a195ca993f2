#!/usr/bin/env python3
"""Writes the goldens of tests/core/tokenizer_test.cc: small tokenizers trained on this repository's
own headers, and the ids and byte offsets that the published libraries give with them.

    pip install tokenizers sentencepiece
    tools/reference/tokenizer_goldens.py tests/core/data/tokenizers
"""
import glob
import io
import json
import os
import sys

import sentencepiece
from tokenizers import (AddedToken, Regex, Tokenizer, decoders, models, normalizers,
                        pre_tokenizers, processors, trainers)

TEXTS = [
    "", " ", "hello world", "  leading and   trailing  ", "line\nends\r\nand\ttabs\n\n\n  x",
    "std::vector<int> v = {1, 22, 333, 4444};", "def get_user_id(self): return self._user.id",
    "It's we'll I'M don'T 'S 's 'ſ", "naïve café ÀÉÎÕÜ Straße İstanbul ΑΒΓς",
    "e\u0301a\u0323\u0308 \u1100\u1161\u11a8 \u212b \ufb01 \u2460 \u00bd \u2122",
    "漢字とカタカナ 你好世界 안녕하세요", "Привет мир שלום नमस्ते ক্ষ สวัสดี",
    "👨\u200d👩\u200d👧 🇩🇪🇫🇷 ❤\ufe0f 1\ufe0f\u20e3", "a\u00adb\u200bc\ufeffd\u0000e\u0007f\u0085g\u00a0h\u3000i",
    "[MASK] x [CLS]y  <mask> <s>z</s>", "▁ ▁▁a ▁b", "x" * 130, "ab" * 200,
    "============ //////// ...... !!!???", "HTTPServerError2XX camelCase snake_case",
    "0x1F 3.14e-10 1_000_000", "\u1e9b\u0323 \u0340\u0341 \ud7a3 \uac01", "a  b   c\t\td \n e",
]


def corpus():
    texts = []
    for path in sorted(glob.glob("core/**/*.h", recursive=True)):
        with open(path, encoding="utf-8") as stream:
            texts += [line for line in stream.read().split("\n") if line.strip()]
    return texts + [t for t in TEXTS if t]


def wordpiece():
    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer = normalizers.BertNormalizer()
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    t.train_from_iterator(corpus(), trainers.WordPieceTrainer(vocab_size=900, special_tokens=special))
    t.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return t


def roberta():
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    special = ["<s>", "<pad>", "</s>", "<unk>", AddedToken("<mask>", lstrip=True, special=True)]
    t.train_from_iterator(corpus(), trainers.BpeTrainer(
        vocab_size=900, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    t.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True,
                                                    add_prefix_space=False)
    return t


QWEN = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
        r"|\s*[\r\n]+|\s+(?!\S)|\s+")


def qwen():
    t = Tokenizer(models.BPE())
    t.normalizer = normalizers.NFC()
    t.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(QWEN), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    t.train_from_iterator(corpus(), trainers.BpeTrainer(
        vocab_size=900, special_tokens=["<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    t.post_processor = processors.ByteLevel(trim_offsets=False)
    return t


def characters():
    """Character BPE with an unknown token and the rarer components."""
    t = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))
    t.normalizer = normalizers.Sequence([
        normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase(),
        normalizers.Replace("::", "."), normalizers.Strip()])
    t.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Whitespace(), pre_tokenizers.Digits(individual_digits=True),
        pre_tokenizers.Punctuation("contiguous")])
    t.train_from_iterator(corpus(), trainers.BpeTrainer(
        vocab_size=500, special_tokens=["<unk>"], limit_alphabet=90))
    t.add_tokens([AddedToken("get", single_word=True), AddedToken("Vector", normalized=True)])
    t.add_special_tokens([AddedToken("[MASK]", rstrip=True)])
    return t


CHARSMAP = [("\t", " "), ("\n", " "), ("\r", " "), ("\u00a0", " "), ("\u3000", " "), ("\ufb01", "fi"),
            ("\u2460", "1"), ("\u00bd", "1\u20442"), ("\u2122", "TM"), ("\u212b", "\u00c5"),
            ("e\u0301", "\u00e9"), ("a\u0323", "\u1ea1"), ("\u00ad", ""), ("\u200b", " "),
            ("\ufeff", ""), ("\u0007", ""), ("\u0000", "")]


def sentencepiece_model(folder, vocab_size=800, **ids):
    rules = os.path.join(folder, "rules.tsv")
    hexes = lambda text: " ".join(f"{ord(c):X}" for c in text)
    with open(rules, "w") as out:
        for old, new in CHARSMAP:
            if old != "\0":
                out.write(f"{hexes(old)}\t{hexes(new)}\n")
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(corpus()), model_writer=model, vocab_size=vocab_size,
        model_type="unigram", normalization_rule_tsv=rules, **ids,
        character_coverage=0.995, num_threads=1, minloglevel=2)
    os.remove(rules)
    return model.getvalue()


def fields(message):
    """(number, value) of a protobuf message."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value
    while at < len(message):
        tag = varint()
        wire = tag & 7
        if wire == 0:
            yield tag >> 3, varint()
            continue
        size = varint() if wire == 2 else {1: 8, 5: 4}[wire]
        yield tag >> 3, message[at:at + size]
        at += size


def unigram(model):
    import base64
    import struct
    vocab, charsmap = [], b""
    for number, value in fields(model):
        if number == 1:
            piece = dict(fields(value))
            vocab.append((piece[1].decode(), struct.unpack("<f", piece.get(2, b"\0\0\0\0"))[0]))
        elif number == 3:
            charsmap = dict(fields(value))[2]
    t = Tokenizer(models.Unigram(vocab, unk_id=2))
    t.normalizer = normalizers.Sequence([
        normalizers.Precompiled(charsmap), normalizers.Strip(left=False, right=True),
        normalizers.Replace(Regex(" {2,}"), "▁")])
    t.pre_tokenizer = pre_tokenizers.Metaspace()
    t.add_special_tokens(["<pad>", "</s>", "<unk>"])
    t.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    assert base64
    return t


def write(path, rows):
    with open(path, "w", encoding="ascii") as out:
        for row in rows:
            out.write(json.dumps(row) + "\n")


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    model = sentencepiece_model(folder, pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
    with open(os.path.join(folder, "spiece.model"), "wb") as out:
        out.write(model)
    for name, tokenizer in (("wordpiece", wordpiece()), ("roberta", roberta()), ("qwen", qwen()),
                            ("characters", characters()), ("unigram", unigram(model))):
        path = os.path.join(folder, name)
        with open(path + ".json", "w", encoding="utf-8") as out:
            json.dump(json.loads(tokenizer.to_str()), out, ensure_ascii=False, separators=(",", ":"))
        tokenizer = Tokenizer.from_file(path + ".json")
        rows = []
        for text in TEXTS:
            encoding = tokenizer.encode(text)
            at = lambda i: len(text[:i].encode())
            rows.append({"text": text, "ids": encoding.ids,
                         "spans": [[at(b), at(e)] for b, e in encoding.offsets]})
        write(path + ".golden", rows)
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    write(os.path.join(folder, "spiece.golden"),
          [{"text": t, "ids": processor.encode(t)} for t in TEXTS if "<" not in t and "\0" not in t])
    xlm_roberta(folder)


def xlm_roberta(folder):
    """XLM-R's older file: SentencePiece numbers its pieces, fairseq numbers them anew. Ids by transformers' XLMRobertaTokenizer, whose
    tokenizers library differs from SentencePiece in two things: a text with the character U+2581 itself, and which of two equally good
    ways to cut a run of one letter. There the ids are SentencePiece's, numbered by fairseq's rule; elsewhere both must agree."""
    import transformers
    folder = os.path.join(folder, "xlm-roberta")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "sentencepiece.bpe.model"), "wb") as out:
        out.write(sentencepiece_model(folder, vocab_size=600, unk_id=0, bos_id=1, eos_id=2, pad_id=-1))
    tokenizer = transformers.XLMRobertaTokenizer.from_pretrained(folder)
    processor = sentencepiece.SentencePieceProcessor(model_file=os.path.join(folder, "sentencepiece.bpe.model"))
    rows = []
    for text in TEXTS:
        if "\0" in text:
            continue
        ids = tokenizer(text)["input_ids"]
        by_rule = [0, *(3 if i == 0 else i + 1 for i in processor.encode(text)), 2]
        if "\u2581" in text or len(set(text)) == 1:
            ids = by_rule
        assert ids == by_rule or "<" in text, text  # special tokens are text to SentencePiece
        rows.append({"text": text, "ids": ids})
    write(os.path.join(folder, "golden"), rows)
    with open(os.path.join(folder, "tokens.json"), "w", encoding="ascii") as out:
        json.dump({t: tokenizer.convert_tokens_to_ids(t) for t in ("<s>", "<pad>", "</s>", "<unk>", "<mask>")}, out)
        out.write("\n")


if __name__ == "__main__":
    main()
