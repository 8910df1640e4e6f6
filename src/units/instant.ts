/**
 * Times inside the engine count microseconds from 0001-01-01, not from 1970, so that they are never
 * negative and integer division always rounds down, in every engine. This is 1970 on that scale.
 */
export const YEAR_ONE_MICROS = 62_135_596_800_000_000n

/** The first microsecond after the year 9999, since 1970. */
export const YEAR_10000_MICROS = 253_402_300_800_000_000n
