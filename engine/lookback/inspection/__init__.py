"""Who is visited, and what the visited few say of all."""
