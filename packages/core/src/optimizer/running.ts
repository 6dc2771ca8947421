import { compileSchedule } from '../decision/schedule.ts'
import type { Definition } from '../definition/index.ts'

/** Whether an experience decides now: status and schedule say so, somewhere at least. */
export function isRunning({ archived, body }: Definition<'experience'>, now: number): boolean {
  if (archived || (body.status ?? 'running') !== 'running') return false
  const { start, end } = compileSchedule(body.schedule)
  return start <= now && now < end
}
