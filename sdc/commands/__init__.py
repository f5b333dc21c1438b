"""What can be typed, by theme? Each module registers its commands with the application."""
