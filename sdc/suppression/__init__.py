"""Which further cells must be hidden so that no hidden cell follows from what is printed?"""
