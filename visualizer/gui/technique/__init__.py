"""The workspace More: any technique that no other workspace shows."""
