"""Speed: `make bench` measures each row of the bars on this machine, in real processes and a real browser."""
