// newcomers
