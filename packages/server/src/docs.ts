import { mkdirSync, writeFileSync } from 'node:fs'
import { references } from './references.ts'

/** `npm run -w @espalier/server docs`: writes the generated pages of `docs/reference`. */
const folder = new URL('../../../docs/reference/', import.meta.url)
mkdirSync(folder, { recursive: true })
for (const [name, text] of Object.entries(references())) {
  writeFileSync(new URL(name, folder), text)
  console.log(`docs/reference/${name}`)
}
