import { environmentName, flagName, type Option, optionNames, optionTable } from './table.ts'

/** `docs/reference/options.md`, made from the table. */
export function optionsReference(): string {
  const sections = optionNames.map(name => section(name, optionTable[name]))
  return `# Options

Generated from \`packages/server/src/options/table.ts\` by \`npm run -w @espalier/server docs\`.

Each option is given by a flag, by an environment variable, or by a field of a YAML or JSON file named by \`--config\` or
\`ESPALIER_CONFIG\`. The first of these that says something wins, then the default. Sizes are written \`500KB\`, \`256MB\`,
\`8GB\` (of 1024), times \`500ms\`, \`15s\`, \`5m\`, lists with commas.

${sections.join('\n')}`
}

function section(name: string, option: Option): string {
  const fallback = option.default === undefined || option.default === '' ? 'not set' : `\`${option.default}\``
  const bounds = [
    option.choices === undefined ? undefined : `one of ${option.choices.map(choice => `\`${choice}\``).join(', ')}`,
    option.min === undefined ? undefined : `at least ${option.min}`,
    option.max === undefined ? undefined : `at most ${option.max}`,
  ].filter(part => part !== undefined)
  return `## ${name}

\`${flagName(name)}\` · \`${environmentName(name)}\` · ${option.type}${bounds.length > 0 ? `, ${bounds.join(', ')}` : ''}

${option.help}

- Default: ${fallback}
- Trade-off: ${option.tradeOff}
- Example: \`${option.example}\`
`
}
