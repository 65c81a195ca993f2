#!/usr/bin/env python3
"""Writes tiny model folders with everything around the encoder, and what the Python libraries make of some texts with them.

usage: make_pipeline_goldens.py OUT_DIR

OUT_DIR/NAME is a model folder; OUT_DIR/NAME/golden.json holds {"queries": {text: vector or [[vector]]}, "passages": ...}. Needs torch, transformers,
tokenizers and sentence-transformers from PyPI. mean, cls-dense and prompt are computed by sentence-transformers. colbert follows PyLate 1.6's rules
(marker after the first token, queries padded with mask tokens that are not attended to, punctuation dropped from passages; Chaffin and Sourty 2025), and
unixcoder those of the published UniXcoder class, written out below on transformers' encoders.
"""
import json
import pathlib
import string
import sys

import tokenizers
import torch
import transformers
from sentence_transformers import SentenceTransformer

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from make_encoder_goldens import ADAPTER, TASKS, jina_v3, published_rotary_names, randomize, with_adapters  # noqa: E402

QUERIES = ["read a whole file", "HTTPServer.accept()?", "ÜBER größe"]
PASSAGES = ["int main() { return 0; }", "The weather is lovely today, said the reader.", "x", "a " * 90]
WORDS = """[PAD] [UNK] [CLS] [SEP] [MASK] [Q] [D] a b c d e f g h i j k l m n o p q r s t u v w x y z ##a ##b ##c ##d ##e ##f ##g ##h ##i ##j ##k ##l ##m ##n
##o ##p ##q ##r ##s ##t ##u ##v ##w ##x ##y ##z 0 ( ) { } ; . , ? ! the read whole file int main return http ##server accept uber weather is lovely today said
##er""".split()


def word_piece(folder):
    vocabulary = {w: i for i, w in enumerate(WORDS)}
    t = tokenizers.Tokenizer(tokenizers.models.WordPiece(vocabulary, unk_token="[UNK]"))
    t.normalizer = tokenizers.normalizers.BertNormalizer(lowercase=True)
    t.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    t.post_processor = tokenizers.processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    t.add_special_tokens([w for w in WORDS if w.startswith("[")])
    t.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps(dict(
        tokenizer_class="PreTrainedTokenizerFast", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", pad_token="[PAD]", mask_token="[MASK]")))
    return t


def bert(folder, seed):
    config = transformers.BertConfig(vocab_size=len(WORDS), hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48,
                                     max_position_embeddings=64, attn_implementation="eager")
    model = randomize(transformers.BertModel(config, add_pooling_layer=False), seed)
    model.save_pretrained(folder)
    return model


def dump(folder, name, value):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(value, indent=1) + "\n")


def modules(folder, stages):
    dump(folder, "modules.json", [dict(idx=i, name=str(i), path=p, type=t) for i, (p, t) in enumerate(stages)])


def pooling(folder, mode, include_prompt=True):
    modes = (mode,) if isinstance(mode, str) else mode
    keys = ("cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens", "weightedmean_tokens", "lasttoken")
    dump(folder, "1_Pooling/config.json", dict(word_embedding_dimension=32, include_prompt=include_prompt, **{"pooling_mode_" + k: k in modes for k in keys}))


def dense(folder, path, out, activation, width=32):
    from safetensors.torch import save_file
    layer = randomize(torch.nn.Linear(width, out), 3)
    dump(folder, path + "/config.json", dict(in_features=width, out_features=out, bias=True, activation_function=activation))
    save_file({"linear.weight": layer.weight.detach().clone(), "linear.bias": layer.bias.detach().clone()}, folder / path / "model.safetensors")
    return layer


def write_golden(folder, queries, passages):
    rounded = lambda x: [rounded(y) for y in x] if isinstance(x, list) else round(x, 7)
    dump(folder, "golden.json", dict(queries={t: rounded(v) for t, v in queries.items()}, passages={t: rounded(v) for t, v in passages.items()}))


ST = "sentence_transformers.models."


def sentence_transformer(out, name, mode, with_dense, prompts, include_prompt=True):
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    word_piece(folder)
    bert(folder, 11)
    pooling(folder, mode, include_prompt)
    stages = [("", ST + "Transformer"), ("1_Pooling", ST + "Pooling")]
    if with_dense:
        dense(folder, "2_Dense", 20, "torch.nn.modules.activation.Tanh", 32 if isinstance(mode, str) else 32 * len(mode))
        stages.append(("2_Dense", ST + "Dense"))
    modules(folder, stages + [("3_Normalize", ST + "Normalize")])
    dump(folder, "sentence_bert_config.json", dict(max_seq_length=48, do_lower_case=False))
    dump(folder, "config_sentence_transformers.json", dict(prompts=prompts, default_prompt_name=None))
    (folder / "3_Normalize").mkdir(exist_ok=True)
    model = SentenceTransformer(str(folder), device="cpu")
    encode = lambda texts, prompt: {t: model.encode(t, prompt=prompt, normalize_embeddings=True).tolist() for t in texts}
    write_golden(folder, encode(QUERIES, prompts.get("query", "")), encode(PASSAGES, prompts.get("document", "")))


def colbert(out):
    folder = out / "colbert"
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer, model = word_piece(folder), bert(folder, 12)
    layer = dense(folder, "1_Dense", 16, "torch.nn.modules.linear.Identity")
    modules(folder, [("", ST + "Transformer"), ("1_Dense", "pylate.models.Dense.Dense")])
    settings = dict(query_prefix="[Q]", document_prefix="[D]", query_length=12, document_length=40, attend_to_expansion_tokens=False,
                    do_query_expansion=True, skiplist_words=list(string.punctuation))
    dump(folder, "config_sentence_transformers.json", settings)
    skip = {tokenizer.token_to_id(c) for c in string.punctuation} - {None}

    def encode(text, query):
        length = settings["query_length" if query else "document_length"] - 1
        ids = tokenizer.encode(text).ids
        if len(ids) > length:
            ids = ids[: length - 1] + ids[-1:]
        ids = ids[:1] + [WORDS.index("[Q]" if query else "[D]")] + ids[1:]
        attention = [1] * len(ids)
        if query:
            attention += [0] * (length + 1 - len(ids))
            ids += [WORDS.index("[MASK]")] * (length + 1 - len(ids))
        with torch.no_grad():
            hidden = model(input_ids=torch.tensor([ids]), attention_mask=torch.tensor([attention])).last_hidden_state[0]
            vectors = torch.nn.functional.normalize(layer(hidden), dim=-1)
        keep = [i for i, t in enumerate(ids) if query or t not in skip]
        return vectors[keep].tolist()
    write_golden(folder, {t: encode(t, True) for t in QUERIES}, {t: encode(t, False) for t in PASSAGES})


def unixcoder(out):
    folder = out / "unixcoder"
    folder.mkdir(parents=True, exist_ok=True)
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", "<encoder-only>"]
    trained = tokenizers.ByteLevelBPETokenizer()
    trained.train_from_iterator(PASSAGES + QUERIES, vocab_size=300, special_tokens=special, show_progress=False)
    trained.save_model(str(folder))
    dump(folder, "tokenizer_config.json", dict(tokenizer_class="RobertaTokenizer", add_prefix_space=False, bos_token="<s>", eos_token="</s>", cls_token="<s>",
                                               sep_token="</s>", unk_token="<unk>", pad_token="<pad>", mask_token="<mask>"))
    config = transformers.RobertaConfig(vocab_size=trained.get_vocab_size(), hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48,
                                        max_position_embeddings=66, attn_implementation="eager")
    model = randomize(transformers.RobertaModel(config, add_pooling_layer=False), 13)
    config.save_pretrained(folder)
    torch.save(model.state_dict(), folder / "pytorch_model.bin")
    head = [trained.token_to_id(t) for t in ("<s>", "<encoder-only>", "</s>")]

    def encode(text):
        # max_length 64 as RoBERTa's positions allow; four special tokens.
        ids = head + trained.encode(text).ids[:60] + [trained.token_to_id("</s>")]
        with torch.no_grad():
            hidden = model(input_ids=torch.tensor([ids])).last_hidden_state[0]
        return torch.nn.functional.normalize(hidden.mean(0), dim=-1).tolist()
    write_golden(folder, {t: encode(t) for t in QUERIES}, {t: encode(t) for t in PASSAGES})


def task_adapters(out):
    """jina-embeddings-v3's form: queries and passages each with their adapter and instruction; mean over the instruction too."""
    from safetensors.torch import save_file
    folder = out / "task-adapters"
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = word_piece(folder)
    size = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48, vocab_size=len(WORDS))
    c = transformers.JinaEmbeddingsV3Config(rope_parameters=dict(rope_type="default", rope_theta=20000.0), attn_implementation="eager", **size)
    base = randomize(transformers.JinaEmbeddingsV3Model(c, add_pooling_layer=False), 14)
    stored, seen_by = with_adapters({"roberta." + k: x for k, x in published_rotary_names(base.state_dict(), False).items()}, 15)
    save_file({k: x.contiguous().clone() for k, x in stored.items()}, folder / "model.safetensors")
    dump(folder, "config.json", dict(model_type="xlm-roberta", position_embedding_type="rotary", rotary_emb_base=20000.0, hidden_act="gelu",
                                     layer_norm_eps=c.layer_norm_eps, max_position_embeddings=514, **size, **ADAPTER))
    pooling(folder, "mean_tokens")
    modules(folder, [("", "custom_st.Transformer"), ("1_Pooling", ST + "Pooling"), ("2_Normalize", ST + "Normalize")])

    def encode(texts, task):
        model = jina_v3(c, seen_by(list(TASKS).index(task)))
        vectors = {}
        for t in texts:
            with torch.no_grad():
                hidden = model(input_ids=torch.tensor([tokenizer.encode(TASKS[task] + t).ids])).last_hidden_state[0]
            vectors[t] = torch.nn.functional.normalize(hidden.mean(0), dim=-1).tolist()
        return vectors
    write_golden(folder, encode(QUERIES, "retrieval.query"), encode(PASSAGES, "retrieval.passage"))
    dump(folder, "golden_tasks.json", {task: encode(QUERIES, task) for task in ("separation", "text-matching")})


def concatenation(out):
    """Two models side by side, each at unit length, the whole at unit length again."""
    folder = out / "concatenation"
    dump(folder, "config.json", dict(model_type="sg-concat", models=["../prompt", "../task-adapters"]))
    parts = [json.loads((out / name / "golden.json").read_text()) for name in ("prompt", "task-adapters")]
    join = lambda role: {t: torch.nn.functional.normalize(torch.tensor(parts[0][role][t] + parts[1][role][t]), dim=-1).tolist() for t in parts[0][role]}
    write_golden(folder, join("queries"), join("passages"))


if __name__ == "__main__":
    target = pathlib.Path(sys.argv[1])
    sentence_transformer(target, "mean", "mean_tokens", False, {})
    sentence_transformer(target, "cls-dense", "cls_token", True, {})
    sentence_transformer(target, "prompt", "mean_tokens", False, {"query": "read: ", "document": ""})
    sentence_transformer(target, "pooling-together", ("cls_token", "max_tokens", "mean_tokens", "mean_sqrt_len_tokens", "weightedmean_tokens", "lasttoken"), True, {})
    sentence_transformer(target, "pooling-no-prompt", ("mean_tokens", "weightedmean_tokens", "cls_token"), False,
                         {"query": "read the whole: ", "document": "file "}, include_prompt=False)
    colbert(target)
    unixcoder(target)
    task_adapters(target)
    concatenation(target)
