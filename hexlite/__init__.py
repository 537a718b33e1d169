"""hexlite: notebooks become published, versioned, interactive apps."""
