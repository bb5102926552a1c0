import { z } from 'zod'
import type { ScopeCode } from './errors.ts'
import {
  AbiValue,
  AddressText,
  ArgumentName,
  Asset,
  Decimal,
  described,
  field,
  Integer,
  Name,
  sourced,
} from './forms.ts'

/** What rules and the conditions in them look like: the larger half of `schema.ts`. */

const TOKEN: readonly ScopeCode[] = ['scope.zero_address', 'scope.asset_is_account', 'scope.unknown_decimals']
const BUDGET: readonly ScopeCode[] = ['scope.unknown_budget', 'scope.budget_without_asset']
const AMOUNT: readonly ScopeCode[] = ['scope.unknown_argument', 'scope.amount_not_an_argument']
const FITS: readonly ScopeCode[] = ['scope.value_does_not_fit']

/** What one argument must satisfy: exactly one member. */
export const Condition = z.union([
  z.strictObject({ eq: field(AbiValue, 'The argument is this value.') }),
  z.strictObject({ neq: field(AbiValue, 'The argument is any value but this.') }),
  z.strictObject({
    lte: field(Integer, 'An integer argument of at most this.', { unit: 'units of the ABI', errors: FITS }),
  }),
  z.strictObject({
    gte: field(Integer, 'An integer argument of at least this.', { unit: 'units of the ABI', errors: FITS }),
  }),
  z.strictObject({
    in: described(z.array(sourced(AbiValue)).min(1).max(64), 'The argument is one of these.', {
      errors: ['scope.duplicate_value'],
    }),
  }),
  z.strictObject({
    mask: field(Integer, 'Bits of an unsigned argument that are looked at.', { errors: FITS }),
    equals: field(Integer, 'What those bits must be.', {
      errors: ['scope.value_does_not_fit', 'scope.unsatisfiable_condition'],
    }),
  }),
  z.strictObject({
    length: described(
      z.strictObject({
        lte: field(Integer, 'Most bytes of `bytes` or `string`, most items of an array.', { errors: FITS }),
      }),
      'A bound on the length of a dynamic argument.',
    ),
  }),
  z.strictObject({
    hash: field(z.string().regex(/^0x[0-9a-fA-F]{64}$/), 'keccak-256 of the bytes of `bytes` or `string`.'),
  }),
])

const ruleId = field(Name, 'Name of the rule, once in a scope.', { example: 'pay', errors: ['scope.duplicate_rule'] })

export const TransferRule = z.strictObject({
  id: ruleId,
  class: described(z.literal('transfer'), 'Plain transfers of one asset.'),
  asset: field(Asset, 'What may be transferred.', { example: 'native', errors: TOKEN }),
  to: described(
    z.union([z.array(sourced(AddressText)).min(1).max(256), sourced(z.literal('anyone'))]),
    'Who may be paid: 1 to 256 accounts. `anyone` must be said.',
    { errors: ['scope.zero_address', 'scope.nonsense_payee', 'scope.duplicate_payee'] },
  ),
  max: field(Decimal, 'Most for one action, inclusive. `max`, `budget` or both must be there.', {
    unit: 'display units of the asset',
    example: '50',
  }).optional(),
  budget: field(Name, 'The budget that counts it.', { example: 'stables', errors: BUDGET }).optional(),
})

const spent = {
  asset: field(Asset, 'What is moved.', { errors: TOKEN }),
  budget: field(Name, 'The budget that counts it.', { example: 'stables', errors: BUDGET }),
}

export const CallRule = z.strictObject({
  id: ruleId,
  class: described(z.literal('call'), 'Calls of one function of one contract.'),
  target: field(AddressText, 'The contract that is called.', { errors: ['scope.zero_address'] }),
  function: field(z.string().min(1).max(2_000), 'Solidity signature with parameter names; structs are written out.', {
    example: 'function pay(address to, uint256 amount)',
    errors: ['scope.invalid_function', 'scope.unknown_type'],
  }),
  args: described(
    z.record(
      ArgumentName,
      described(Condition, 'What the argument of this name must satisfy.', {
        example: { lte: '100000000' },
        errors: ['scope.unknown_argument', 'scope.condition_does_not_fit'],
      }),
    ),
    'Conditions by parameter name. A parameter without one may be anything.',
  ).optional(),
  allowance: described(
    z.strictObject({
      asset: field(AddressText, 'The ERC-20 that the target may take.', { errors: TOKEN }),
      amount: field(ArgumentName, 'The unsigned argument that says how much.', { example: 'amountIn', errors: AMOUNT }),
    }),
    'Admitted only as approve, call, allowance zero, of the amount in this argument.',
  ).optional(),
  spends: described(
    z
      .array(
        described(
          z.union([
            z.strictObject({
              ...spent,
              amount: field(ArgumentName, 'The unsigned argument that says how much; for `native` always `value`.', {
                example: 'amountIn',
                errors: AMOUNT,
              }),
            }),
            z.strictObject({
              ...spent,
              measured: field(
                z.literal(true),
                'In place of `amount`: counted is what the principal’s account has less of it afterwards, whatever the call says.',
              ),
            }),
          ]),
          'One asset that a call moves, as the call declares it or as it is measured.',
          { errors: ['scope.duplicate_value'] },
        ),
      )
      .max(8),
    'What a call moves. None in the normal form of a rule that spends nothing.',
  ).optional(),
  value: described(
    z.strictObject({
      lte: field(Integer, 'Most native value that a call may carry, inclusive.', {
        unit: 'wei',
        example: '0',
        errors: FITS,
      }),
    }),
    'A bound on the native value. Zero where absent.',
  ).optional(),
  acknowledge: described(
    z.array(field(z.string().max(100), 'One danger, by its name.')).max(16),
    'Dangers accepted by name: `selector:approve`, `target:permit2`.',
    { example: ['selector:approve'], errors: ['scope.duplicate_value'] },
  ).optional(),
})

export const Rule = z.discriminatedUnion('class', [TransferRule, CallRule])
