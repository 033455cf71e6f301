.PHONY: test lint clean

# The environment is remade when the dependencies change; the stamp is its last step, so an
# interrupted installation is not taken for a finished one.
.venv/.installed: setup.cfg pyproject.toml
	python3 -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13) and "posewarp needs Python 3.10 to 3.13, and python3 is " + sys.version.split()[0])'
	python3 -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[test]"
	touch $@

lint: .venv/.installed
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

test: lint
	.venv/bin/python -m pytest

clean:
	rm -rf .venv build *.egg-info
