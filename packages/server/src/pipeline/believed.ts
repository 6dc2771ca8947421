/** What a node keeps of the store is believed this long: what another changed is known to all within 2 s (R4). */
const BELIEVED_MS = 1000

/** Whether what was read then still is. A clock that was put back says nothing of how long ago that was. */
export function isBelieved(read: number, now: number): boolean {
  return now >= read && now - read < BELIEVED_MS
}
