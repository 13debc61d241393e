"""A file a family; each has RECIPES."""
