"""What does an attacker learn from what is printed, and what proves that it is not more?"""
