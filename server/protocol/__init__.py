"""Everything that is said on the wire, as strict pydantic models; the TypeScript types are generated from here.

Pure: imports nothing of ours. `docs/sync.md` explains what the shapes mean; here stands what they are.
"""
