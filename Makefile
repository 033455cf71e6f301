.PHONY: test test-slow quickstart lint clean

# The environment is remade when the dependencies change; the stamp is its last step, so an
# interrupted installation is not taken for a finished one.
.venv/.installed: setup.cfg pyproject.toml
	python3 -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13) and "posewarp needs Python 3.11 to 3.13, and python3 is " + sys.version.split()[0])'
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

# First what ships, then a network of one's own.
quickstart: .venv/.installed
	.venv/bin/python -m data.samples --output=runs/quickstart/signing
	.venv/bin/python -m eval.transfer --model=upper_body --data_dir=runs/quickstart/signing \
		--source=D:4 --target_joints=E:20 --retarget=similarity \
		--output=runs/quickstart/transfer_D.png
	.venv/bin/python -m eval.transfer --model=upper_body --data_dir=runs/quickstart/signing \
		--source=E:1 --target_joints=D:16 --retarget=similarity \
		--output=runs/quickstart/transfer_E.png
	.venv/bin/python -m eval.animate --model=upper_body --data_dir=runs/quickstart/signing \
		--source=D:4 --driver=E --output=runs/quickstart/animation.mp4
	.venv/bin/python -m data.people --flagfile=configs/quickstart_people.flags
	.venv/bin/python -m train.pretrain --flagfile=configs/quickstart_pretrain.flags
	.venv/bin/python -m train.gan --flagfile=configs/quickstart_gan.flags
	.venv/bin/python -m eval.evaluate --model=runs/quickstart/gan \
		--data_dir=runs/quickstart/signing --pairs=60
	.venv/bin/python -m eval.visualize --model=runs/quickstart/gan \
		--data_dir=runs/quickstart/signing --examples=8 --output=runs/quickstart/figure.png

# The networks that ship (docs/pretrained.md). FOOTAGE has signing_blue and daily_living, real videos.
# A data set that is named twice is drawn from twice as often.
.PHONY: pretrained
PRETRAINED = runs/pretrained
FOOTAGE = ../shared/data/footage
PEOPLE = .venv/bin/python -m data.people --flagfile=configs/pretrained_people.flags
LARGE = --frames=8 --frame_step=20 --size=272 --test_videos=0
SIGNING = $(PRETRAINED)/signing
BLUE = $(PRETRAINED)/blue
DAILY = $(PRETRAINED)/daily
UPPER = $(PRETRAINED)/upper
FULL = $(PRETRAINED)/full
START_64 = .venv/bin/python -m train.pretrain --flagfile=configs/pretrained_pretrain.flags
GROW_128 = .venv/bin/python -m train.pretrain --flagfile=configs/pretrained_grow.flags
GROW_256 = .venv/bin/python -m train.pretrain --flagfile=configs/pretrained_large_grow.flags
STATISTICS = --vgg_statistics=$(UPPER)_256/vgg_statistics.npz
ON_GPU = KERAS_BACKEND=jax .venv/bin/python -m train.pretrain_jax $(STATISTICS) \
	--flagfile=configs/pretrained_gpu.flags
pretrained: .venv/.installed
	.venv/bin/python -m data.samples --output=$(SIGNING)
	.venv/bin/python -m data.annotate --dataset=published --every=6 \
		--input=$(FOOTAGE)/signing_blue --output=$(BLUE)
	mkdir -p $(PRETRAINED)/subject_3
	cp $(FOOTAGE)/daily_living/Subject_3_*.mp4 $(PRETRAINED)/subject_3
	.venv/bin/python -m data.annotate --every=4 --input=$(PRETRAINED)/subject_3 --output=$(DAILY)
	find $(DAILY)/test -name '*.json' -exec mv {} $(DAILY)/train ';'
	$(PEOPLE) --framing=upper --videos=65 --output=$(UPPER)
	$(PEOPLE) --framing=full --videos=70 --output=$(FULL)
	$(PEOPLE) --framing=upper $(LARGE) --videos=24 --seed=2 --output=$(UPPER)_large
	$(PEOPLE) --framing=full $(LARGE) --videos=24 --seed=2 --output=$(FULL)_large
	$(PEOPLE) --framing=upper $(LARGE) --videos=85 --seed=11 --output=$(UPPER)_more
	$(PEOPLE) --framing=full $(LARGE) --videos=110 --seed=12 --output=$(FULL)_more
	$(START_64) --skeleton=upper_body --steps=2200 --learning_rate=1.2e-3 \
		--data_dir=$(UPPER),$(SIGNING),$(BLUE) --run_dir=$(UPPER)_64
	$(GROW_128) --skeleton=upper_body --steps=500 --learning_rate=8e-4 --start=$(UPPER)_64 \
		--data_dir=$(UPPER),$(SIGNING),$(BLUE) --run_dir=$(UPPER)_128
	$(GROW_128) --skeleton=upper_body --steps=2000 --learning_rate=8e-4 --seed=3 --tones \
		--start=$(UPPER)_128 --data_dir=$(UPPER),$(SIGNING),$(BLUE) --run_dir=$(UPPER)_128_again
	$(GROW_256) --skeleton=upper_body --steps=900 --learning_rate=1.5e-4 --seed=4 \
		--start=$(UPPER)_128_again --data_dir=$(UPPER)_large,$(SIGNING),$(BLUE) \
		--run_dir=$(UPPER)_256
	$(GROW_256) --skeleton=upper_body --steps=1300 --learning_rate=2e-4 --seed=6 \
		--start=$(UPPER)_256 \
		--data_dir=$(UPPER)_large,$(UPPER)_large,$(SIGNING),$(SIGNING),$(BLUE) \
		--run_dir=$(UPPER)_256_again
	$(START_64) --skeleton=full_body --steps=2000 --learning_rate=1e-3 \
		--data_dir=$(FULL) --run_dir=$(FULL)_64
	$(GROW_128) --skeleton=full_body --steps=500 --learning_rate=8e-4 --tones \
		--start=$(FULL)_64 --data_dir=$(FULL) --run_dir=$(FULL)_128
	$(GROW_128) --skeleton=full_body --steps=1500 --learning_rate=6e-4 --seed=5 --tones \
		--start=$(FULL)_128 --data_dir=$(FULL),$(FULL),$(DAILY) --run_dir=$(FULL)_128_again
	$(GROW_256) --skeleton=full_body --steps=600 --learning_rate=2e-4 --seed=7 \
		--start=$(FULL)_128_again --data_dir=$(FULL)_large,$(FULL)_large,$(DAILY) \
		--run_dir=$(FULL)_256
	$(ON_GPU) --skeleton=upper_body --steps=7200 --seed=21 --start=$(UPPER)_256_again \
		--data_dir=$(UPPER)_more,$(UPPER)_more,$(UPPER),$(UPPER)_large,$(SIGNING),$(SIGNING),$(BLUE) \
		--run_dir=$(UPPER)_gpu
	$(ON_GPU) --skeleton=full_body --steps=5400 --seed=22 --start=$(FULL)_256 \
		--data_dir=$(FULL)_more,$(FULL)_more,$(FULL)_more,$(FULL),$(FULL)_large,$(DAILY),$(DAILY),$(SIGNING) \
		--run_dir=$(FULL)_gpu
	$(GROW_256) $(STATISTICS) --skeleton=upper_body --steps=1000 --learning_rate=2e-4 --seed=31 \
		--start=$(UPPER)_gpu \
		--data_dir=$(UPPER)_more,$(UPPER)_more,$(UPPER)_large,$(SIGNING),$(SIGNING),$(BLUE) \
		--run_dir=$(UPPER)_last
	.venv/bin/python -m train.publish --model=$(UPPER)_last --output=$(PRETRAINED)/upper_body.keras
	.venv/bin/python -m train.publish --model=$(FULL)_gpu --output=$(PRETRAINED)/full_body.keras

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
		--start=$(RESULTS)/pretraining --run_dir=$(RESULTS)/gan
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
