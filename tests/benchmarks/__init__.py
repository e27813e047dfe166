"""How fast it is, as ratios within one run: `make bench`.

To add a row, write a function in a file of this package (one file a topic)::

    @benchmark("Dreaming")
    def a_dream_step(budget):
        yield Row("a dream step / the bare compiled gradient", ratio(ours, bare), "×", at_most=1.15)

and name the file in `__main__.TOPICS`. A row with a bound it misses makes the run fail.
"""
