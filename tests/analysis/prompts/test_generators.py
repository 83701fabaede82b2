"""The formats of the other generators, as small texts of their own making."""

import json

import pytest

from app.analysis.prompts.generation import Generation
from app.analysis.prompts.read import read_generation
from app.metadata import PromptVerdict


def read(**texts):
    return read_generation({name: text if isinstance(text, str) else json.dumps(text) for name, text in texts.items()})


FOOOCUS = {
    "prompt": "a goldfish",
    "negative_prompt": "cat",
    "full_prompt": ["cinematic still a goldfish"],
    "base_model": "juggernaut",
    "base_model_hash": "aeb7",
    "guidance_scale": 4,
    "loras": [["offset", 0.1, "aa"], ["detail", 0.5, "bb"]],
    "metadata_scheme": "fooocus",
    "resolution": "(768, 1280)",
    "sampler": "dpmpp_2m",
    "seed": "69524",
    "steps": 30,
}
SWARM = {
    "sui_image_params": {
        "prompt": "a cat",
        "negativeprompt": "dog",
        "model": "OfficialStableDiffusion/sd_xl",
        "seed": 1,
        "steps": 20,
        "cfgscale": 7.0,
        "width": 1024,
        "height": 768,
        "sampler": "euler",
        "scheduler": "normal",
        "loras": ["a", "b"],
        "loraweights": ["0.5", "1"],
        "swarm_version": "0.9.3.1",
    },
    "sui_models": [{"name": "vae.safetensors", "param": "vae", "hash": "0x1"}, {"param": "model", "hash": "0xab"}],
}
DRAW_THINGS = {
    "c": "a cat",
    "uc": "dog",
    "model": "sd_v1.5.ckpt",
    "sampler": "DPM++ 2M Karras",
    "scale": 7.5,
    "seed": 4,
    "size": "512x768",
    "steps": 20,
    "strength": 1,
    "lora": [{"model": "a.ckpt", "weight": 0.6}],
    "v2": {"anything": 1},
}
EASY = {
    "prompt": "a cat",
    "negative_prompt": "dog",
    "seed": 4,
    "use_stable_diffusion_model": "sd-v1-5",
    "use_vae_model": "vae-ft",
    "clip_skip": False,
    "sampler_name": "euler_a",
    "width": 512,
    "height": 768,
    "num_inference_steps": 25,
    "guidance_scale": 7.5,
    "use_lora_model": ["a", "b"],
    "lora_alpha": [0.5, 0.25],
}
NOVEL = {
    "prompt": "two girls, night",
    "uc": "lowres",
    "steps": 28,
    "width": 832,
    "height": 1216,
    "scale": 5.0,
    "seed": 12,
    "sampler": "k_euler",
    "noise_schedule": "karras",
    "v4_prompt": {
        "caption": {
            "base_caption": "two girls, night",
            "char_captions": [{"char_caption": "girl, red hair"}, {"char_caption": "girl, hat"}],
        }
    },
    "v4_negative_prompt": {"caption": {"base_caption": "lowres", "char_captions": [{"char_caption": ""}]}},
}
NOVEL_TEXTS = {"Software": "NovelAI", "Source": "NovelAI Diffusion V4.5 4BDE2A90", "Description": "two girls, night"}
NOVEL_SAID = ("NovelAI", "two girls, night\ngirl, red hair\ngirl, hat", "lowres")
INVOKE = {
    "app_version": "5.4.0",
    "generation_mode": "flux_txt2img",
    "positive_prompt": "a cat",
    "negative_prompt": "dog",
    "width": 512,
    "height": 768,
    "seed": 3,
    "steps": 30,
    "cfg_scale": 7.5,
    "scheduler": "euler",
    "clip_skip": 2,
    "strength": 0.7,
    "model": {"key": "k", "hash": "blake3:ab", "name": "FLUX Dev", "base": "flux", "type": "main"},
    "vae": {"model_name": "fix"},
    "loras": [{"model": {"name": "detail"}, "weight": 0.75}, {"lora": {"model_name": "old"}, "weight": 0.5}],
}
SD_METADATA = {
    "model": "stable diffusion",
    "model_weights": "deliberate",
    "model_hash": "56d1",
    "image": {
        "prompt": [{"prompt": "a cat [dog] at night [blur]", "weight": 1.0}],
        "steps": 50,
        "cfg_scale": 5,
        "height": 768,
        "width": 512,
        "seed": 2,
        "sampler": "k_lms",
    },
}
DREAM = '"a cat [dog] at night [blur]" -s 50 -S 2 -W 512 -H 768 -C 5 -A k_lms -f 0.5 -G 0.9 -U 4 0.95'
SOURCES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
JOB = "Job ID: 1c0a3a1e-6a3f-4b6e-9e3e-0123456789ab"
SIZE = {"width": 512, "height": 768}


@pytest.mark.parametrize(
    ("texts", "said", "generation"),
    [
        (
            {"parameters": FOOOCUS, "fooocus_scheme": "fooocus"},
            ("Fooocus", "a goldfish", "cat"),
            {
                "model": "juggernaut",
                "model_hash": "aeb7",
                "cfg": 4,
                "size": {"width": 768, "height": 1280},
                "sampler": "dpmpp_2m",
                "seed": 69524,
                "steps": 30,
                "loras": [{"name": "offset", "weight": 0.1}, {"name": "detail", "weight": 0.5}],
                "metadata_scheme": "fooocus",
            },
        ),
        (
            {"UserComment": {"Prompt": "a goldfish", "Negative Prompt": "cat", "Base Model": "juggernaut",
                             "lora_combined_1": "offset : 0.1", "Version": "Fooocus v2.1"}},
            ("Fooocus", "a goldfish", "cat"),
            {
                "model": "juggernaut",
                "lora_combined_1": "offset : 0.1",
                "loras": [{"name": "offset", "weight": 0.1}],
                "version": "Fooocus v2.1",
            },
        ),
        (
            {"parameters": SWARM},
            ("SwarmUI", "a cat", "dog"),
            {
                "model": "OfficialStableDiffusion/sd_xl",
                "model_hash": "0xab",
                "seed": 1,
                "steps": 20,
                "cfg": 7.0,
                "size": {"width": 1024, "height": 768},
                "sampler": "euler",
                "scheduler": "normal",
                "loras": [{"name": "a", "weight": 0.5}, {"name": "b", "weight": 1}],
                "swarm_version": "0.9.3.1",
            },
        ),
        (
            {"UserComment": DRAW_THINGS},
            ("Draw Things", "a cat", "dog"),
            {
                "model": "sd_v1.5.ckpt",
                "sampler": "DPM++ 2M Karras",
                "cfg": 7.5,
                "seed": 4,
                "size": SIZE,
                "steps": 20,
                "denoise": 1,
                "loras": [{"name": "a.ckpt", "weight": 0.6}],
            },
        ),
        (
            {"UserComment": EASY},
            ("Easy Diffusion", "a cat", "dog"),
            {
                "seed": 4,
                "model": "sd-v1-5",
                "vae": "vae-ft",
                "clip_skip": False,
                "sampler": "euler_a",
                "size": SIZE,
                "steps": 25,
                "cfg": 7.5,
                "loras": [{"name": "a", "weight": 0.5}, {"name": "b", "weight": 0.25}],
            },
        ),
        (
            {"Prompt": "a cat", "Negative Prompt": "dog", "Seed": "4", "Stable Diffusion model": "sd-v1-5",
             "Steps": "25", "Guidance Scale": "7.5", "Width": "512", "Height": "768", "Sampler": "euler_a"},
            ("Easy Diffusion", "a cat", "dog"),
            {"seed": 4, "model": "sd-v1-5", "steps": 25, "cfg": 7.5, "size": SIZE, "sampler": "euler_a"},
        ),
        (
            {"Comment": NOVEL, **NOVEL_TEXTS},
            NOVEL_SAID,
            {
                "steps": 28,
                "size": {"width": 832, "height": 1216},
                "cfg": 5.0,
                "seed": 12,
                "sampler": "k_euler",
                "scheduler": "karras",
                "model": "NovelAI Diffusion V4.5",
                "model_hash": "4BDE2A90",
            },
        ),
        (
            {"invokeai_metadata": INVOKE},
            ("InvokeAI", "a cat", "dog"),
            {
                "app_version": "5.4.0",
                "generation_mode": "flux_txt2img",
                "size": SIZE,
                "seed": 3,
                "steps": 30,
                "cfg": 7.5,
                "sampler": "euler",
                "clip_skip": 2,
                "denoise": 0.7,
                "model": "FLUX Dev",
                "model_hash": "blake3:ab",
                "vae": "fix",
                "loras": [{"name": "detail", "weight": 0.75}, {"name": "old", "weight": 0.5}],
            },
        ),
        (
            {"sd-metadata": SD_METADATA, "Dream": '"something else"'},
            ("InvokeAI", "a cat at night", "dog, blur"),
            {"steps": 50, "cfg": 5, "size": SIZE, "seed": 2, "sampler": "k_lms", "model": "deliberate",
             "model_hash": "56d1"},
        ),
        (
            {"Dream": DREAM},
            ("InvokeAI", "a cat at night", "dog, blur"),
            {"steps": 50, "seed": 2, "size": SIZE, "cfg": 5, "sampler": "k_lms", "denoise": 0.5},
        ),
        (
            {"Description": f"a cat -- in a hat, --ar 16:9 --no dog, fog --v 6.1 --tile {JOB}", "Author": "someone"},
            ("Midjourney", "a cat -- in a hat,", "dog, fog"),
            {"aspect_ratio": "16:9", "version": "6.1", "tile": True, "job_id": JOB.removeprefix("Job ID: ")},
        ),
    ],
)  # fmt: skip
def test_each_format_is_taken_apart(texts, said, generation):
    made = read(**texts)
    assert (made.generator, made.prompt, made.negative_prompt) == said
    assert made.settings == generation
    assert made.verdict is PromptVerdict.PARSED


@pytest.mark.parametrize(
    "options",
    [
        "-s 50 -S 2 -W 512 -H 768 -C 5.5 -A k_lms",
        "-s50 -b1 -W512 -H768 -C5.5 -mk_lms -S2",
        "-n1 -g -s50 -W 512 -H 768 -C5.5 -A k_lms -G -S2 -U 4 0.95",
        "--steps=50 --seed 2 --width 512 --height=768 --cfg_scale 5.5 --sampler k_lms --grid",
    ],
)
def test_the_options_of_a_dream_are_read_however_they_are_written(options):
    made = read(Dream=f'"a cat" {options}')
    expected = {"steps": 50, "seed": 2, "size": SIZE, "cfg": 5.5, "sampler": "k_lms"}
    assert (made.prompt, made.settings) == ("a cat", expected)


def test_words_and_names_made_of_digits_stay_texts():
    texts = {"prompt": "1984", "negative_prompt": "7", "seed": "1", "num_inference_steps": "25"}
    made = read(**texts, use_stable_diffusion_model="1.50", use_lora_model="300", lora_alpha="0.5")
    assert (made.prompt, made.negative_prompt) == ("1984", "7")
    loras = [{"name": "300", "weight": 0.5}]
    assert made.settings == {"seed": 1, "steps": 25, "model": "1.50", "loras": loras}
    assert read(Description=f"a cat --v 7 --s 250 --seed 4 --sref 12 {JOB}").settings == {
        "version": "7", "stylize": 250, "seed": 4, "sref": "12", "job_id": JOB.removeprefix("Job ID: "),
    }  # fmt: skip


@pytest.mark.parametrize(
    "texts",
    [
        {"parameters": {"Comment": json.dumps(NOVEL), **NOVEL_TEXTS}},  # hidden in the pixels
        {"UserComment": {"Comment": json.dumps(NOVEL), **NOVEL_TEXTS}},  # of a WebP
        {"Comment": NOVEL},
        {"parameters": {"Comment": json.dumps(NOVEL)}},
    ],
)
def test_novelai_is_known_wherever_it_writes(texts):
    made = read(**texts)
    assert (made.generator, made.prompt, made.negative_prompt) == NOVEL_SAID


def test_a_hidden_infotext_inside_an_object_is_read():
    made = read(parameters={"parameters": "a cat\nSteps: 1, Seed: 2, Size: 3x4"})
    assert (made.generator, made.prompt) == ("AUTOMATIC1111", "a cat")


@pytest.mark.parametrize(
    ("texts", "generator"),
    [
        ({"CreatorTool": "Midjourney"}, "Midjourney"),
        ({"Software": "DALL·E 3"}, "DALL-E"),
        ({"xmp:CreatorTool": "OpenAI API"}, "OpenAI"),
        ({"photoshop:Credit": "Made with Google AI"}, "Google"),
        ({"c2pa": "GPT-4o\ntrainedAlgorithmicMedia\nOpenAI-API"}, "OpenAI"),
        ({"c2pa": "Google C2PA Core Generator Library\ntrainedAlgorithmicMedia"}, "Google"),
        ({"c2pa": "trainedAlgorithmicMedia\nSome Pictures 1.0"}, "Some Pictures 1.0"),
        ({"c2pa": "trainedAlgorithmicMedia\nSome_Pictures/1.0 c2pa-rs/0.33"}, "Some_Pictures"),
        ({"c2pa": "trainedAlgorithmicMedia\ndigitalArt"}, "AI (unnamed)"),
        ({"Iptc4xmpExt:AISystemUsed": "Some Pictures"}, "Some Pictures"),
        ({"Iptc4xmpExt:DigitalSourceType": SOURCES + "trainedAlgorithmicMedia"}, "AI (unnamed)"),
        ({"Iptc4xmpExt:DigitalSourceType": "trainedAlgorithmicMedia", "Software": "Midjourney"}, "Midjourney"),
        ({"Software": "Adobe Firefly"}, "Adobe Firefly"),
    ],
)
def test_a_name_alone_is_kept(texts, generator):
    assert read(**texts) == Generation(generator, verdict=PromptVerdict.RAW_ONLY)


def test_the_words_that_iptc_has_properties_for_are_read():
    texts = {
        "Iptc4xmpExt:DigitalSourceType": SOURCES + "trainedAlgorithmicMedia",
        "Iptc4xmpExt:AISystemUsed": "Pictures",
        "Iptc4xmpExt:AISystemVersionUsed": "2",
        "Iptc4xmpExt:AIPromptInformation": "a cat",
    }
    assert read(**texts) == Generation("Pictures", "a cat", None, {"version": "2"}, PromptVerdict.PARSED)


@pytest.mark.parametrize(
    "texts",
    [
        {"Make": "Canon", "Software": "Midjourney"},
        {"Make": "Canon", "c2pa": "trainedAlgorithmicMedia\nGPT-4o"},
        {"tiff:Model": "EOS", "Iptc4xmpExt:DigitalSourceType": SOURCES + "trainedAlgorithmicMedia"},
        {"Iptc4xmpExt:DigitalSourceType": SOURCES + "compositeWithTrainedAlgorithmicMedia"},
        {"Iptc4xmpExt:AIPromptInformation": "remove the bin"},
        {"c2pa": "Adobe Firefly\ncompositeWithTrainedAlgorithmicMedia\nAdobe_Photoshop"},
        {"c2pa": "Adobe Firefly\ntrainedAlgorithmicMedia\ndigitalCapture\nAdobe_Photoshop"},
        {"photoshop:Credit": "Edited with Google AI"},
        {"Software": "Adobe Photoshop 25.0"},
        {"ImageDescription": "Camera: Nikon, Model: D80, Size: 10x15, Lens: 50 mm"},
        {"Description": "my cat --ar of the house"},
        {"Description": "a job, Job ID: 12"},
        {"Comment": {"quality": 90}},
        {"Artist": "Midjourney fan"},
        {"UserComment": {"c": 1}},
    ],
)
def test_what_looks_like_a_generator_is_not_one(texts):
    assert read(**texts) == Generation()
