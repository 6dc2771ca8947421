import type { Register } from '../program.ts'
import { backup } from './backup.ts'
import { collisions } from './collisions.ts'
import { decide } from './decide.ts'
import { demo } from './demo.ts'
import { diff } from './diff.ts'
import { doctor } from './doctor.ts'
import { impactCommand } from './impact.ts'
import { importCommand } from './import.ts'
import { keys } from './keys.ts'
import { libraryCommand } from './library.ts'
import { next } from './next.ts'
import { person } from './person.ts'
import { pull } from './pull.ts'
import { push } from './push.ts'
import { report } from './report.ts'
import { restore } from './restore.ts'
import { segments } from './segments.ts'
import { spendCommand } from './spend.ts'
import { start } from './start.ts'
import { warehouse } from './warehouse.ts'
import { whatif } from './whatif.ts'

/** Every command, one a file, in the order in which help lists them. */
export const commands: readonly Register[] = [
  start,
  demo,
  importCommand,
  spendCommand,
  push,
  pull,
  diff,
  collisions,
  decide,
  report,
  next,
  impactCommand,
  whatif,
  segments,
  libraryCommand,
  person,
  keys,
  backup,
  restore,
  warehouse,
  doctor,
]
