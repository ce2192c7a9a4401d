"""How tests look at the code under test: `observe`, plain data, and the report of a difference."""
