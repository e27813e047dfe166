"""Lessons: the ideas behind convolutional networks as small exact models that are stepped by hand.

NumPy only, unless a lesson says otherwise. A lesson is one file here with a subclass of `Lesson`
and a row in `course.py`, one view in `gui/learn/`, and one page of words in `resources/lessons/`.
"""
