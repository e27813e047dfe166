"""The Learn workspace: the ideas behind convolutional networks, as pages one can touch."""
