import type { DecodedCaveat } from '../caveats/types.ts'
import { createAbiReader } from '../primitives/abi.ts'
import { type Hex, HexError } from '../primitives/hex.ts'
import type { Choice, PreparedCaveat } from './prepared.ts'

/**
 * Kinds that look at nothing but the call, the redeemer and the time: inside a wrapper they say what they say outside.
 * Every other kind keeps its state under the wrapper instead of the manager, or asks the chain as the wrapper.
 */
const STATELESS: readonly DecodedCaveat['kind'][] = [
  'allowedCalldata',
  'allowedMethods',
  'allowedTargets',
  'argsEqualityCheck',
  'erc721Transfer',
  'exactCalldata',
  'exactCalldataBatch',
  'exactExecution',
  'exactExecutionBatch',
  'ownershipTransfer',
  'redeemer',
  'timestamp',
  'valueLte',
]

/** The group of a wrapper that the redeemer chooses with `args`: canonical `abi.encode((uint256 group, bytes[] args))`. */
export function choiceOf(
  { groups }: Extract<DecodedCaveat, { kind: 'logicalOr' }>,
  outer: Omit<PreparedCaveat, 'choice' | 'meaning'>,
): Choice {
  const selected = readSelection(outer.args)
  if (selected === null) return { is: 'unknown' }
  const group = groups[Number(selected.group)]
  if (group === undefined || group.length !== selected.args.length) return { is: 'none' }
  if (group.some(({ meaning }) => !STATELESS.includes(meaning.kind))) return { is: 'unknown' }
  // What the redeemer gives counts: the `args` inside the terms are never looked at.
  const caveats = group.map(({ meaning }, at): PreparedCaveat => {
    return { ...outer, meaning, args: selected.args[at] ?? '0x', counter: null, choice: null }
  })
  return { is: 'group', caveats }
}

/** `null` for bytes with another spelling: what the contract makes of them is not certain. */
function readSelection(args: Hex): { group: bigint; args: Hex[] } | null {
  try {
    const reader = createAbiReader(args.slice(2), notCanonical)
    reader.offset(32)
    const group = BigInt(reader.word())
    reader.offset(2 * 32)
    const given = reader.tuples(reader.count(), () => reader.bytes())
    reader.end()
    return { group, args: given }
  } catch {
    return null
  }
}

function notCanonical(fault: string, position: number): HexError {
  return new HexError('hex.invalid', 'These bytes are not the canonical encoding of a choice.', {
    details: { fault, position },
    fix: 'Encode the number of the group and the bytes for each of its caveats.',
  })
}
