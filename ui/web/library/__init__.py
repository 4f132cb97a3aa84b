"""The library tab: knowledge bases, their documents, and what a search finds in them."""
