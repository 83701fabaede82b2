"""Real AI images: what a person who looks at the graph or the text calls their prompt."""

import json

import pytest

from app.analysis.prompts.read import read_generation
from app.media import Analysis
from app.metadata import PromptVerdict
from tests.analysis.pictures.pictures import analysed, read
from tests.support.server import shared

EXAMPLES = "corpus/comfyanonymous+ComfyUI_examples"
PARSERS = "corpus/d3x-at+sd-parsers/tests/resources/parsers"
PHOTOS = "corpus/ianare+exif-samples"

# The first words of the prompt and of the negative prompt, None where there is none
COMFYUI = {
    f"{EXAMPLES}/2_pass_txt2img/hiresfix_esrgan_workflow.png": (
        "masterpiece HDR victorian portrait painting of woman",
        "bad hands, text",
    ),
    f"{EXAMPLES}/chroma/fennec_girl_sing.png": (
        "aesthetic 4, cute anime girl with gigantic",
        "low quality, bad anatomy",
    ),
    f"{EXAMPLES}/controlnet/depth_t2i_adapter.png": ("underwater photograph shark", "(hands), text, error"),
    f"{EXAMPLES}/edit_models/sdxl_edit_model.png": ("snow at sunset oil painting", None),
    f"{EXAMPLES}/flux/flux_dev_checkpoint_example.png": ("cute anime girl with massive fluffy fennec ears", None),
    f"{EXAMPLES}/flux/flux_kontext_example_comic.webp": ("the anime girl has massive fennec ears and is", None),
    f"{EXAMPLES}/flux/girl_in_field.png": ("mulan standing in front of a rice paddy", None),
    f"{EXAMPLES}/img2img/img2img_workflow.png": ("photograph of victorian woman with wings", "watermark, text"),
    f"{EXAMPLES}/inpaint/inpaint_anythingv3_woman.png": ("(girl) blue eyes, blonde hair", "watermark, text"),
    f"{EXAMPLES}/lcm/lcm_basic_example.png": ("evening sunset scenery blue sky nature", "text, watermark"),
    f"{EXAMPLES}/model_merging/model_merging_basic.png": ("beautiful scenery nature glass bottle", "text, watermark"),
    f"{EXAMPLES}/sd3/sd3_text_encoders_example.png": ("a bottle with a rainbow galaxy inside it", None),
    f"{EXAMPLES}/textual_inversion_embeddings/embedding_example.png": ("photograph in the style of", "bad hands"),
    f"{EXAMPLES}/unclip/unclip_example.png": ("beautiful photograph", "bad hands"),
    f"{EXAMPLES}/wan/text_to_video_wan.webp": ("a fox moving quickly in a beautiful winter", "色调艳丽"),
    f"{EXAMPLES}/z_image/z_image_turbo_example.png": ("cute anime style girl with massive", "blurry ugly bad"),
    f"{PARSERS}/ComfyUI/img2img_cropped.png": ("photograph of victorian woman with wings", "watermark, text"),
    f"{PARSERS}/ComfyUI/night_evening_day_morning_cropped.png": (
        "(best quality) beautiful (HDR:1.2) (realistic:1.2) landscape",
        "(hands), text, error, cropped",
    ),
    f"{PARSERS}/ComfyUI/noisy_latents_3_subjects_cropped.png": (
        "girl (flat chest:0.9)",
        "(hands), text, error, cropped",
    ),
    f"{PARSERS}/ComfyUI/unclip_2pass_cropped.png": (
        "beautiful scenery landscape outdoors mountains",
        "(hands), text, error, cropped, (jpeg",
    ),
}
OTHERS = {
    f"{PARSERS}/AUTOMATIC1111/automatic1111_cropped.jpg": ("AUTOMATIC1111", "photo of a duck", "monochrome"),
    f"{PARSERS}/AUTOMATIC1111/automatic1111_cropped.png": ("AUTOMATIC1111", "photo of a duck", "monochrome"),
    f"{PARSERS}/AUTOMATIC1111/automatic1111_stealth.png": ("AUTOMATIC1111", "a circle", "a square"),
    f"{PARSERS}/Fooocus/fooocus1_cropped.png": ("Fooocus", "a smiling goldfish", None),
    f"{PARSERS}/InvokeAI/invokeai_dream1.png": ("InvokeAI", "professional full body photo", "rendering, glowing eyes"),
    f"{PARSERS}/InvokeAI/invokeai_imeta1.png": ("InvokeAI", "digital artwork, oil painting.", "grainy+, photo"),
    f"{PARSERS}/InvokeAI/invokeai_sdmeta1.png": ("InvokeAI", "professional full body photo", "rendering, glowing eyes"),
    f"{PARSERS}/NovelAI/novelai1_cropped.png": ("NovelAI", "masterpiece, best quality,  cat", "lowres, bad anatomy"),
}
DUCK = {
    "model": "realistic_realisticVisionV20_v20",
    "model_hash": "c0d1994c73",
    "sampler": "UniPC",
    "steps": 15,
    "cfg": 5,
    "seed": 235284042,
    "size": {"width": 512, "height": 400},
}
DREAM = {"sampler": "k_lms", "steps": 50, "cfg": 5, "seed": 2980747362, "size": {"width": 512, "height": 768}}
GENERATIONS = {
    f"{PARSERS}/AUTOMATIC1111/automatic1111_cropped.jpg": DUCK,
    f"{PARSERS}/AUTOMATIC1111/automatic1111_cropped.png": DUCK,
    f"{PARSERS}/AUTOMATIC1111/automatic1111_stealth.png": {
        "model": "realisticVisionV51_v51VAE",
        "model_hash": "15012c538f",
        "sampler": "Euler",
        "scheduler": "Automatic",
        "steps": 20,
        "cfg": 7,
        "seed": 2015833630,
        "size": {"width": 64, "height": 64},
        "clip_skip": 2,
    },
    f"{PARSERS}/Fooocus/fooocus1_cropped.png": {
        "model": "juggernautXL_v8Rundiffusion",
        "model_hash": "aeb7e9e689",
        "sampler": "dpmpp_2m_sde_gpu",
        "scheduler": "karras",
        "steps": 30,
        "cfg": 4,
        "seed": 6952411511246973023,
        "size": {"width": 768, "height": 1280},
    },
    f"{PARSERS}/InvokeAI/invokeai_dream1.png": DREAM,
    f"{PARSERS}/InvokeAI/invokeai_sdmeta1.png": DREAM
    | {
        "model": "deliberateForInvoke_v08",
        "model_hash": "56d1442a0feefd64836a19ac8e3527ec71c884fc962e246ddf67b03e42921272",
    },
    f"{PARSERS}/InvokeAI/invokeai_imeta1.png": {
        "model": "juggernautXL",
        "vae": "VAEFix",
        "sampler": "euler",
        "steps": 35,
        "cfg": 8.0,
        "seed": 3293022630,
        "size": {"width": 1024, "height": 1024},
    },
    f"{PARSERS}/NovelAI/novelai1_cropped.png": {
        "model": "Stable Diffusion",
        "model_hash": "1D44365E",
        "sampler": "k_euler_ancestral",
        "steps": 50,
        "cfg": 10.0,
        "seed": 2253955223,
    },
}


ROLES = {"positive": "positive", "conditioning": "positive", "cond1": "positive", "negative": "negative"}


def texts_of(path):
    """The texts of an image under the names that the door knows."""
    found = read(path.read_bytes())
    return found.texts | {
        name: found.exif[f"Image {name}"] for name in ("Make", "Model") if f"Image {name}" in found.exif
    }


def begins(text, expected):
    return text is None if expected is None else text is not None and text.startswith(expected)


@pytest.mark.parametrize("name", COMFYUI)
def test_every_comfyui_image_yields_its_prompt(name):
    positive, negative = COMFYUI[name]
    found = analysed(shared(name)).metadata
    assert (found.generator, found.prompt_verdict) == ("ComfyUI", PromptVerdict.PARSED)
    assert begins(found.prompt, positive), found.prompt
    assert begins(found.negative_prompt, negative), found.negative_prompt
    assert {"seed", "steps", "sampler", "scheduler", "model"} <= found.generation.keys()


@pytest.mark.parametrize("name", COMFYUI)
def test_the_drawn_workflow_alone_says_the_same_as_what_was_run(name):
    texts = texts_of(shared(name))
    drawn = {"Make": texts["Make"]} if "Make" in texts else {"workflow": texts["workflow"]}
    assert read_generation(drawn) == read_generation(texts)


def encoded(graph, name, role, seen):
    """Every text of an encoder before a node: a walk of its own, that knows no more than names that hold one role."""
    if name in seen or name not in graph:
        return set()
    seen.add(name)
    inputs, other = graph[name]["inputs"], {"positive": "negative", "negative": "positive"}[role]
    is_encoder = "TextEncode" in graph[name]["class_type"]
    found = {value.strip() for value in inputs.values() if is_encoder and isinstance(value, str) and value.strip()}
    for key, value in inputs.items():
        if isinstance(value, list) and key not in (other, "samples", "latent_image", "model"):
            found |= encoded(graph, str(value[0]), role, seen)
    return found


@pytest.mark.parametrize("name", COMFYUI)
def test_each_text_of_each_encoder_is_in_its_prompt_and_in_no_other(name):
    texts = texts_of(shared(name))
    graph = json.loads(texts["prompt"] if "prompt" in texts else texts["Model"].removeprefix("prompt:"))
    found = {"positive": set(), "negative": set()}
    for node in graph.values():
        if "KSampler" in node["class_type"] or "Guider" in node["class_type"]:
            for key, value in node["inputs"].items():
                if role := ROLES.get(key):
                    found[role] |= encoded(graph, str(value[0]), role, set())
    made = read_generation(texts)
    assert found["positive"]
    assert all(text in made.prompt for text in found["positive"])
    assert all(text in (made.negative_prompt or "") for text in found["negative"] - found["positive"])
    assert not any(text in (made.negative_prompt or "").split("\n") for text in found["positive"])


@pytest.mark.parametrize("name", OTHERS)
def test_every_other_generator_yields_its_prompt(name):
    generator, positive, negative = OTHERS[name]
    found = analysed(shared(name)).metadata
    assert (found.generator, found.prompt_verdict) == (generator, PromptVerdict.PARSED)
    assert begins(found.prompt, positive), found.prompt
    assert begins(found.negative_prompt, negative), found.negative_prompt
    assert found.generation | GENERATIONS[name] == found.generation


def test_every_image_of_the_corpus_is_expected_and_those_without_texts_say_nothing():
    folder = shared(EXAMPLES)
    names = {f"{EXAMPLES}/{path.relative_to(folder)}" for path in folder.rglob("*.*") if path.is_file()}
    silent = {f"{EXAMPLES}/controlnet/pose_present.png", f"{EXAMPLES}/ltxv/island.jpg"}
    assert names == silent | {name for name in COMFYUI if name.startswith(EXAMPLES)}
    for name in silent:
        assert analysed(shared(name)).metadata.generator is None


def test_no_photo_of_a_camera_is_an_ai_image():
    photos = [path for path in shared(PHOTOS).rglob("*.*") if path.is_file()]
    assert len(photos) > 70
    for path in photos:
        result = analysed(path)
        if isinstance(result, Analysis):
            found = result.metadata
            assert (found.generator, found.prompt, found.prompt_verdict, found.generation) == (None,) * 4, path
            assert not {"prompt", "negative_prompt"} & {keyword.source for keyword in result.keywords}
