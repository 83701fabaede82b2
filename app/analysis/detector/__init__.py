"""Finds things in pictures by a model that a person names: ONNX or OpenVINO's IR, run by OpenVINO."""
