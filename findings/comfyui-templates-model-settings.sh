#!/usr/bin/env bash
# comfyui-workflow-templates-json 0.1.123 (the official templates of ComfyUI)
#
# Guess: who reads a drawing by the names of its widgets (`widgets_values_named`) finds the seed of a node as `seed`.
# Seen: nodes that run on a service name their settings by the model that was chosen in them: `model.seed`,
# `model.prompt`, `model.width`. 55 of the 660 templates have a node with `model.seed` and no `seed`, 45 its prompt so, too.
# So: a setting has to be looked for behind the last dot, too, or these drawings have no seed, and some no prompt.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps comfyui-workflow-templates-json==0.1.123

"$work/venv/bin/python" - >"$work/seen" <<'PYTHON'
import importlib.metadata
import json


def nodes(value):
    """The widgets by name of every node, in subgraphs, too."""
    if isinstance(value, dict):
        if isinstance(named := value.get("widgets_values_named"), dict):
            yield named
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from nodes(one)


files = [one for one in importlib.metadata.files("comfyui-workflow-templates-json") if one.suffix == ".json"]
drawings = [list(nodes(json.loads(one.read_text("utf-8")))) for one in files]
of_model = [
    [named for named in drawing if "model.seed" in named and "seed" not in named] for drawing in drawings
]
words = [drawing for drawing in of_model if any("model.prompt" in named for named in drawing)]
print(f"{len(files)} templates, {sum(map(bool, of_model))} with a node whose seed is `model.seed` alone,")
print(f"{len(words)} of them with its prompt as `model.prompt`")
PYTHON

cat "$work/seen"
diff - "$work/seen" <<'SEEN'
660 templates, 55 with a node whose seed is `model.seed` alone,
45 of them with its prompt as `model.prompt`
SEEN
