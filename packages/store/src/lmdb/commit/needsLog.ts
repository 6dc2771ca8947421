import type { SignalNeeds } from '@espalier/core/stream'
import { type NeedsFact, needsFact } from '../journal/facts.ts'

/** Writes a workspace's signal needs into the journal only where they change, and again after each checkpoint. */
export class NeedsLog {
  readonly #written = new Map<string, { needs: SignalNeeds; text: string }>()

  /** What the next commit of the workspace has to say about its needs. */
  changed(workspace: string, needs: SignalNeeds): { needs?: NeedsFact } {
    const last = this.#written.get(workspace)
    if (last?.needs === needs) return {}
    const fact = needsFact(needs)
    const text = JSON.stringify(fact)
    this.#written.set(workspace, { needs, text })
    return last?.text === text ? {} : { needs: fact }
  }

  /** The next commits say everything again: what was said is not in the journal, or before the checkpoint. */
  forget(): void {
    this.#written.clear()
  }
}
