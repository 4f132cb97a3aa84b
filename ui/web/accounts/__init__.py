"""Sign-in for several users: accounts, tickets, their pages, and the door before every other page."""
