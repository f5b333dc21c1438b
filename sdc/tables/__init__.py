"""How do records become tables, and how do tables hang together?"""
