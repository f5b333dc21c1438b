"""What happens to records before they become a table?"""
