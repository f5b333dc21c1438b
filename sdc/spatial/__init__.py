"""Where do things lie? Mesh codes, small areas, points in them, who borders whom, what overlaps.

Geometry only: nothing here knows what is hidden.
"""
