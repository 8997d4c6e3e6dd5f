// age
