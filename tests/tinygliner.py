"""A GLiNER model of random weights: it finds nonsense, but is read like any other."""

from __future__ import annotations

from pathlib import Path

import torch
from gliner import GLiNER, GLiNERConfig
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

PAD, UNKNOWN, CLS, SEP = SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
SIZE = 32


def write_model(folder: Path, encoder: Path, text: str) -> None:
    """Write a model that knows the words of a text, and its encoder beside it."""
    pieces = Tokenizer(models.WordPiece(unk_token=UNKNOWN))
    pieces.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    pieces.train_from_iterator(
        [text], trainers.WordPieceTrainer(special_tokens=SPECIAL)
    )
    ends = [(name, pieces.token_to_id(name)) for name in (SEP, CLS)]
    pieces.post_processor = processors.BertProcessing(*ends)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=pieces,
        pad_token=PAD,
        unk_token=UNKNOWN,
        cls_token=CLS,
        sep_token=SEP,
    )
    tokenizer.save_pretrained(encoder)
    torch.manual_seed(2)  # of 1 to 5 the one that finds most
    layers = {"num_hidden_layers": 1, "num_attention_heads": 2}
    size = {"hidden_size": SIZE, "intermediate_size": SIZE}
    config = BertConfig(vocab_size=len(tokenizer), **size, **layers)
    BertModel(config).save_pretrained(encoder)
    wanted = GLiNERConfig(model_name=str(encoder), hidden_size=SIZE, max_width=6)
    GLiNER.from_config(wanted).save_pretrained(folder)
