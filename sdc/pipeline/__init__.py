"""How do records or finished tables become a release, step by step?"""
