"""Regions of a picture that are painted with words of their own, which reach the sampler through its model."""

import json

import pytest

from app.analysis.prompts.read import read_generation
from tests.analysis.prompts.graphs import encoded, node, read, sampled
from tests.support.clock import at_most

MODEL = node("CheckpointLoaderSimple", ckpt_name="dream.safetensors")
CAT, BIRD = encoded("left cat"), encoded("right bird")


def said(**nodes):
    made = read(sampled(model=MODEL, **nodes) | {"sampler": sampled()["sampler"] | {"inputs": SAMPLED}})
    return made.prompt, made.negative_prompt


SAMPLED = sampled()["sampler"]["inputs"] | {"model": ["r", 0]}


@pytest.mark.parametrize(
    "regions",
    [
        {"r": node("AttentionCouple", model=["model", 0], base_cond=["p", 0], cond_1=["c", 0], cond_2=["b", 0])},
        {"r": node("AttentionCouple", model=["model", 0], base_mask=["m", 0], cond_1=["c", 0], mask_1=["m", 0],
                   cond_2=["b", 0], mask_2=["m", 0]), "m": node("SolidMask", value=1)},
        {"r": node("DenseDiffusionAddCondNode", model=["r2", 0], conditioning=["c", 0], mask=["m", 0], strength=1),
         "r2": node("DenseDiffusionAddCondNode", model=["model", 0], conditioning=["b", 0], mask=["m", 0], strength=1),
         "m": node("SolidMask", value=1)},
        {"r": node("ETN_AttentionMask", model=["lora", 0], regions=["d", 0]),
         "lora": node("LoraLoaderModelOnly", model=["model", 0], lora_name="x"),
         "d": node("ETN_DefineRegion", mask=["m", 0], conditioning=["c", 0], regions=["e", 0]),
         "e": node("ETN_DefineRegion", mask=["m", 0], conditioning=["b", 0]), "m": node("SolidMask", value=1)},
        {"r": node("FreeU", model=["r2", 0]),
         "r2": node("Regions", model=["model", 0], cond_1=["c", 0], cond_2=["b", 0])},
    ],
)  # fmt: skip
def test_words_of_regions_follow_those_of_the_sampler(regions):
    positive, negative = said(c=CAT, b=BIRD, **regions)
    assert positive.split("\n")[0] == "a boat"
    assert sorted(positive.split("\n")[1:]) == ["left cat", "right bird"]
    assert negative == "fog"


@pytest.mark.parametrize(
    "nodes",
    [
        {"r": node("WanVideoNAG", model=["model", 0], conditioning=["bad", 0], nag_scale=11)},
        {"r": node("ApplyNAG", model=["model", 0], nag_negative=["bad", 0], mask=["m", 0])},
        {"r": node("AttentionCouple", model=["model", 0], cond_1=["n", 0], cond_2=["n", 0])},
        {"r": node("AttentionCouple", model=["model", 0], positive=["p", 0], negative=["bad", 0])},
        {"r": node("PerpNeg", model=["model", 0], empty_conditioning=["bad", 0])},
        {"r": node("X", model=["model", 0], cond_1=["both", 1], cond_2=["both", 1]),
         "both": node("ControlNetApplyAdvanced", positive=["p", 0], negative=["bad", 0])},
        {"r": node("Pack SDXL Tuple", base_model=["model", 0], base_positive=["p", 0], base_negative=["masked", 0]),
         "masked": node("ConditioningSetMask", conditioning=["bad", 0], mask=["m", 0])},
        {"r": node("Context (rgthree)", model=["model", 0], positive=["bad", 0], conditioning_1=["bad", 0],
                   conditioning_2=["bad", 0])},
    ],
)  # fmt: skip
def test_what_is_no_region_or_is_to_be_avoided_is_not_called_wanted(nodes):
    assert said(bad=encoded("ugly"), m=node("SolidMask", value=1), **nodes) == ("a boat", "fog")


def test_many_regions_do_not_hold_the_reader_up():
    nodes = {
        str(n): node("Regions", model=[str(n + 1), 0], **{f"cond_{m}": [str((n * 7 + m) % 900), 0] for m in range(40)})
        for n in range(900)
    }
    text = json.dumps(sampled(r=node("Regions", model=["0", 0]), **nodes) | {"sampler": {"class_type": "KSampler",
                                                                                       "inputs": SAMPLED}})  # fmt: skip
    with at_most(1):
        assert read_generation({"prompt": text}).prompt == "a boat"
