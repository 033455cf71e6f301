"""A page in the browser on which a person is posed by hand: `python -m eval.studio`."""
