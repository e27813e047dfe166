"""How pictures come in and are kept: the tray, readers, drops and the camera."""
