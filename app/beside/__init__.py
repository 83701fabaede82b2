"""What lies beside a picture and speaks for it: the names of sidecars, and of files that speak for whole folders."""
