"""What makers of cameras and phones write in forms of their own, each in a module: bytes in, values out."""
