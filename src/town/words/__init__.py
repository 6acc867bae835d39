"""What people of the town say: grammars of the project's own."""
