"""The paper's tables at the scale of two small data sets and two CPU cores."""
