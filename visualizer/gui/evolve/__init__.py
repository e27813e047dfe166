"""The Evolve workspace: pictures that mean nothing to us and everything to the network."""
