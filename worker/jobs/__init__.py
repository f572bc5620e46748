"""What can be done with jobs, by every entrance alike: submit, cancel, correct, erase, rebuild."""
