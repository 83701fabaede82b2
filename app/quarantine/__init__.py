"""Files that a person wants out of the way, as a plan that the person runs. Owns what goes with what; moves nothing."""
