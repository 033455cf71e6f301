.PHONY: test test-slow quickstart lint clean

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

PYTEST = .venv/bin/python -m pytest --numprocesses=auto --dist=worksteal

test: lint
	$(PYTEST)

test-slow: .venv/.installed
	$(PYTEST) -m slow

quickstart: .venv/.installed
	.venv/bin/python -m data.samples --output=runs/quickstart/signing
	.venv/bin/python -m data.people --flagfile=configs/quickstart_people.flags
	.venv/bin/python -m train.pretrain --flagfile=configs/quickstart_pretrain.flags
	.venv/bin/python -m train.gan --flagfile=configs/quickstart_gan.flags
	.venv/bin/python -m eval.evaluate --run_dir=runs/quickstart/gan \
		--data_dir=runs/quickstart/signing --pairs=100
	.venv/bin/python -m eval.visualize --run_dir=runs/quickstart/gan \
		--data_dir=runs/quickstart/signing --examples=8 --output=runs/quickstart/figure.png

# Both models and the baselines on the same pairs; the table goes into RESULTS_TABLE.
.PHONY: results
RESULTS = runs/results
RESULTS_TABLE = docs/results.md
results: .venv/.installed
	.venv/bin/python -m data.people --flagfile=configs/results_people.flags --output=$(RESULTS)/people
	.venv/bin/python -m train.pretrain --flagfile=configs/results_pretrain.flags \
		--data_dir=$(RESULTS)/people --run_dir=$(RESULTS)/pretraining
	.venv/bin/python -m train.pretrain --flagfile=configs/results_pretrain.flags --model=unet \
		--data_dir=$(RESULTS)/people --run_dir=$(RESULTS)/unet
	.venv/bin/python -m train.gan --flagfile=configs/results_gan.flags --data_dir=$(RESULTS)/people \
		--generator=$(RESULTS)/pretraining --run_dir=$(RESULTS)/gan
	.venv/bin/python -m eval.evaluate --flagfile=configs/results_evaluate.flags \
		--data_dir=$(RESULTS)/people --run_dir=$(RESULTS)/pretraining --unet_run_dir=$(RESULTS)/unet
	.venv/bin/python -m eval.evaluate --flagfile=configs/results_evaluate.flags \
		--data_dir=$(RESULTS)/people --run_dir=$(RESULTS)/gan
	.venv/bin/python -m eval.report --evaluation=$(RESULTS)/pretraining/evaluation \
		--stages=$(RESULTS)/pretraining,$(RESULTS)/gan --output=$(RESULTS_TABLE)

# The PyTorch port is apart, as PyTorch is large: pip install ".[bench]".
.PHONY: bench
bench: .venv/.installed
	.venv/bin/python -m benchmarks.pipeline --batches=64 --repeats=3
	.venv/bin/python -m benchmarks.layers
	.venv/bin/python -m benchmarks.step --dtype=float32,bfloat16 --repeats=3
	.venv/bin/python -m benchmarks.transfer

clean:
	rm -rf .venv build *.egg-info
