"""The speed of the machinery as ratios, each beside its peer or floor in one run: `python3 manage.py bench`.

`__main__.py` runs the rounds, `world.py` starts the real processes, one module measures each metric, `report.py`
writes docs/benchmarks.md.
"""
