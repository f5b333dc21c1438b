"""What has been published before, to whom, and is the record of it untouched?"""
