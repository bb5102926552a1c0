import { z } from 'zod'
import type { Address } from '../primitives/hex.ts'
import { childPointer } from '../primitives/json.ts'
import { ScopeError } from './errors.ts'
import { AddressText, Asset, described, Source } from './forms.ts'
import { type ImportOptions, readImported } from './imported.ts'
import { same } from './narrow.ts'
import { CallRule, TransferRule } from './ruleSchema.ts'
import { ScopeDocument } from './schema.ts'
import { readShape } from './shape.ts'
import { snapshot } from './snapshot.ts'
import type * as scope from './types.ts'

/**
 * A scope as OAuth `authorization_details` (RFC 9396): one detail for each rule, so that each stands for itself, as the
 * standard has it, and an authorization server may leave one out without widening the others.
 */

/** The one `type` of detail that carries scopes. */
export const RAR_TYPE = 'urn:ambit:scope:v1:rule'

const shared = {
  type: described(z.literal(RAR_TYPE), 'The kind of detail: one rule of a task scope.'),
  locations: described(
    z.array(z.string().regex(/^eip155:[1-9][0-9]{0,15}$/)).length(1),
    'The chain, as a CAIP-2 id: one, and the same in every detail.',
    { example: ['eip155:8453'] },
  ),
  provenance: described(
    z.record(
      z
        .string()
        .regex(/^(?:\/|$)/)
        .max(500),
      Source,
    ),
    'JSON pointer into this rule to where that value came from.',
    { example: { '/to/0': 'addressBook' } },
  ).optional(),
  scope: described(
    ScopeDocument.omit({ chainId: true, rules: true }),
    'Every field of the scope but `chainId` and `rules`, the same in every detail.',
  ),
}

export const RarTransfer = z.strictObject({
  ...shared,
  actions: described(z.array(z.literal('transfer')).length(1), 'The class of the rule.', { example: ['transfer'] }),
  identifier: described(Asset, 'The asset that may be transferred.', { example: 'native' }),
  rule: described(TransferRule.omit({ class: true, asset: true }), 'The other fields of the rule.'),
})

export const RarCall = z.strictObject({
  ...shared,
  actions: described(z.array(z.literal('call')).length(1), 'The class of the rule.', { example: ['call'] }),
  identifier: described(AddressText, 'The contract that is called.'),
  privileges: described(z.array(z.string().max(100)).min(1).max(16), 'Dangers accepted by name: `acknowledge`.', {
    example: ['selector:approve'],
  }).optional(),
  rule: described(CallRule.omit({ class: true, target: true, acknowledge: true }), 'The other fields of the rule.'),
})

const Details = z
  .array(z.union([RarTransfer, RarCall]))
  .min(1)
  .max(64)

export type RarDetail = {
  type: typeof RAR_TYPE
  locations: readonly [string]
  provenance?: scope.Scope['provenance']
  scope: Omit<scope.Scope, 'chainId' | 'rules'>
} & (
  | { actions: readonly ['transfer']; identifier: scope.Asset; rule: Omit<scope.TransferRule, 'class' | 'asset'> }
  | {
      actions: readonly ['call']
      identifier: Address
      privileges?: readonly string[]
      rule: Omit<scope.CallRule, 'class' | 'target' | 'acknowledge'>
    }
)

/**
 * The scope as `authorization_details`; {@link scopeFromRar} gives back the same scope.
 *
 * @throws {@link ScopeError} `scope.too_large` at the member that the reader would refuse for its size.
 */
export function scopeToRar(value: scope.Scope): readonly RarDetail[] {
  const { chainId, rules, provenance, ...rest } = value
  const own = rules.map(() => new Map<string, Exclude<Source, 'agent'>>())
  const common = new Map<string, Exclude<Source, 'agent'>>()
  for (const [pointer, source] of Object.entries(provenance)) {
    const [, index, inner = ''] = IN_A_RULE.exec(pointer) ?? []
    const place = index === undefined ? undefined : own[Number(index)]
    if (place === undefined) common.set(pointer, source)
    else place.set(inner, source)
  }
  const details = rules.map((rule, index): RarDetail => {
    const sources = own[index] ?? new Map()
    const base = {
      type: RAR_TYPE,
      locations: [`eip155:${chainId}`] as const,
      ...(sources.size === 0 ? {} : { provenance: Object.fromEntries(sources) }),
      scope: { ...rest, provenance: Object.fromEntries(common) },
    } as const
    if (rule.class === 'transfer') {
      const { class: kind, asset, ...others } = rule
      return { ...base, actions: [kind], identifier: asset, rule: others }
    }
    const { class: kind, target, acknowledge, ...others } = rule
    const privileges = acknowledge.length === 0 ? {} : { privileges: acknowledge }
    return { ...base, actions: [kind], identifier: target, ...privileges, rule: others }
  })
  return snapshot(details) as readonly RarDetail[]
}

/**
 * The scope in an `authorization_details` array, read as strictly as a scope file: the array holds the rules of one scope and
 * nothing else. Fewer rules than were written are a narrower scope; anything else that was changed is another scope.
 *
 * @throws {@link ScopeError} `scope.foreign_type`, `scope.contradictory_details`, `scope.other_party`, and whatever
 * `parseScope` refuses. Pointers of the shape are into the array, all others into the scope.
 */
export function scopeFromRar(value: unknown, options: ImportOptions = {}): scope.Scope {
  const input = snapshot(value)
  if (Array.isArray(input)) assertOurs(input)
  const details = readShape(Details, input)
  // The schema asks for one at the least.
  const first = details[0] as Detail
  for (const [index, detail] of details.entries()) assertSame(first, detail, index)
  const sources = Object.entries(first.scope.provenance ?? {})
  const misplaced = sources.find(([pointer]) => IN_A_RULE.test(pointer))
  if (misplaced !== undefined) throw misplacedSource(misplaced[0])
  const document = {
    ...first.scope,
    chainId: Number(first.locations[0]?.slice('eip155:'.length)),
    rules: details.map(ruleOf),
    provenance: Object.fromEntries([
      ...sources,
      ...details.flatMap(({ provenance = {} }, index) => {
        return Object.entries(provenance).map(([pointer, source]) => [`/rules/${index}${pointer}`, source] as const)
      }),
    ]),
  }
  return readImported(document, options)
}

/** A pointer to a rule, or into one: the index, and the rest. */
const IN_A_RULE = /^\/rules\/(0|[1-9][0-9]*)((?:\/.*)?)$/s

type Detail = z.output<typeof Details>[number]

function ruleOf(detail: Detail): unknown {
  const kind = detail.actions[0]
  if (!('privileges' in detail)) {
    return { ...detail.rule, class: kind, [kind === 'call' ? 'target' : 'asset']: detail.identifier }
  }
  return { ...detail.rule, class: kind, target: detail.identifier, acknowledge: detail.privileges }
}

/** What is for somebody else's API must not be answered by us, not even in part. */
function assertOurs(details: readonly unknown[]): void {
  for (const [index, detail] of details.entries()) {
    if (typeof detail !== 'object' || detail === null || Array.isArray(detail)) continue
    const { type } = detail as { type?: unknown }
    if (type === RAR_TYPE || typeof type !== 'string') continue
    throw new ScopeError({
      code: 'scope.foreign_type',
      pointer: `/${index}/type`,
      message: 'This asks for something that is no task scope.',
      value: type.slice(0, 200),
      bound: RAR_TYPE,
      fix: 'Give the details of one task scope, and only those.',
    })
  }
}

/** Two details of two scopes would be joined to one that nobody wrote. */
function assertSame(first: Detail, detail: Detail, index: number): void {
  const names = [...new Set([...Object.keys(first.scope), ...Object.keys(detail.scope)])] as (keyof Detail['scope'])[]
  const wrong = same(first.locations, detail.locations)
    ? names.find((name) => !same(first.scope[name], detail.scope[name]))
    : 'locations'
  if (wrong === undefined) return
  throw new ScopeError({
    code: 'scope.contradictory_details',
    pointer: wrong === 'locations' ? `/${index}/locations` : childPointer(`/${index}/scope`, wrong),
    message: 'Two details say different things about one scope.',
    fix: 'Give the details of one scope, as they were written.',
  })
}

function misplacedSource(pointer: string): ScopeError {
  return new ScopeError({
    code: 'scope.dangling_provenance',
    pointer: childPointer('/0/scope/provenance', pointer),
    message: 'This points to nothing.',
    value: pointer.slice(0, 200),
    fix: 'State the sources of a rule in the provenance of its own detail.',
  })
}
