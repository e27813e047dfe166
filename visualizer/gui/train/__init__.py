"""The Train workspace: a network that learns, with the user's hand on the learning rate."""
