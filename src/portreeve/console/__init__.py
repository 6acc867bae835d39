"""The console, where people review, search and write policy, and the pages for those concerned."""
