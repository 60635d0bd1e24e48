"""Links with recurrent states."""
