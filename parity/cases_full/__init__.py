"""Cases at full size, which `make report-full` runs."""
