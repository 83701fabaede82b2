"""Of HTTP what is about notifications: how deliveries stand, sending one anew, and a test of the targets."""
