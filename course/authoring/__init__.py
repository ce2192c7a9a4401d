"""For authors of lessons: stubs, the audit, notebooks, new lessons."""
