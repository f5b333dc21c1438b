"""What does ``python -m sdc`` do? The same as the command ``sdc``."""

from sdc.cli import main

if __name__ == "__main__":
    main()
