#!/usr/bin/env python3
"""Writes a BERT or RoBERTa checkpoint as GGUF, as llama.cpp reads it, to run it as a peer of bench/encoder_bench.

usage: gguf_from_bert.py MODEL_DIR OUT.gguf [--type f32|f16|q8_0]

Only token ids will be run, so the vocabulary is one of placeholders of the right size. Needs gguf, torch and transformers from PyPI.
"""
import argparse

import gguf
import numpy
import transformers

QUANTIZED = {"f32": None, "f16": gguf.GGMLQuantizationType.F16, "q8_0": gguf.GGMLQuantizationType.Q8_0}
LAYER = {
    "attention.self.query": "attn_q",
    "attention.self.key": "attn_k",
    "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output",
    "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down",
    "output.LayerNorm": "layer_output_norm",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("out")
    parser.add_argument("--type", choices=QUANTIZED, default="f32")
    options = parser.parse_args()
    model = transformers.AutoModel.from_pretrained(options.model)
    config = model.config
    state = {name: value.float().numpy() for name, value in model.state_dict().items()}
    writer = gguf.GGUFWriter(options.out, "bert")
    writer.add_name("peer")
    writer.add_block_count(config.num_hidden_layers)
    # RoBERTa counts positions from behind the padding id.
    first = config.pad_token_id + 1 if config.model_type == "roberta" else 0
    positions = state["embeddings.position_embeddings.weight"][first:]
    writer.add_context_length(len(positions))
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_layer_norm_eps(config.layer_norm_eps)
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    writer.add_tokenizer_model("bert")
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokens += [f"\u2581t{i}" for i in range(len(tokens), config.vocab_size)]
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.CONTROL] * 5 + [gguf.TokenType.NORMAL] * (len(tokens) - 5))
    writer.add_token_type_count(config.type_vocab_size)
    writer.add_pad_token_id(0)
    writer.add_unk_token_id(1)
    writer.add_bos_token_id(2)
    writer.add_sep_token_id(3)
    writer.add_eos_token_id(3)
    writer.add_mask_token_id(4)
    writer.add_file_type({"f32": 0, "f16": 1, "q8_0": 7}[options.type])

    def add(name, values):
        kind = QUANTIZED[options.type]
        if values.ndim == 2 and kind is not None and name.startswith("blk."):
            writer.add_tensor(name, gguf.quants.quantize(values, kind), raw_dtype=kind)
        else:
            writer.add_tensor(name, numpy.ascontiguousarray(values))

    add("token_embd.weight", state["embeddings.word_embeddings.weight"])
    add("position_embd.weight", positions)
    add("token_types.weight", state["embeddings.token_type_embeddings.weight"])
    for part in ("weight", "bias"):
        add(f"token_embd_norm.{part}", state[f"embeddings.LayerNorm.{part}"])
    for layer in range(config.num_hidden_layers):
        for theirs, ours in LAYER.items():
            for part in ("weight", "bias"):
                add(f"blk.{layer}.{ours}.{part}", state[f"encoder.layer.{layer}.{theirs}.{part}"])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main()
