"""Where examples come from: annotated videos, and the pipeline from them to tensors."""
