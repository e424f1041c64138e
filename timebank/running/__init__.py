"""Running an installation: serving it, working off its jobs, looking after it, and keeping copies
of it.

Nothing here is about time banks (but for the commands that make one to begin with, or to try things
out in); it is what stands between the application and the machine it runs on.
"""
