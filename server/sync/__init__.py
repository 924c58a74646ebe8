"""The exchange with the phones: operations in, changes out (docs/sync.md)."""
