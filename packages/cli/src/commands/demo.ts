import { Option } from 'commander'
import type { Register } from '../program.ts'

interface Options {
  scale: 'small' | 'medium'
  seed: string
  exit: boolean
}

export const demo: Register = (program, shell) => {
  program
    .command('demo')
    .description(
      'show the whole loop: a fresh server, a shop’s history, live shoppers, and lift measured against the truth',
    )
    .addOption(new Option('--scale <scale>', 'how much happens').choices(['small', 'medium']).default('medium'))
    .option('--seed <seed>', 'another seed, other shoppers', 'espalier')
    .option('--exit', 'end after the report instead of leaving the server running', false)
    .action(async (options: Options) => {
      const { runDemo } = await import('../demo/run.ts')
      await runDemo(options, shell)
    })
}
