"""What the world may know about `bookings`. Its requests, views and events come with the calendar."""

SERVICE = "bookings"
