/** A claim makes batches of about so many bytes in all, whatever it asks for: they are held in memory until they are shipped (R11). */
export const CLAIM_BYTES = 32 << 20
