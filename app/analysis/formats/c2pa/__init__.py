"""C2PA stores, which say where a picture or film comes from: found, taken apart, and their programs named."""
