"""Reads what is marked in a picture: areas of XMP, labels of YOLO, annotations of COCO and Label Studio."""
