"""A believable bank, made from a seed through the same services that people use."""
