#!/usr/bin/env python3
"""Writes the tiny random checkpoints and hidden states that tests/core/encoder_test.cc compares with.

usage: make_encoder_goldens.py OUT_DIR [--real-size DIR]

Needs torch, transformers (5.x) and safetensors from PyPI. Each architecture gets OUT_DIR/NAME/config.json and model.safetensors in the
names of the *published* checkpoints, and golden.safetensors: "ids.S" [tokens] of sequence S, "hidden.S.L" [tokens, hidden] after the
embeddings (L = 0) and after each layer. Where transformers has the model, it computes the states; JinaBERT's remote code is not on PyPI, so its
equations stand below, written from the published code. --real-size DIR writes checkpoints of the published widths and depths too (1,000 words; Qwen2 cut to 6 layers; about 4 GB).
"""
import argparse
import json
import math
import pathlib

import torch
import transformers
from safetensors.torch import save_file

LENGTHS = (1, 5, 23, 90)


def randomize(model, seed):
    """Weights with enough spread that every norm, bias and gate matters."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=generator)
            if p.dim() == 1:
                p.copy_((1.0 if name.endswith("weight") else 0.0) + 0.2 * noise)
            else:
                p.copy_(noise * (0.5 if "embed" in name.lower() else 1.0 / math.sqrt(p.shape[-1])))
    return model.eval()


def states_of(model, ids):
    with torch.no_grad():
        out = model(input_ids=ids[None], attention_mask=torch.ones_like(ids)[None], output_hidden_states=True)
    return [h[0] for h in out.hidden_states]


# --- JinaBERT v2, from its published equations -----------------------------------------------------------------------
class JinaBert(torch.nn.Module):
    def __init__(self, c, code):
        super().__init__()
        h, i, n = c["hidden_size"], c["intermediate_size"], c["num_attention_heads"]
        lin, ln = torch.nn.Linear, lambda: torch.nn.LayerNorm(h, eps=c["layer_norm_eps"])
        self.c, self.code = c, code
        self.p = torch.nn.ModuleDict()

        def add(name, module):
            self.p[name.replace(".", "/")] = module
        add("embeddings.word_embeddings", torch.nn.Embedding(c["vocab_size"], h))
        add("embeddings.token_type_embeddings", torch.nn.Embedding(2, h))
        add("embeddings.LayerNorm", ln())
        for l in range(c["num_hidden_layers"]):
            b = f"encoder.layer.{l}."
            for x in ("query", "key", "value"):
                add(b + "attention.self." + x, lin(h, h))
            add(b + "attention.output.dense", lin(h, h))
            if code:
                add(b + "attention.self.layer_norm_q", ln())
                add(b + "attention.self.layer_norm_k", ln())
                add(b + "layer_norm_1", ln())
                add(b + "mlp.up_gated_layer", lin(h, 2 * i, bias=False))
                add(b + "mlp.down_layer", lin(i, h))
                add(b + "layer_norm_2", ln())
            else:
                add(b + "attention.output.LayerNorm", ln())
                add(b + "mlp.gated_layers", lin(h, 2 * i, bias=False))
                add(b + "mlp.wo", lin(i, h))
                add(b + "mlp.layernorm", ln())

    def tensors(self):
        return {k[2:].replace("/", "."): v for k, v in self.state_dict().items()}

    @staticmethod
    def slopes(n):
        def power_of_two(n):
            start = 2 ** (-(2 ** -(math.log2(n) - 3)))
            return [start * start ** i for i in range(n)]
        if math.log2(n).is_integer():
            return power_of_two(n)
        closest = 2 ** math.floor(math.log2(n))
        return power_of_two(closest) + JinaBert.slopes(2 * closest)[0::2][: n - closest]

    def forward(self, ids):
        c, m = self.c, lambda name: self.p[name.replace(".", "/")]
        n, t = c["num_attention_heads"], ids.shape[0]
        x = m("embeddings.word_embeddings")(ids) + m("embeddings.token_type_embeddings")(torch.zeros_like(ids))
        x = m("embeddings.LayerNorm")(x)
        states = [x]
        distance = (torch.arange(t)[:, None] - torch.arange(t)[None]).abs()
        bias = -torch.tensor(self.slopes(n))[:, None, None] * distance
        split = lambda v: v.view(t, n, -1).transpose(0, 1)
        for l in range(c["num_hidden_layers"]):
            b = f"encoder.layer.{l}."
            q, k, v = (m(b + "attention.self." + y)(x) for y in ("query", "key", "value"))
            if self.code:
                q, k = m(b + "attention.self.layer_norm_q")(q), m(b + "attention.self.layer_norm_k")(k)
            q, k, v = split(q), split(k), split(v)
            scores = q @ k.transpose(1, 2) / math.sqrt(q.shape[-1]) + bias
            a = (scores.softmax(-1) @ v).transpose(0, 1).reshape(t, -1)
            a = m(b + "attention.output.dense")(a)
            x = m(b + ("layer_norm_1" if self.code else "attention.output.LayerNorm"))(x + a)
            wide = m(b + ("mlp.up_gated_layer" if self.code else "mlp.gated_layers"))(x)
            first, second = wide.chunk(2, -1)
            gelu = torch.nn.functional.gelu
            inner = first * gelu(second) if self.code else gelu(first) * second
            y = m(b + ("mlp.down_layer" if self.code else "mlp.wo"))(inner)
            x = m(b + ("layer_norm_2" if self.code else "mlp.layernorm"))(x + y)
            states.append(x)
        return states


# --- names of published checkpoints for models that transformers renames on loading ----------------------------------
def published_rotary_names(state, nomic):
    out, layers = {}, {}
    for k, v in state.items():
        if ".self_attn." in k and any(x in k for x in ("q_proj", "k_proj", "v_proj")):
            layers.setdefault((k.split(".self_attn.")[0], k.rsplit(".", 1)[1]), {})[k.split(".self_attn.")[1][0]] = v
            continue
        attention = "attn" if nomic else "mixer"
        k = k.replace("embeddings.LayerNorm", "emb_ln").replace("self_attn.o_proj", attention + ".out_proj")
        k = k.replace("post_attention_layernorm", "norm1").replace("post_mlp_layernorm", "norm2")
        k = k.replace("mlp.up_proj", "mlp.fc11").replace("mlp.gate_proj", "mlp.fc12").replace("mlp.down_proj", "mlp.fc2")
        out[("encoder." + k) if k.startswith("layers.") else k] = v
    for (layer, kind), parts in layers.items():
        out[f"encoder.{layer}.{'attn' if nomic else 'mixer'}.Wqkv.{kind}"] = torch.cat([parts[x] for x in "qkv"])
    return out


# --- task adapters (jina-embeddings-v3): every matrix W of a linear layer becomes W + alpha/rank B A, a table of embeddings W + alpha/rank A B ---
TASKS = {"retrieval.query": "Represent the query for retrieving evidence documents: ", "retrieval.passage": "Represent the document for retrieval: ",
         "separation": "Cluster the text for retrieval: ", "classification": "Classify the text: ", "text-matching": "Match the text: "}
ADAPTER = dict(lora_adaptations=list(TASKS), task_instructions=TASKS, lora_rank=4, lora_alpha=1, lora_dropout_p=0.0, lora_main_params_trainable=False,
               load_trained_adapters=True)


def with_adapters(state, seed):
    """-> (the checkpoint with adapters in published names, task number -> the checkpoint that the task sees)."""
    generator, rank, count = torch.Generator().manual_seed(seed), ADAPTER["lora_rank"], len(TASKS)
    stored, updates = {}, {}
    for name, x in state.items():
        if x.dim() != 2:
            stored[name] = x
            continue
        stem, (rows, columns) = name.removesuffix(".weight") + ".parametrizations.weight.", x.shape
        left, right = torch.randn(count, rows, rank, generator=generator), torch.randn(count, rank, columns, generator=generator)
        left, right = left * x.std(), right * 0.7
        table = "embeddings" in name
        stored |= {stem + "original": x, stem + "0.lora_A": left if table else right, stem + "0.lora_B": right if table else left}
        updates[name] = (left, right)

    def seen_by(task):
        scale = ADAPTER["lora_alpha"] / rank
        return {k: x + updates[k][0][task] @ updates[k][1][task] * scale if k in updates else x for k, x in state.items()}
    return stored, seen_by


def jina_v3(c, state):
    """transformers' model from a checkpoint in published names without adapters."""
    m = transformers.JinaEmbeddingsV3Model(c, add_pooling_layer=False)
    own = {}
    for k, x in state.items():
        k = k.removeprefix("roberta.").replace("encoder.layers", "layers").replace("emb_ln", "embeddings.LayerNorm")
        k = k.replace("mixer.out_proj", "self_attn.o_proj").replace("norm1", "post_attention_layernorm").replace("norm2", "post_mlp_layernorm")
        if "mixer.Wqkv" in k:
            own |= {k.replace("mixer.Wqkv", f"self_attn.{p}_proj"): part for p, part in zip("qkv", x.chunk(3))}
        else:
            own[k.replace("mlp.fc11", "mlp.fc1")] = x
    m.load_state_dict(own, strict=True)
    return m.eval()


def build(name, big):
    """-> (config.json of the published form, state dict in published names, ids -> hidden states, vocabulary)."""
    t = transformers
    v = 1000 if big else 99
    if name in ("bert", "roberta"):
        size = dict(hidden_size=768, num_hidden_layers=12, num_attention_heads=12, intermediate_size=3072) if big else dict(
            hidden_size=48, num_hidden_layers=2, num_attention_heads=4, intermediate_size=80)
        kind = dict(bert=(t.BertConfig, t.BertModel), roberta=(t.RobertaConfig, t.RobertaModel))[name]
        c = kind[0](vocab_size=v, max_position_embeddings=514 if name == "roberta" else 512, attn_implementation="eager", **size)
        m = randomize(kind[1](c, add_pooling_layer=False), 1)
        return c.to_dict(), m.state_dict(), lambda ids: states_of(m, ids), v
    if name in ("jina-bert-en", "jina-bert-code"):
        c = dict(model_type="bert", position_embedding_type="alibi", feed_forward_type="geglu", vocab_size=v, layer_norm_eps=1e-12,
                 max_position_embeddings=8192, **(dict(hidden_size=768, num_hidden_layers=12, num_attention_heads=12, intermediate_size=3072) if big
                 else dict(hidden_size=48, num_hidden_layers=2, num_attention_heads=6, intermediate_size=80)))
        m = randomize(JinaBert(c, name.endswith("code")), 2)

        def run(ids):
            with torch.no_grad():
                return m(ids)
        return c, m.tensors(), run, v
    if name == "t5":
        c = t.T5Config(vocab_size=v, feed_forward_proj="gated-gelu", **(dict(d_model=768, d_kv=64, num_heads=12, num_layers=12, d_ff=2048) if big
                       else dict(d_model=40, d_kv=16, num_heads=3, num_layers=2, d_ff=72)))
        m = randomize(t.T5EncoderModel(c), 3)
        with torch.no_grad():  # T5 does not scale its scores: its initialisation makes the queries small instead
            for block in m.encoder.block:
                block.layer[0].SelfAttention.q.weight.mul_(c.d_kv ** -0.5)
        state = {k: x for k, x in m.state_dict().items() if k != "encoder.embed_tokens.weight"}
        return c.to_dict(), state, lambda ids: states_of(m, ids), v
    if name in ("xlm-roberta-rotary", "xlm-roberta-lora"):
        size = dict(hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, intermediate_size=4096) if big else dict(
            hidden_size=48, num_hidden_layers=2, num_attention_heads=3, intermediate_size=80)
        c = t.JinaEmbeddingsV3Config(vocab_size=v, rope_parameters=dict(rope_type="default", rope_theta=20000.0), attn_implementation="eager", **size)
        m = randomize(t.JinaEmbeddingsV3Model(c, add_pooling_layer=False), 4)
        config = dict(model_type="xlm-roberta", position_embedding_type="rotary", rotary_emb_base=20000.0, hidden_act="gelu", vocab_size=v,
                      layer_norm_eps=c.layer_norm_eps, max_position_embeddings=8194, **size)
        state = {"roberta." + k: x for k, x in published_rotary_names(m.state_dict(), False).items()}
        if name == "xlm-roberta-lora":  # hidden states of the task retrieval.passage
            state, seen_by = with_adapters(state, 8)
            m = jina_v3(c, seen_by(1))
            config |= ADAPTER
        return config, state, lambda ids: states_of(m, ids), v
    if name == "nomic-bert":
        size = dict(hidden_size=768, num_hidden_layers=12, num_attention_heads=12, intermediate_size=3072) if big else dict(
            hidden_size=48, num_hidden_layers=2, num_attention_heads=3, intermediate_size=80)
        c = t.NomicBertConfig(vocab_size=v, rope_parameters=dict(rope_type="default", rope_theta=1000.0), attn_implementation="eager", **size)
        m = randomize(t.NomicBertModel(c), 5)
        config = dict(model_type="nomic_bert", n_embd=c.hidden_size, n_head=c.num_attention_heads, n_layer=c.num_hidden_layers, n_inner=c.intermediate_size,
                      n_positions=2048, activation_function="swiglu", layer_norm_epsilon=c.layer_norm_eps, rotary_emb_base=1000, rotary_emb_fraction=1.0,
                      rotary_emb_interleaved=False, prenorm=False, vocab_size=v)
        return config, published_rotary_names(m.state_dict(), True), lambda ids: states_of(m, ids), v
    if name == "modern-bert":
        size = dict(hidden_size=768, num_hidden_layers=22, num_attention_heads=12, intermediate_size=1152) if big else dict(
            hidden_size=48, num_hidden_layers=4, num_attention_heads=3, intermediate_size=72, local_attention=16)
        c = t.ModernBertConfig(vocab_size=v, pad_token_id=0, attn_implementation="eager", **size)
        m = randomize(t.ModernBertModel(c), 6)
        config = dict(model_type="modernbert", vocab_size=v, norm_eps=c.norm_eps, max_position_embeddings=8192, global_attn_every_n_layers=3,
                      local_attention=size.get("local_attention", 128), global_rope_theta=160000.0, local_rope_theta=10000.0, hidden_activation="gelu",
                      **{k: x for k, x in size.items() if k != "local_attention"})
        return config, m.state_dict(), lambda ids: states_of(m, ids), v
    if name == "qwen2":
        size = dict(hidden_size=1536, num_hidden_layers=6, num_attention_heads=12, num_key_value_heads=2, intermediate_size=8960) if big else dict(
            hidden_size=48, num_hidden_layers=2, num_attention_heads=6, num_key_value_heads=2, intermediate_size=80)
        c = t.Qwen2Config(vocab_size=v, rope_parameters=dict(rope_type="default", rope_theta=1000000.0), attn_implementation="eager", **size)
        m = randomize(t.Qwen2Model(c), 7)
        config = dict(model_type="qwen2", vocab_size=v, rope_theta=1000000.0, rms_norm_eps=c.rms_norm_eps, hidden_act="silu", max_position_embeddings=32768, **size)
        return config, {"model." + k: x for k, x in m.state_dict().items()}, lambda ids: states_of(m, ids), v
    raise SystemExit("unknown architecture " + name)


NAMES = ("bert", "roberta", "jina-bert-en", "jina-bert-code", "t5", "xlm-roberta-rotary", "xlm-roberta-lora", "nomic-bert", "modern-bert", "qwen2")


def write(out, name, big):
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    config, state, run, vocabulary = build(name, big)
    keep = {k: x for k, x in config.items() if isinstance(x, (str, int, float, bool)) or k in ADAPTER}
    (folder / "config.json").write_text(json.dumps(keep, indent=1, sort_keys=True) + "\n")
    save_file({k: x.contiguous().float().clone() for k, x in state.items()}, folder / "model.safetensors")
    generator = torch.Generator().manual_seed(9)
    golden = {}
    for s, n in enumerate(LENGTHS if not big else (64, 300)):
        ids = torch.randint(3, vocabulary, (n,), generator=generator)
        golden[f"ids.{s}"] = ids.int()
        states = run(ids)
        for l, h in enumerate(states if not big else states[-1:]):
            golden[f"hidden.{s}.{l if not big else len(states) - 1}"] = h.float().contiguous().clone()
    save_file(golden, folder / "golden.safetensors")
    print(f"{name}: {sum(f.stat().st_size for f in folder.iterdir()) / 1e3:.0f} kB, last hidden rms "
          f"{golden[f'hidden.0.{len(states) - 1}'].pow(2).mean().sqrt():.3f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--real-size", type=pathlib.Path)
    parser.add_argument("--only", choices=NAMES)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    for architecture in [arguments.only] if arguments.only else NAMES:
        write(arguments.out, architecture, big=False)
        if arguments.real_size:
            write(arguments.real_size, architecture, big=True)
