"""Parts of lists for people: what stands before them."""
