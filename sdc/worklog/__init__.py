"""Who did what to which data, when, on which computer, and who agreed to it?"""
