"""What every feature stands on. Imports none of them."""
