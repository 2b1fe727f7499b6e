"""Where two models depart, and why: matching of layers, a teacher-forced run, causes confirmed by trials. Only this package may try things."""
