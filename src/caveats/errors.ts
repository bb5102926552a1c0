import { AmbitError } from '../errors.ts'

/** Every way in which terms, or what should become terms, are refused. */
export type CaveatErrorCode =
  | 'caveats.not_hex'
  | 'caveats.not_canonical'
  | 'caveats.wrong_length'
  | 'caveats.empty_list'
  | 'caveats.zero'
  | 'caveats.out_of_range'
  | 'caveats.unsatisfiable'
  | 'caveats.unknown_enforcer'

export class CaveatError extends AmbitError<CaveatErrorCode> {
  override readonly name = 'CaveatError'
}
