// Made by `make docs` from app/metadata.py. Change that, not this.

/** What stage `metadata` reads of a file. */
export interface MetadataFields {
  taken_at: string | null;
  taken_at_rule: string | null;
  taken_at_precision: Record<string, unknown> | null;
  camera_make: string | null;
  camera_model: string | null;
  lens_model: string | null;
  lens_source: string | null;
  exposure_seconds: number | null;
  f_number: number | null;
  iso: number | null;
  focal_length_mm: number | null;
  focal_length_35mm: number | null;
  orientation: number | null;
  latitude: number | null;
  longitude: number | null;
  altitude_m: number | null;
  duration_seconds: number | null;
  frame_rate: number | null;
  video_codec: string | null;
  audio_codec: string | null;
  content_identifier: string | null;
  embedded_video_bytes: number | null;
  title: string | null;
  caption: string | null;
  creator: string | null;
  copyright: string | null;
  label: string | null;
  generator: string | null;
  prompt: string | null;
  negative_prompt: string | null;
  prompt_verdict: string | null;
  generation: Record<string, unknown> | null;
  sources: Record<string, unknown> | null;
  raw: Record<string, unknown> | null;
}
