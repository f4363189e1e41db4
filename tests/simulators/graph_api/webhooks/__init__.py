"""What the simulator tells the product: rendering, signing, status flows, delivery with retries."""
