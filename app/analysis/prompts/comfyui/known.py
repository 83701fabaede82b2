"""The names of the widgets of ComfyUI nodes, in the order in which a drawing keeps their values.

Of ComfyUI's own nodes (comfyanonymous/ComfyUI, nodes.py, comfy_extras and comfy_api_nodes), and of nodes of packs of
which the look of the values does not tell enough: two texts with two roles, a text that another one became, a sampler
that is not set in the usual order. What becomes of a seed after a run is left out.
"""

from collections.abc import Mapping

_SAMPLED = "steps cfg sampler_name scheduler"
_LORA = "lora_name lora_model_strength lora_clip_strength"
_PAIR = "model prompt negative_prompt"
_LATENT = "resolution empty_latent_width empty_latent_height"
WIDGETS: Mapping[str, tuple[str, ...]] = {
    kind: tuple(names.split())
    for kind, names in {
        "KSampler": "seed steps cfg sampler_name scheduler denoise",
        "KSamplerAdvanced": "add_noise noise_seed steps cfg sampler_name scheduler start_at_step end_at_step "
        "return_with_leftover_noise",
        "SamplerCustom": "add_noise noise_seed cfg",
        "RandomNoise": "noise_seed",
        "KSamplerSelect": "sampler_name",
        "BasicScheduler": "scheduler steps denoise",
        "KarrasScheduler": "steps sigma_max sigma_min rho",
        "ExponentialScheduler": "steps sigma_max sigma_min",
        "PolyexponentialScheduler": "steps sigma_max sigma_min rho",
        "LaplaceScheduler": "steps sigma_max sigma_min mu beta",
        "SDTurboScheduler": "steps denoise",
        "BetaSamplingScheduler": "steps alpha beta",
        "VPScheduler": "steps beta_d beta_min eps_s",
        "AlignYourStepsScheduler": "model_type steps denoise",
        "OptimalStepsScheduler": "model_type steps denoise",
        "GITSScheduler": "coeff steps denoise",
        "LTXVScheduler": "steps max_shift base_shift stretch terminal",
        "Flux2Scheduler": "steps width height",
        "CFGGuider": "cfg",
        "DualModelGuider": "cfg",
        "DualCFGGuider": "cfg_conds cfg_cond2_negative style",
        "FluxGuidance": "guidance",
        "CLIPTextEncode": "text",
        "CLIPTextEncodeSDXL": "width height crop_w crop_h target_width target_height text_g text_l",
        "CLIPTextEncodeSDXLRefiner": "ascore width height text",
        "CLIPTextEncodeFlux": "clip_l t5xxl guidance",
        "CLIPTextEncodeSD3": "clip_l clip_g t5xxl empty_padding",
        "CLIPTextEncodeHiDream": "clip_l clip_g t5xxl llama",
        "CLIPTextEncodeHunyuanDiT": "bert mt5xl",
        "CLIPTextEncodeLumina2": "system_prompt user_prompt",
        "CLIPTextEncodePixArtAlpha": "width height text",
        "TextEncodeQwenImageEdit": "prompt",
        "TextEncodeQwenImageEditPlus": "prompt",
        "TextEncodeQwenImage21": "prompt negative_prompt resolution",
        "TextEncodeFibo2": "prompt negative_prompt width height batch_size",
        "TextEncodeMageFlowEdit": "prompt negative_prompt width height batch_size",
        "TextEncodeAceStepAudio": "tags lyrics lyrics_strength",
        "CLIPSetLastLayer": "stop_at_clip_layer",
        "CheckpointLoaderSimple": "ckpt_name",
        "CheckpointLoader": "config_name ckpt_name",
        "unCLIPCheckpointLoader": "ckpt_name",
        "ImageOnlyCheckpointLoader": "ckpt_name",
        "UNETLoader": "unet_name weight_dtype",
        "UnetLoaderGGUF": "unet_name",
        "VAELoader": "vae_name",
        "LoraLoader": "lora_name strength_model strength_clip",
        "LoraLoaderModelOnly": "lora_name strength_model",
        "EmptyLatentImage": "width height batch_size",
        "EmptySD3LatentImage": "width height batch_size",
        "EmptyHunyuanLatentVideo": "width height length batch_size",
        "LatentUpscale": "upscale_method width height crop",
        "ImageScale": "upscale_method width height crop",
        "StringConcatenate": "string_a string_b delimiter",
        "StringReplace": "string find replace",
        "RegexReplace": "string regex_pattern replace case_insensitive multiline dotall count",
        "StringFormat": "f_string",
        "PrimitiveString": "value",
        "PrimitiveInt": "value",
        "PrimitiveFloat": "value",
        "PrimitiveBoolean": "value",
        "ComfySwitchNode": "switch",
        "CustomCombo": "choice index",
        "PrimitiveStringMultiline": "value",
        "Efficient Loader": f"ckpt_name vae_name clip_skip {_LORA} positive negative token_normalization "
        "weight_interpretation empty_latent_width empty_latent_height batch_size",
        "Eff. Loader SDXL": "base_ckpt_name base_clip_skip refiner_ckpt_name refiner_clip_skip positive_ascore "
        "negative_ascore vae_name positive negative token_normalization weight_interpretation empty_latent_width "
        "empty_latent_height batch_size",
        "KSampler (Efficient)": f"seed {_SAMPLED} denoise preview_method vae_decode",
        "KSampler Adv. (Efficient)": f"add_noise noise_seed {_SAMPLED} start_at_step end_at_step "
        "return_with_leftover_noise preview_method vae_decode",
        "KSampler SDXL (Eff.)": f"noise_seed {_SAMPLED} start_at_step refine_at_step preview_method vae_decode",
        "LoRA Stacker": "input_mode lora_count "
        + " ".join(f"lora_name_{n} lora_wt_{n} model_str_{n} clip_str_{n}" for n in range(1, 50)),
        "easy fullLoader": f"ckpt_name config_name vae_name clip_skip {_LORA} {_LATENT} positive "
        "positive_token_normalization positive_weight_interpretation negative negative_token_normalization "
        "negative_weight_interpretation batch_size a1111_prompt_style",
        "easy a1111Loader": f"ckpt_name vae_name clip_skip {_LORA} {_LATENT} positive negative batch_size "
        "a1111_prompt_style",
        "easy comfyLoader": f"ckpt_name vae_name clip_skip {_LORA} {_LATENT} positive negative batch_size",
        "easy cascadeLoader": f"stage_c stage_b stage_a clip_name {_LORA} {_LATENT} compression positive negative "
        "batch_size",
        "easy preSampling": f"{_SAMPLED} denoise seed",
        "easy preSamplingAdvanced": f"{_SAMPLED} start_at_step end_at_step add_noise seed return_with_leftover_noise",
        "easy kSampler": "image_output link_id save_prefix",
        "easy fullkSampler": f"{_SAMPLED} denoise image_output link_id save_prefix seed",
        "easy loraStack": "toggle mode num_loras "
        + " ".join(
            f"lora_{n}_name lora_{n}_strength lora_{n}_model_strength lora_{n}_clip_strength" for n in range(1, 11)
        ),
        # Both texts of a node that hands on one thing (kijai/ComfyUI-WanVideoWrapper)
        "WanVideoTextEncode": "positive_prompt negative_prompt force_offload use_disk_cache device",
        "WanVideoTextEncodeCached": "model_name precision positive_prompt negative_prompt quantization use_disk_cache "
        "device",
        "WanVideoSampler": "steps cfg shift seed force_offload scheduler riflex_freq_index denoise_strength "
        "batched rope_function start_step end_step add_noise_to_samples",
        "XlabsSampler": "noise_seed steps timestep_to_start_cfg true_gs image_to_image_strength denoise_strength",
        "HyVideoSampler": "width height num_frames steps embedded_guidance_scale flow_shift seed force_offload "
        "denoise_strength",
        "HyVideoTextEncode": "prompt force_offload prompt_template",
        "HyVideoCFG": "negative_prompt cfg start_percent end_percent batched",
        "MochiSampler": "width height num_frames steps cfg seed",
        "FramePackSampler": "steps use_teacache teacache_rel_l1_thresh cfg guidance_scale shift seed "
        "latent_window_size total_second_length gpu_memory_preservation sampler",
        "MMAudioSampler": "duration steps cfg seed prompt negative_prompt mask_away_clip force_offload",
        "KolorsTextEncode": "prompt negative_prompt num_images_per_prompt",
        "KolorsSampler": "width height seed steps cfg scheduler denoise_strength",
        "SUPIR_conditioner": "positive_prompt negative_prompt",
        "SUPIR_sample": "seed steps cfg_scale_start cfg_scale_end EDM_s_churn s_noise DPMPP_eta control_scale_start "
        "control_scale_end restore_cfg keep_model_loaded sampler",
        "CogVideoSampler": "num_frames steps cfg seed scheduler denoise_strength",
        "ClownsharKSampler_Beta": "eta sampler_name scheduler steps steps_to_run denoise cfg seed sampler_mode "
        "bongmath",
        "SeargeGenerationParameters": "seed image_size_preset image_width image_height steps cfg sampler_preset "
        "sampler_name scheduler base_vs_refiner_ratio",
        "KSampler Config (rgthree)": "steps_total refiner_step cfg sampler_name scheduler",
        "RegionalSampler": "seed seed_2nd seed_2nd_mode steps base_only_steps denoise overlap_factor restore_latent "
        "additional_mode additional_sampler additional_sigma_ratio",
        "TwoAdvancedSamplersForMask": "seed steps denoise overlap_factor",
        "easy positive": "positive",
        "easy negative": "negative",
        "SDXLPromptStyler": "text_positive text_negative style log_prompt style_positive style_negative",
        "SDXLPromptStylerAdvanced": "text_positive_g text_positive_l text_negative style negative_prompt_to log_prompt",
        "StringFunction|pysssss": "action tidy_tags text_a text_b text_c",
        "BNK_CLIPTextEncodeAdvanced": "text token_normalization weight_interpretation",
        "BNK_CLIPTextEncodeSDXLAdvanced": "text_l text_g token_normalization weight_interpretation balance",
        "smZ CLIPTextEncode": "text parser mean_normalization multi_conditioning use_old_emphasis_implementation "
        "with_SDXL ascore width height crop_w crop_h target_width target_height text_g text_l smZ_steps",
        "ttN pipeLoader": "ckpt_name config_name vae_name clip_skip "
        + " ".join(f"lora{n}_name lora{n}_model_strength lora{n}_clip_strength" for n in range(1, 4))
        + " positive positive_token_normalization positive_weight_interpretation negative "
        "negative_token_normalization negative_weight_interpretation empty_latent_width empty_latent_height seed",
        # What a wildcard became counts (ltdrdata/ComfyUI-Impact-Pack)
        "ImpactWildcardProcessor": "wildcard_text populated_text mode seed select_to_add_wildcard",
        "ImpactWildcardEncode": "wildcard_text populated_text mode select_to_add_lora select_to_add_wildcard seed",
        "WildcardEncode //Inspire": "token_normalization weight_interpretation wildcard_text populated_text mode "
        "select_to_add_lora select_to_add_wildcard seed",
        # Of services, those that are given two texts, or a short one among others
        "WanTextToVideoApi": f"{_PAIR} size duration seed generate_audio prompt_extend watermark shot_type",
        "WanImageToVideoApi": f"{_PAIR} resolution duration seed generate_audio prompt_extend watermark shot_type",
        "WanTextToImageApi": f"{_PAIR} width height seed prompt_extend watermark",
        "WanImageToImageApi": f"{_PAIR} seed watermark",
        "KlingTextToVideoNode": "prompt negative_prompt cfg_scale aspect_ratio mode",
        "KlingImage2VideoNode": "prompt negative_prompt model_name cfg_scale mode aspect_ratio duration",
        "KlingStartEndFrameNode": "prompt negative_prompt cfg_scale aspect_ratio mode",
        "KlingCameraControlT2VNode": "prompt negative_prompt cfg_scale aspect_ratio",
        "KlingCameraControlI2VNode": "prompt negative_prompt cfg_scale aspect_ratio",
        "KlingImageGenerationNode": "prompt negative_prompt image_type image_fidelity human_fidelity model_name "
        "aspect_ratio n",
        "PixverseTextToVideoNode": "prompt aspect_ratio quality duration_seconds motion_mode seed negative_prompt",
        "PixverseImageToVideoNode": "prompt quality duration_seconds motion_mode seed negative_prompt",
        "PixverseTransitionVideoNode": "prompt quality duration_seconds motion_mode seed negative_prompt",
        "IdeogramV1": "prompt turbo aspect_ratio magic_prompt_option seed negative_prompt num_images",
        "IdeogramV2": "prompt turbo aspect_ratio resolution magic_prompt_option seed style_type negative_prompt "
        "num_images",
        "StabilityStableImageUltraNode": "prompt aspect_ratio style_preset seed negative_prompt image_denoise",
        "StabilityStableImageSD_3_5Node": "prompt model aspect_ratio style_preset cfg_scale seed negative_prompt "
        "image_denoise",
        "StabilityUpscaleConservativeNode": "prompt creativity seed negative_prompt",
        "RecraftTextToImageNode": "prompt size n seed negative_prompt",
        "RecraftImageToImageNode": "prompt n strength seed negative_prompt",
        "RecraftImageInpaintingNode": "prompt n seed negative_prompt",
        "RecraftTextToVectorNode": "prompt substyle size n seed negative_prompt",
        "RecraftReplaceBackgroundNode": "prompt n seed negative_prompt",
        "RecraftV4TextToImageNode": "prompt negative_prompt model size n seed",
        "RecraftV4TextToVectorNode": "prompt negative_prompt model size n seed",
        "VeoVideoGenerationNode": "prompt aspect_ratio negative_prompt duration_seconds enhance_prompt "
        "person_generation seed model generate_audio",
        "Veo3VideoGenerationNode": "prompt aspect_ratio negative_prompt duration_seconds enhance_prompt "
        "person_generation seed model generate_audio",
        "MoonvalleyTxt2VideoNode": "prompt negative_prompt resolution prompt_adherence seed steps",
        "MoonvalleyImg2VideoNode": "prompt negative_prompt resolution prompt_adherence seed steps",
        "BriaImageEditNode": "model prompt negative_prompt structured_prompt seed guidance_scale steps moderation",
        "BriaExpandImage": "aspect_ratio prompt negative_prompt seed moderation",
        "BriaGenFill": "prompt negative_prompt refine_prompt seed moderation",
        "TripoTextToModelNode": "prompt negative_prompt model_version style texture pbr image_seed model_seed "
        "texture_seed texture_quality face_limit quad",
        "MeshyTextToModelNode": "model prompt style should_remesh topology target_polycount symmetry_mode pose_mode "
        "seed ultra_mode ultra_resolution",
        "GeminiImageNode": "prompt model seed aspect_ratio response_modalities system_prompt",
        "GeminiImage2Node": "prompt model seed aspect_ratio resolution response_modalities system_prompt",
        "GeminiNanoBanana2": "prompt model seed aspect_ratio resolution response_modalities thinking_level "
        "system_prompt",
        "QwenImageEditApi": "model prompt negative_prompt size n seed prompt_extend watermark",
        "TripoTextToModelNodeV2": "prompt negative_prompt model_version texture pbr image_seed model_seed texture_seed "
        "texture_quality face_limit quad geometry_quality smart_low_poly auto_size",
        "PikaTextToVideoNode2_2": "prompt_text negative_prompt seed resolution duration aspect_ratio",
        "PikaImageToVideoNode2_2": "prompt_text negative_prompt seed resolution duration",
        "PikaStartEndFrameNode2_2": "prompt_text negative_prompt seed resolution duration",
        "PikaScenesV2_2": "prompt_text negative_prompt seed resolution duration ingredients_mode aspect_ratio",
        "Pikadditions": "prompt_text negative_prompt seed",
        "Pikaswaps": "prompt_text negative_prompt seed",
    }.items()
}
"""Class of a node -> the names of its widgets."""
