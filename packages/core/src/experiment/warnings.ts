import { many } from '../words.ts'
import { CONTAMINATION } from './crossover.ts'
import type { Comparison, VariantReport, Warning } from './report.ts'

/**
 * The delta method treats the control's mean as nearly certain. With it this many standard errors away from 0, 95 % intervals
 * of a conversion's lift hold the truth 93 times in 100, at 2 of them 91 times (simulated); they then lie too low.
 */
const CONTROL_STANDARD_ERRORS = 3

/** What a reader of these numbers must know before they believe them; none where all is well. */
export function warningsOf(report: Comparison): Warning[] {
  const { control, variants, sampleRatio, contaminated } = report
  const warnings: Warning[] = []
  const people = [control, ...variants].reduce((total, arm) => total + (arm?.people ?? 0), 0)

  if (control === null || control.people === 0) {
    warnings.push({
      code: 'no-control',
      message: 'Nobody has been seen in the control group, so there is nothing to compare with.',
    })
  } else if (smallMean(control.mean, control.standardDeviation, control.people)) {
    warnings.push({
      code: 'small-control-mean',
      message: `The control group's ${report.metric.name} is not clearly different from 0 yet: read the difference, not the relative lift.`,
    })
  }
  for (const arm of variants) {
    const code = codeOf(arm)
    if (code !== undefined && code !== 'no-control') {
      warnings.push({ code, variant: arm.variant, message: explain(code, arm, control?.people ?? 0) })
    }
  }
  if (sampleRatio.verdict === 'mismatch') {
    warnings.push({
      code: 'sample-ratio',
      message: `The arms' sizes do not fit the design (p = ${sampleRatio.p?.toExponential(1)}): people were lost or kept unequally, so do not trust the lift until the cause is found.`,
    })
  }
  const crossed = `${contaminated} of ${many(people, 'person', 'people')} ${contaminated === 1 ? 'was' : 'were'}`
  if (report.redrawn && contaminated > 0) {
    warnings.push({
      code: 'redrawn',
      message: `${crossed} drawn anew and saw several variants; each counts in their first, so variants differ by at least as much as measured.`,
    })
  } else if (people > 0 && contaminated > CONTAMINATION * people) {
    warnings.push({
      code: 'contaminated',
      message: `${crossed} seen in two or more arms; they are counted in their first, which draws the lift towards 0.`,
    })
  }
  warnings.push(...checkWarnings(report))
  return warnings
}

/** With less than half of the windows closed, most of what people will do is still to come. */
const OPEN_WINDOWS = 0.5

/** With so few people's worth of equal chances left of many, a handful of people decide. */
const LOW_OVERLAP = 0.1

/** So many people in versions that cannot be compared. */
const LEFT_OUT = 0.1

function checkWarnings({ crossover, matured, redrawn, variants }: Comparison): Warning[] {
  const warnings: Warning[] = []
  if (crossover?.verdict === 'uneven' && !redrawn) {
    const shares = crossover.arms
      .map(({ variant, share }) => `${variant || 'control'} ${percent(share ?? 0)}`)
      .join(', ')
    warnings.push({
      code: 'uneven-crossover',
      message: `Arms lose people to other arms at different rates (${shares}): find out why before believing the lift.`,
    })
  }
  if (matured !== undefined && matured < OPEN_WINDOWS) {
    warnings.push({
      code: 'open-windows',
      message: `The window of ${percent(1 - matured)} of the people is still open: the KPI will rise in all arms.`,
    })
  }
  for (const { variant, people, evidence } of variants) {
    const effective = evidence.effectivePeople?.treatment
    if (effective !== undefined && people > 1 && effective < LOW_OVERLAP * people) {
      warnings.push({
        code: 'low-overlap',
        variant,
        message: `${variant} was given so unevenly that its ${people} people tell as much as ${Math.round(effective)} would.`,
      })
    }
    const coverage = evidence.strata?.coverage
    if (coverage != null && coverage < 1 - LEFT_OUT) {
      warnings.push({
        code: 'strata-left-out',
        variant,
        message: `${percent(1 - coverage)} of the people saw versions without both ${variant} and a control group; they are left out.`,
      })
    }
  }
  return warnings
}

const percent = (fraction: number) => `${(100 * fraction).toFixed(1)} %`

function smallMean(mean: number | null, deviation: number | null, people: number): boolean {
  if (mean === null || deviation === null || mean === 0) return false
  return Math.abs(mean) < (CONTROL_STANDARD_ERRORS * deviation) / Math.sqrt(people)
}

/** Where nothing is seen in an arm at all, the delta method takes a lift of -100 % for certain; the difference has its error. */
function codeOf({ lift, difference }: VariantReport): Warning['code'] | undefined {
  const isZero = lift.reason === 'no-variance' && difference.standardError !== null
  return isZero ? 'zero-mean' : (lift.reason ?? difference.reason)
}

const nameOf = ({ variant }: Pick<VariantReport, 'variant'>) => variant || 'nothing'

function explain(code: Warning['code'], arm: VariantReport, controlPeople: number): string {
  switch (code) {
    case 'no-people':
      return `Nobody has been seen in ${arm.variant}.`
    case 'one-person':
      return controlPeople < 2
        ? 'One person in the control group is not enough to compare with.'
        : `One person in ${arm.variant} is not enough to compare.`
    case 'zero-control-mean':
      return "The control group's KPI is 0, so a relative lift has no meaning; see the difference."
    case 'not-by-chance':
      return `Who got ${nameOf(arm)} was not left to chance, so that by itself it cannot be compared with the control group: only all variants together can. Rules with a floor above 0 leave it to chance.`
    case 'no-events':
      return `There is nothing to average yet in ${arm.variant} or in the control group.`
    case 'zero-mean':
      return `The KPI of ${arm.variant} is 0, and a lift of -100 % has no interval; see the difference.`
    case 'few-values':
      return `So few values in ${arm.variant} or in the control group do not tell how certain this quantile is: wait for more.`
    case 'no-variance':
      return `Within ${arm.variant} and within the control group everybody has the same value, or values differ by less than a millionth of their size, so chance cannot be judged.`
    default:
      return 'The sums are larger than a number can hold.'
  }
}
