"""Code bases whose checkpoints iouc exports; each imports its packages where they are needed."""
