import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { E2eError } from './errors.ts'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/**
 * The Chromium of this machine: `AMBIT_CHROMIUM`, then the path. `null` where there is none.
 *
 * @throws {@link E2eError} `e2e.no_browser` when `AMBIT_CHROMIUM` is set and cannot be run.
 */
export function findChromium(environment: NodeJS.ProcessEnv = process.env): string | null {
  const wished = environment['AMBIT_CHROMIUM']
  if (wished !== undefined && wished !== '') {
    if (isExecutable(wished)) return wished
    throw noBrowser({ AMBIT_CHROMIUM: wished })
  }
  const folders = (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable) ?? null
}

/** What to say where nothing can open a page. */
export function noBrowser(details: Record<string, string> = {}): E2eError {
  return new E2eError('e2e.no_browser', 'There is no Chromium to run the end-to-end tests in.', {
    details,
    fix: 'Install it (Debian: apt-get install -y chromium), or set AMBIT_CHROMIUM to its binary.',
  })
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
