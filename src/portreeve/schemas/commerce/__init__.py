"""Commerce: what is asked and answered."""
