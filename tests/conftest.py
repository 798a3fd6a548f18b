"""How hard the property tests try: ``pytest --hypothesis-profile=thorough`` takes its time."""

from hypothesis import settings

settings.register_profile("quick", max_examples=25)
settings.register_profile("thorough", max_examples=2_000)
settings.load_profile("quick")
