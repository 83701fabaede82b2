"""Real AI images: what a person who looks at the graph or the text calls their prompt."""

import pytest
from PIL import Image

from app.analysis import png, prompts, stealth
from app.analysis.made import Verdict
from tests.server import shared

EXAMPLES = "corpus/comfyanonymous+ComfyUI_examples"
PARSERS = "corpus/d3x-at+sd-parsers/tests/resources/parsers"
MAKE, MODEL, EXIF, USER_COMMENT = 271, 272, 0x8769, 37510

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


def texts_of(path):
    """The texts of an image under the names that the door knows."""
    with Image.open(path) as image:
        exif = image.getexif()
        texts = {name: exif[tag] for tag, name in ((MAKE, "Make"), (MODEL, "Model")) if tag in exif}
        if comment := exif.get_ifd(EXIF).get(USER_COMMENT):
            texts["UserComment"] = comment[8:].decode("utf-16-be" if comment[8] == 0 else "utf-16-le")
        if image.format == "PNG" and (hidden := stealth.read(image)):
            texts["parameters"] = hidden
    if path.suffix == ".png":
        with path.open("rb") as stream:
            texts |= {key: text.decode() for key, text in png.read_texts(stream).by_key.items()}
    return texts


def begins(text, expected):
    return text is None if expected is None else text is not None and text.startswith(expected)


@pytest.mark.parametrize("name", COMFYUI)
def test_every_comfyui_image_yields_its_prompt(name):
    positive, negative = COMFYUI[name]
    made = prompts.read(texts_of(shared(name)))
    assert (made.generator, made.verdict) == ("ComfyUI", Verdict.PARSED)
    assert begins(made.prompt, positive), made.prompt
    assert begins(made.negative_prompt, negative), made.negative_prompt
    assert {"seed", "steps", "sampler", "scheduler", "model"} <= made.generation.keys()


@pytest.mark.parametrize("name", COMFYUI)
def test_the_drawn_workflow_alone_says_the_same_as_what_was_run(name):
    texts = texts_of(shared(name))
    drawn = {"Make": texts["Make"]} if "Make" in texts else {"workflow": texts["workflow"]}
    assert prompts.read(drawn) == prompts.read(texts)


@pytest.mark.parametrize("name", OTHERS)
def test_every_other_generator_yields_its_prompt(name):
    generator, positive, negative = OTHERS[name]
    made = prompts.read(texts_of(shared(name)))
    assert (made.generator, made.verdict) == (generator, Verdict.PARSED)
    assert begins(made.prompt, positive), made.prompt
    assert begins(made.negative_prompt, negative), made.negative_prompt
    assert {"seed", "steps", "sampler", "size"} <= made.generation.keys() | (
        {"size"} if generator == "NovelAI" else set()
    )


def test_every_image_of_the_corpus_is_expected_and_those_without_texts_say_nothing():
    folder = shared(EXAMPLES)
    names = {f"{EXAMPLES}/{path.relative_to(folder)}" for path in folder.rglob("*.*") if path.is_file()}
    silent = {f"{EXAMPLES}/controlnet/pose_present.png", f"{EXAMPLES}/ltxv/island.jpg"}
    assert names == silent | {name for name in COMFYUI if name.startswith(EXAMPLES)}
    for name in silent:
        assert prompts.read(texts_of(shared(name))) == prompts.Made()
