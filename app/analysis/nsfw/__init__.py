"""The probability that a picture is not safe for work: the network, its weights, and their conversion."""
