"""Chapter 11: Levenberg–Marquardt."""
