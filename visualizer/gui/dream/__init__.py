"""The pages of the Dream workspace and what they share."""
