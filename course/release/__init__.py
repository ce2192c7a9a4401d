"""The bundle for students: build_bundle.py lists what goes in, fixed_zip.py packs it reproducibly."""
