"""Whether files that older versions of Keras wrote open with the values their Keras computed."""
