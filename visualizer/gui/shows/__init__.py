"""Shows: scenes are taken, put in order, rehearsed, given and handed out."""
