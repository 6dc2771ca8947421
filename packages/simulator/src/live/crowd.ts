/** Runs `work` for 0, 1, 2 … `count` - 1 with at most `width` under way at once; the first error ends it. */
export async function crowd(count: number, width: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < count) {
      const index = next++
      try {
        await work(index)
      } catch (error) {
        next = count
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, count) }, worker))
}
