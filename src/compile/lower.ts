import { encodeCaveat } from '../caveats/caveat.ts'
import type { KnownCaveat, KnownKind } from '../caveats/codec.ts'
import type { Caveat, Environment } from '../caveats/types.ts'
import { AmbitError } from '../errors.ts'
import type { Hex } from '../primitives/hex.ts'
import { MAX_DRAFTS, tooManyDelegations } from './bound.ts'
import { CompileError } from './errors.ts'
import type { Resolved } from './resolve.ts'
import type { Node, Tagged } from './tree.ts'
import type { Branch, Draft } from './types.ts'

/** Which caveats hold a constraint, by JSON pointer. */
export type Held = ReadonlyMap<string, readonly { draft: number; caveat: number }[]>

export type Lowered = { drafts: readonly Draft[]; branches: readonly Branch[]; held: Held }

/**
 * Checks that read only come before those that write, and what fails most often comes first: a denied call is cheap, and
 * the chain's reason is the one a reader expects.
 */
const ORDER: readonly KnownKind[] = [
  'allowedTargets',
  'allowedMethods',
  'exactCalldata',
  'allowedCalldata',
  'valueLte',
  'timestamp',
  'redeemer',
  'nonce',
  'limitedCalls',
  'erc20TransferAmount',
  'erc20PeriodTransfer',
  'nativeTransferAmount',
  'nativePeriodTransfer',
]

const RANK: ReadonlyMap<KnownKind, number> = new Map(ORDER.map((kind, at) => [kind, at]))
const rank = ({ caveat }: Tagged) => RANK.get(caveat.kind) ?? -1

/** Numbers the nodes, parents first, and writes their caveats as bytes. One salt a delegation, in that order. */
export function lowerNodes(roots: readonly Node[], resolved: Resolved, salt: () => Hex): Lowered {
  const { scope, environment } = resolved
  const drafts: Draft[] = []
  const branches: Branch[] = []
  const held = new Map<string, { draft: number; caveat: number }[]>()
  for (const root of roots) visit(root, [])
  return { drafts, branches, held }

  function visit(node: Node, above: readonly number[]): void {
    const draft = drafts.length
    if (draft === MAX_DRAFTS) throw tooManyDelegations()
    const ordered = [...node.caveats].sort((a, b) => rank(a) - rank(b))
    drafts.push({
      delegate: node.twig === undefined ? scope.principal : scope.delegate,
      delegator: scope.principal,
      parent: above[0] ?? null,
      caveats: ordered.map(({ caveat }) => encodeKnown(environment, caveat)),
      salt: salt(),
    })
    ordered.forEach(({ holds }, caveat) => {
      for (const pointer of holds) held.set(pointer, [...(held.get(pointer) ?? []), { draft, caveat }])
    })
    const links = [draft, ...above]
    if (node.twig !== undefined) {
      const { rule, payee } = node.twig
      const id = scope.rules[rule]?.id ?? ''
      branches.push(payee === undefined ? { rule: id, links } : { rule: id, payee, links })
    }
    for (const child of node.children) visit(child, links)
  }
}

/** @throws {@link CompileError} `compile.invalid_value` */
export function encodeKnown(environment: Environment, caveat: KnownCaveat): Caveat {
  try {
    return encodeCaveat(environment, caveat)
  } catch (cause) {
    throw new CompileError('compile.invalid_value', 'A value of the scope does not fit its caveat.', {
      details: { kind: caveat.kind, code: cause instanceof AmbitError ? cause.code : 'unreadable' },
      fix: 'Pass a scope that `parse` returned, and a deployment with every enforcer.',
      cause,
    })
  }
}
