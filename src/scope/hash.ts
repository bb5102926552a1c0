import { keccak_256 } from '@noble/hashes/sha3.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { z } from 'zod'
import type { Hex } from '../primitives/hex.ts'
import { canonicalJson } from '../primitives/json.ts'
import { ScopeDocument } from './schema.ts'
import type { Scope } from './types.ts'

/** Names a scope: keccak-256 of the canonical JSON of its normal form, UTF-8. 32 bytes. */
export function scopeHash(scope: Scope): Hex {
  return `0x${bytesToHex(keccak_256(utf8ToBytes(canonicalJson(scope))))}`
}

/** The schema of a scope as people write it: JSON Schema, draft 2020-12. */
export function scopeJsonSchema(): object {
  return z.toJSONSchema(ScopeDocument, { target: 'draft-2020-12', io: 'input' })
}
