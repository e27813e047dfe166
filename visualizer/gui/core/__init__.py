"""What the whole window builds on: compute thread, session, store and theme."""
