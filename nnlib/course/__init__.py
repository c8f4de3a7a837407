"""What single chapters need beside the mathematics: measurements, toys, figures, exercises."""
