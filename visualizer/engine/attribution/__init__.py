"""Which pixels mattered: methods that explain a score, one a file."""
