/**
 * 32-bit FNV-1a of a messageId's UTF-16 units: tells apart events that all else leaves equal, in the total order (R10) and in
 * `EventTimes`. Stored in profiles, so it never changes.
 */
export function messageHash(messageId: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < messageId.length; i++) hash = Math.imul(hash ^ messageId.charCodeAt(i), 0x01000193)
  return hash >>> 0
}
