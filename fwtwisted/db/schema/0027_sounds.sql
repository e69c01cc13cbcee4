-- How files sound, found by how near they lie to each other.  Source: docs/subsonic.md §9.8.

CREATE EXTENSION IF NOT EXISTS cube WITH SCHEMA public;

-- Read from the nearest on (fwtwisted/db/subsonic/sounds.py).
CREATE INDEX sound_place ON sound USING gist (
    (public.cube(ARRAY[f1::float8, f2::float8, f3::float8, f4::float8, f5::float8, f6::float8, f7::float8, f8::float8,
                       f9::float8, f10::float8, f11::float8, f12::float8, f13::float8, f14::float8, f15::float8,
                       f16::float8]))
) WHERE f1 IS NOT NULL;
