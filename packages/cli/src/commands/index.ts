import type { Register } from '../program.ts'
import { importCommand } from './import.ts'

/** Every command, one a file, in the order in which help lists them. */
export const commands: readonly Register[] = [importCommand]
