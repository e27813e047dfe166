"""The Attack workspace: adversarial pictures, their size, and what they survive."""
