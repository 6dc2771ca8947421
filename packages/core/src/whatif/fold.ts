import { type LoggedDecision, type Unusable, unusable } from './decision.ts'
import { type ArmOverlap, COMPONENTS, type Component, PRODUCTS, type WhatIfSums } from './sums.ts'

export interface FoldOptions {
  readonly variants: readonly string[]
  /** τ: above this weight switch-DR trusts the model alone. 10 unless given. */
  readonly switchAt?: number
  /** Cuts weights off: less variance for some bias. Not unless given. */
  readonly cap?: number
}

export interface WhatIfFold {
  /** Decisions of one person follow each other (`order by bucket_key`); people come in any order. */
  add(decision: LoggedDecision): void
  sums(): WhatIfSums
}

export const DEFAULT_SWITCH = 10

/** Takes decisions one by one and keeps nothing but sums. */
export function startWhatIf({ variants, switchAt = DEFAULT_SWITCH, cap }: FoldOptions): WhatIfFold {
  const sums = new Float64Array(COMPONENTS.length)
  const products = new Float64Array(PRODUCTS.length)
  const person = new Float64Array(COMPONENTS.length)
  const arms = variants.map(variant => ({ variant, shown: 0, wanted: 0, reward: 0 }))
  const refused: Record<Unusable, number> = { propensity: 0, reward: 0, target: 0, variant: 0 }
  let key: string | undefined
  let people = 0
  let squaredWeights = 0
  let maxWeight = 0
  let maxPersonWeight = 0
  let minReward = Number.POSITIVE_INFINITY
  let maxReward = Number.NEGATIVE_INFINITY
  let predicted = true

  function closePerson(): void {
    if (person[0] === 0) return
    people++
    maxPersonWeight = Math.max(maxPersonWeight, person[2]!)
    let at = 0
    for (let i = 0; i < person.length; i++) {
      sums[i]! += person[i]!
      for (let j = 0; j <= i; j++) products[at++]! += person[i]! * person[j]!
    }
    person.fill(0)
  }

  function add(decision: LoggedDecision): void {
    const problem = unusable(decision, variants.length)
    if (problem !== undefined) {
      refused[problem]++
      return
    }
    if (decision.person !== key) {
      closePerson()
      key = decision.person
    }
    const { arm, reward, target, predicted: q } = decision
    const weight = Math.min(target[arm]! / decision.propensity, cap ?? Number.POSITIVE_INFINITY)
    let direct = 0
    for (let i = 0; i < variants.length; i++) {
      arms[i]!.wanted += target[i]!
      if (q !== undefined) direct += target[i]! * q[i]!
    }
    arms[arm]!.shown++
    arms[arm]!.reward += reward
    const correction = q === undefined ? 0 : weight * (reward - q[arm]!)
    if (q === undefined) predicted = false
    person[0]! += 1
    person[1]! += reward
    person[2]! += weight
    person[3]! += weight * reward
    person[4]! += direct
    person[5]! += correction
    if (weight <= switchAt) person[6]! += correction
    squaredWeights += weight * weight
    maxWeight = Math.max(maxWeight, weight)
    minReward = Math.min(minReward, reward)
    maxReward = Math.max(maxReward, reward)
  }

  return {
    add,
    sums() {
      closePerson()
      key = undefined
      const none = people === 0
      return {
        people,
        sums: Object.fromEntries(COMPONENTS.map((c, i) => [c, sums[i]!])) as Record<Component, number>,
        products: Array.from(products),
        squaredWeights,
        maxWeight,
        maxPersonWeight,
        minReward: none ? 0 : minReward,
        maxReward: none ? 0 : maxReward,
        predicted: predicted && !none,
        cap: cap ?? null,
        arms: arms.map((arm): ArmOverlap => ({ ...arm })),
        unusable: { ...refused },
      }
    },
  }
}
