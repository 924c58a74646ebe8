"""Tours and meetings: their stops, their departures, and who was there."""
