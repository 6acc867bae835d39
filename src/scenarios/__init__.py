"""The scenarios as programs: a real host and the real service, played through public interfaces.

``portreeve scenarios`` starts both with fresh stores, plays each story and prints what was
expected, what came out and the evidence. docs/scenarios.md says what each of them proves.
"""
