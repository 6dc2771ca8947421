import { DEFAULT_IDENTITY, type IdentityRules } from '@espalier/core/identity'
import type { Plan } from '@espalier/core/plan'
import type { CommitFacts } from '../journal/facts.ts'

interface Said {
  readonly plan: Plan
  readonly planText: string
  readonly identity: IdentityRules
  readonly identityText: string
}

/**
 * Writes what a workspace's commits depend on, its plan and its kinds of identifier, into the journal only where they change,
 * and again after each checkpoint.
 */
export class PlanLog {
  readonly #said = new Map<string, Said>()

  /** What the next commit of the workspace has to say about them. */
  changed(workspace: string, plan: Plan, identity = DEFAULT_IDENTITY): Pick<CommitFacts, 'plan' | 'identity'> {
    const last = this.#said.get(workspace)
    if (last?.plan === plan && last.identity === identity) return {}
    const planText = last?.plan === plan ? last.planText : JSON.stringify(plan.source)
    const identityText = last?.identity === identity ? last.identityText : JSON.stringify(identity)
    this.#said.set(workspace, { plan, planText, identity, identityText })
    return {
      ...(last?.planText !== planText && { plan: plan.source }),
      ...(last?.identityText !== identityText && { identity }),
    }
  }

  /** The next commits say everything again: what was said is not in the journal, or before the checkpoint. */
  forget(): void {
    this.#said.clear()
  }
}
