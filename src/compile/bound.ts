import { CompileError } from './errors.ts'

/** Signatures a principal can be asked for. More is a scope that wants another lowering. */
export const MAX_DRAFTS = 512

export function tooManyDelegations(): CompileError {
  return new CompileError('compile.too_many_delegations', 'This scope takes too many signatures.', {
    details: { bound: MAX_DRAFTS },
    fix: 'Name fewer payees or rules, or split the task.',
  })
}
