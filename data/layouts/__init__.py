"""The layouts of annotated videos on disk, a module with one reader each."""
