import type { Command } from '../command.ts'
import { accountImport, accountLs, accountNew, accountShow } from './account.ts'
import { consoleCommand } from './console.ts'
import { demo } from './demo.ts'
import { doctor } from './doctor.ts'
import {
  escalationsConfirm,
  escalationsLs,
  escalationsReject,
  escalationsShow,
  escalationsSubmit,
} from './escalations.ts'
import { grant } from './grant.ts'
import { grants } from './grants.ts'
import { guardianCheck, guardianCreate, guardianFire } from './guardian.ts'
import { inspect } from './inspect.ts'
import { narrow } from './narrow.ts'
import { receiptsExport, receiptsKeys, receiptsLs, receiptsShow } from './receipts.ts'
import { redeem } from './redeem.ts'
import { redirect } from './redirect.ts'
import { revoke } from './revoke.ts'
import { scopeCheck, scopeDiff, scopeExplain } from './scope.ts'
import { scopeConvert } from './scopeConvert.ts'
import { scopeInfer } from './scopeInfer.ts'
import { scopeReplay } from './scopeReplay.ts'
import { scopeTemplate } from './scopeTemplate.ts'
import { resume, stop } from './stop.ts'
import { verify } from './verify.ts'
import { walletImport, walletLs } from './wallet.ts'

/** Every command, in the order help shows them. */
export const commands: readonly Command[] = [
  demo,
  doctor,
  scopeCheck,
  scopeExplain,
  scopeDiff,
  scopeConvert,
  scopeInfer,
  scopeReplay,
  scopeTemplate,
  grant,
  grants,
  inspect,
  redeem,
  escalationsLs,
  escalationsShow,
  escalationsConfirm,
  escalationsReject,
  escalationsSubmit,
  narrow,
  redirect,
  revoke,
  guardianCreate,
  guardianCheck,
  guardianFire,
  walletImport,
  walletLs,
  stop,
  resume,
  verify,
  receiptsLs,
  receiptsShow,
  receiptsExport,
  receiptsKeys,
  accountNew,
  accountImport,
  accountLs,
  accountShow,
  consoleCommand,
]

/** Words with commands under them. */
export const groups: Readonly<Record<string, string>> = {
  scope: 'Read a task scope: what it allows, what it risks, what changed',
  guardian: 'Kill switches: a cold key that can end everything, and nothing else',
  wallet: 'Permissions that wallets granted (ERC-7715), kept by name',
  escalations: 'Questions that wait for a confirmation: above a threshold, inside the outer bounds',
  account: 'Keys of this machine, as keystore files',
  receipts: 'Signed statements of what was granted, decided, done and revoked',
}
