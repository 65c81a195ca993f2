#!/usr/bin/env python3
"""Makes a model folder of the form sg-static (docs/models.md) from a trained table.

    tools/models/quantize_static.py TRAINED OUT --name sg-static-v1

TRAINED holds model.safetensors with a tensor `embeddings` (F16 or F32, [V, D]) and vocab.tsv with
a line "piece TAB score" for each of the V rows. OUT gets config.json, vocab.tsv (unchanged) and
model.safetensors with `embeddings` I8 [V, D] and `scales` F32 [V]: row = scale * codes, with
scale = max |row| / 127. Needs numpy.
"""

import argparse
import json
import pathlib
import struct

import numpy as np

DTYPES = {"F16": np.float16, "F32": np.float32}


def read_embeddings(path):
    """Returns the tensor `embeddings` of a safetensors file as float32."""
    data = path.read_bytes()
    (header_size,) = struct.unpack_from("<Q", data)
    entry = json.loads(data[8 : 8 + header_size])["embeddings"]
    begin, end = entry["data_offsets"]
    body = data[8 + header_size + begin : 8 + header_size + end]
    return np.frombuffer(body, DTYPES[entry["dtype"]]).reshape(entry["shape"]).astype(np.float32)


def quantize(table):
    """Returns (codes int8, scales float32), one scale a row."""
    scales = (np.abs(table).max(axis=1) / 127).astype(np.float32)
    safe = np.where(scales > 0, scales, 1)
    codes = np.clip(np.rint(table / safe[:, None]), -127, 127).astype(np.int8)
    return codes, scales


def write_safetensors(path, tensors):
    """Writes [(name, dtype name, array)]; the data begins at a multiple of 64 bytes."""
    header, offset = {}, 0
    for name, dtype, array in tensors:
        header[name] = {
            "dtype": dtype,
            "shape": list(array.shape),
            "data_offsets": [offset, offset + array.nbytes],
        }
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-(8 + len(text)) % 64)
    with open(path, "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text)
        for _, _, array in tensors:
            out.write(array.tobytes())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("trained", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--name", required=True)
    parser.add_argument("--license", default="Apache-2.0")
    args = parser.parse_args()

    table = read_embeddings(args.trained / "model.safetensors")
    vocab = (args.trained / "vocab.tsv").read_bytes()
    if vocab.count(b"\n") != len(table):
        raise SystemExit(f"{vocab.count(10)} vocabulary lines for {len(table)} rows")
    codes, scales = quantize(table)
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "vocab.tsv").write_bytes(vocab)
    write_safetensors(
        args.out / "model.safetensors", [("embeddings", "I8", codes), ("scales", "F32", scales)]
    )
    config = {
        "model_type": "sg-static",
        "format_version": 1,
        "name": args.name,
        "license": args.license,
        "hidden_dim": table.shape[1],
        "vocab_size": table.shape[0],
        "tokenizer": "sg-code-words",
        "pooling": "sqrt_tf_sum",
    }
    (args.out / "config.json").write_text(json.dumps(config, indent=2) + "\n")

    restored = codes * scales[:, None]
    norms = np.linalg.norm(table, axis=1) * np.linalg.norm(restored, axis=1)
    cosine = (table * restored).sum(axis=1)[norms > 0] / norms[norms > 0]
    print(f"{len(table)} rows, cosine to the original: worst {cosine.min():.6f}, "
          f"mean {cosine.mean():.6f}")


if __name__ == "__main__":
    main()
