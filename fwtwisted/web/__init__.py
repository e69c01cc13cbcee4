"""The HTTP faces: one Klein app per area, all from one factory."""
