"""Descriptions over HTTP."""


def test_templates_are_listed_with_those_of_the_folder_and_what_is_wrong_with_them(open_door, tmp_path):
    folder = tmp_path / "templates"
    folder.mkdir()
    door = open_door(ingest_describe_templates=folder)
    told = door.get("/api/describe/templates")
    assert [template["name"] for template in told["templates"]] == ["alt-text", "caption", "catalogue"]
    assert told["complaints"] == []
    (folder / "shelf.toml").write_text('title="Shelf"\nprompt="Look."\n[fields.state]\ntype="number"\nrequired=false\n')
    (folder / "caption.toml").write_text("")
    told = door.get("/api/describe/templates")
    field = {"name": "state", "type": "number", "required": False, "description": ""}
    assert {"name": "shelf", "title": "Shelf", "fields": [field]} in told["templates"]
    assert told["complaints"] == ["caption.toml: title is needed."]
