"""The pages by area: each declared once, by the function that answers it."""
