import { normalQuantile } from '../numeric/normal.ts'
import { checkConfidence, DEFAULT_CONFIDENCE } from './estimate.ts'
import type { Sample } from './sample.ts'

/**
 * Half of the width of Statsig's sequential interval (mixture sequential probability ratio test with their choice of the
 * mixing variance; arXiv 1905.10493) for an absolute difference, in standard errors. Ours is `anytime`; this one is for
 * holding a report from there against ours. Null where neither arm varies.
 */
export function mixtureMultiplier(control: Sample, treatment: Sample, confidence = DEFAULT_CONFIDENCE): number | null {
  checkConfidence(confidence)
  const alpha = 1 - confidence
  const variance = control.variance / control.n + treatment.variance / treatment.n
  const tau = (normalQuantile(1 - alpha / 2) ** 2 * (control.variance + treatment.variance)) / (control.n + treatment.n)
  if (!(variance > 0 && Number.isFinite(variance + tau))) return null
  const sum = variance + tau
  return Math.sqrt((sum / tau) * (-2 * Math.log(alpha / 2) - Math.log(variance / sum)))
}
