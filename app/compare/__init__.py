"""A folder against the library: is every file of it in, so that it may be wiped? It writes nothing, and names all."""
