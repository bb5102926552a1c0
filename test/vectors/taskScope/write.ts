/**
 * Writes the vectors that vitest and `contracts/enforcer/Vectors.t.sol` read. To be run by hand after a change of the layout,
 * and its difference to be read: `npx -c 'node test/vectors/taskScope/write.ts'`.
 */
import { writeFileSync } from 'node:fs'
import { invalidVectors } from './invalid.ts'
import { toJson } from './json.ts'
import { argsVectors, requestVectors } from './signed.ts'
import { validVectors } from './valid.ts'

const files = { valid: validVectors(), invalid: invalidVectors(), requests: requestVectors(), args: argsVectors() }
for (const [name, vectors] of Object.entries(files)) {
  writeFileSync(new URL(`${name}.json`, import.meta.url), toJson(vectors))
}
