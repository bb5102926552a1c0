import type { CheckRow } from '../delegation/facts.ts'
import type { Hex } from '../primitives/hex.ts'
import type { GrantCheck } from './check.ts'

/** Rows of every branch, each with the delegation that it is about. */
export function rowsOf(check: GrantCheck): (CheckRow & { branch: number; hash: Hex | null })[] {
  return check.branches.flatMap(({ rows, hashes }, branch) =>
    rows.map((row) => ({ ...row, branch, hash: row.link === null ? null : (hashes[row.link] ?? null) })),
  )
}

/** Why it fails, as a whole or in some branch: each code once. */
export function failedCodes(check: GrantCheck): readonly string[] {
  const rows = [...check.rows, ...check.branches.flatMap((branch) => branch.rows)]
  return [...new Set(rows.flatMap((row) => (row.result === 'fail' ? [row.code] : [])))]
}
