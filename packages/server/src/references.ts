import { openApi } from './http/openapi.ts'
import { routes } from './http/routes/index.ts'
import { optionsReference } from './options/index.ts'
import { packageVersion } from './version.ts'

/** The pages of `docs/reference` that are made from the code, by file name. */
export function references(): Readonly<Record<string, string>> {
  return {
    'options.md': optionsReference(),
    'openapi.json': `${JSON.stringify(openApi(routes, packageVersion()), null, 2)}\n`,
  }
}
